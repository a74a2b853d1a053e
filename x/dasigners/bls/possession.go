package bls

import (
	"encoding/binary"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"golang.org/x/crypto/sha3"
)

// CheckPair says whether both halves of a key have the same secret:
// e(pk₁, −g₂)·e(g₁, pk₂) = 1.
func (p PublicKey) CheckPair() error {
	if p.G1.IsInfinity() || p.G2.IsInfinity() {
		return fmt.Errorf("%w: infinity", ErrKey)
	}
	if err := pairing(&p.G1, &genG1, &p.G2); err != nil {
		return fmt.Errorf("%w: its two halves have different secrets", ErrKey)
	}
	return nil
}

// The two registration digests are those of 0G's signers, byte for byte; each
// names an address, and honest nodes sign it for their own alone. Together with
// "the caller is that address" this is the proof of possession that aggregation
// needs.

// RegistrationPoint is what a signer signs to register its key:
// keccak256(address ‖ chain id as 32 bytes ‖ tag), tried and incremented.
func RegistrationPoint(address [20]byte, chainID uint64) bn254.G1Affine {
	return tryAndIncrement(keccak(address[:], word(chainID), []byte("0G_BN254_Pubkey_Registration")))
}

// EpochPoint is what a signer signs to take part in an epoch:
// keccak256(address ‖ epoch as 8 bytes ‖ chain id as 32 bytes).
func EpochPoint(address [20]byte, epoch, chainID uint64) bn254.G1Affine {
	return tryAndIncrement(keccak(address[:], binary.BigEndian.AppendUint64(nil, epoch), word(chainID)))
}

func word(v uint64) []byte { return binary.BigEndian.AppendUint64(make([]byte, 24, 32), v) }

func keccak(parts ...[]byte) (digest [32]byte) {
	h := sha3.NewLegacyKeccak256()
	for _, part := range parts {
		_, _ = h.Write(part) // never fails
	}
	h.Sum(digest[:0])
	return digest
}

// tryAndIncrement maps a digest to G1 as 0G does: the first x at or above it for
// which x³ + 3 is a square, and the root that the exponent (p+1)/4 gives. Half of
// all x will do, so the loop is short; it has no domain tag and serves the two
// digests above only.
func tryAndIncrement(digest [32]byte) (point bn254.G1Affine) {
	var x, y, three, one fp.Element
	x.SetBytes(digest[:]) // reduces
	three.SetUint64(3)
	one.SetOne()
	for {
		y.Square(&x).Mul(&y, &x).Add(&y, &three)
		if y.Sqrt(&y) != nil {
			return bn254.G1Affine{X: x, Y: y}
		}
		y.SetZero()
		x.Add(&x, &one)
	}
}
