package keccak

import "golang.org/x/crypto/sha3"

// Hash is a Keccak-256 digest, 32 bytes.
type Hash = [32]byte

// Sum256 returns keccak256(data).
func Sum256(data []byte) Hash {
	var out Hash
	h := sha3.NewLegacyKeccak256()
	h.Write(data)
	h.Sum(out[:0])
	return out
}

// Sum256Concat returns keccak256 of the parts, one after the other, without
// joining them first.
func Sum256Concat(parts ...[]byte) Hash {
	var out Hash
	h := sha3.NewLegacyKeccak256()
	for _, part := range parts {
		h.Write(part)
	}
	h.Sum(out[:0])
	return out
}

// Pair returns keccak256(left || right): the inner node of every Merkle tree here.
func Pair(left, right Hash) Hash {
	var both [64]byte
	copy(both[:32], left[:])
	copy(both[32:], right[:])
	return Sum256(both[:])
}
