package erasure

import (
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"math/bits"
)

// The sampling lottery draws chunks of rows that are stored. In a round with a
// seed a chunk has the quality
//
//	q1 = H(seed ‖ u64 epoch ‖ u32 quorum ‖ dataRoot ‖ u32 row)
//	q2 = H(q1 ‖ u32 chunk ‖ data)
//	quality = q1 + ⌊q2 · 2048 / bytes of data⌋, big-endian; past 2^256 it does not win
//
// and wins with a quality of the target or less. q1 above the target rules a row
// out before it is read; q2 cannot be had without the data. With the target as a
// share t of 2^256, a chunk wins with the probability t²/2 · bytes/2048: in
// proportion to what is stored, so that many tiny blobs win no more than one large
// one.

// retargetParts: a round without any winner moves the target by one part, one
// with twice as many as wanted by one the other way.
const retargetParts = 8

// leastTargetBits: a target never has fewer bits, so that an eighth of it counts.
const leastTargetBits = 128

// FirstTarget is the target of the first round: 0G's largest, a 128th of all.
func FirstTarget() Hash {
	target := MaxTarget()
	for i := range target {
		target[i] = 0xff
	}
	target[0] = 0x01
	return target
}

// MaxTarget lets every chunk win whose quality does not overflow.
func MaxTarget() (target Hash) {
	for i := range target {
		target[i] = 0xff
	}
	return target
}

// RowQuality is q1.
func RowQuality(seed Hash, epoch uint64, quorum uint32, dataRoot Hash, row uint32) Hash {
	input := make([]byte, 0, 80)
	input = append(input, seed[:]...)
	input = binary.BigEndian.AppendUint64(input, epoch)
	input = binary.BigEndian.AppendUint32(input, quorum)
	input = append(input, dataRoot[:]...)
	return sha256.Sum256(binary.BigEndian.AppendUint32(input, row))
}

// ChunkQuality is the quality of a chunk of a row; false: it overflows and never
// wins, as data does that no chunk has, nothing or more than ChunkSize.
func ChunkQuality(rowQuality Hash, chunk uint32, data []byte) (quality Hash, ok bool) {
	if len(data) == 0 || len(data) > ChunkSize {
		return Hash{}, false
	}
	input := make([]byte, 0, 36+ChunkSize)
	input = append(input, rowQuality[:]...)
	input = binary.BigEndian.AppendUint32(input, chunk)
	own, ok := scaled(sha256.Sum256(append(input, data...)), uint64(len(data)))
	carry := uint64(0)
	for at := 24; at >= 0; at -= 8 {
		var word uint64
		word, carry = bits.Add64(binary.BigEndian.Uint64(rowQuality[at:]), binary.BigEndian.Uint64(own[at:]), carry)
		binary.BigEndian.PutUint64(quality[at:], word)
	}
	return quality, ok && carry == 0
}

// scaled is ⌊number · ChunkSize / size⌋; false: it is 2^256 or more. size is 1 to
// ChunkSize, so that the quotient of the first word is a word.
func scaled(number Hash, size uint64) (out Hash, ok bool) {
	const shift = 11 // ChunkSize = 2^11
	var words [5]uint64
	for i := range 4 {
		word := binary.BigEndian.Uint64(number[8*i:])
		words[i] |= word >> (64 - shift)
		words[i+1] = word << shift
	}
	quotient, rest := bits.Div64(0, words[0], size)
	for i := range 4 {
		var word uint64
		word, rest = bits.Div64(rest, words[i+1], size)
		binary.BigEndian.PutUint64(out[8*i:], word)
	}
	return out, quotient == 0
}

// Wins says whether a quality, or a row's alone, is within the target.
func Wins(quality, target Hash) bool {
	for i := range quality {
		if quality[i] != target[i] {
			return quality[i] < target[i]
		}
	}
	return true
}

// Retarget is the target after a round with hits winners where want were wanted:
// new = old · (1 − (hits − want) / (8 · want)), a change of an eighth at most,
// within 2^128 and MaxTarget. want is 1 at least.
func Retarget(old Hash, hits, want uint32) (next Hash) {
	whole := retargetParts * int64(max(want, 1))
	factor := whole + whole/retargetParts - int64(min(hits, 2*max(want, 1)))
	target := new(big.Int).SetBytes(old[:])
	target.Mul(target, big.NewInt(factor)).Quo(target, big.NewInt(whole))
	most := MaxTarget()
	if least := new(big.Int).Lsh(big.NewInt(1), leastTargetBits); target.Cmp(least) < 0 {
		target = least
	}
	if limit := new(big.Int).SetBytes(most[:]); target.Cmp(limit) > 0 {
		target = limit
	}
	target.FillBytes(next[:])
	return next
}

// Chunks is how many chunks a row has.
func (c Commitment) Chunks() int { return chunksOf(c.RowSize) }
