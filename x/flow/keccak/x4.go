package keccak

import (
	"encoding/binary"
	"sync/atomic"

	"github.com/cloudflare/circl/simd/keccakf1600"
)

const (
	rateBytes   = 136           // absorbed per permutation by Keccak-256
	rateWords   = rateBytes / 8 // 17
	lanes       = 4
	hashWords   = 4
	padFirst    = 0x01 // the original Keccak's first padding byte (SHA3 has 0x06)
	padLastWord = uint64(0x80) << 56
)

// scalar forces the one-lane path. It changes speed, never results, so it is
// harmless in consensus code; tests and benchmarks flip it.
var scalar atomic.Bool

// ForceScalar turns the four-lane path off (true) or back to what the
// processor offers (false), for the whole process. For tests and benchmarks.
func ForceScalar(force bool) { scalar.Store(force) }

// HasX4 reports whether four hashes at once are faster than four in a row
// (AVX2 present and not switched off by ForceScalar).
func HasX4() bool { return keccakf1600.IsEnabledX4() && !scalar.Load() }

// Sum256x4 sets out[i] = keccak256(in[i]) for four inputs of one length.
// Inputs of unequal lengths are hashed one by one: right, only slower.
func Sum256x4(in *[4][]byte, out *[4]Hash) {
	n := len(in[0])
	if !HasX4() || len(in[1]) != n || len(in[2]) != n || len(in[3]) != n {
		for i := range in {
			out[i] = Sum256(in[i])
		}
		return
	}
	sumLanes(in[0], in[1], in[2], in[3], out)
}

// Sum32x4 sets out[i] = keccak256(in[i]) for four inputs of 32 bytes: one step
// of four independent hash chains (sealing, whitepaper 5.2.2). in and out may
// be the same array.
func Sum32x4(in *[4]Hash, out *[4]Hash) {
	if !HasX4() {
		for i := range in {
			out[i] = Sum256(in[i][:])
		}
		return
	}
	var state keccakf1600.StateX4
	a := state.Initialize(false)
	for w := range hashWords {
		for lane := range lanes {
			a[w*lanes+lane] = binary.LittleEndian.Uint64(in[lane][8*w:])
		}
	}
	for lane := range lanes {
		a[hashWords*lanes+lane] = padFirst
		a[(rateWords-1)*lanes+lane] = padLastWord
	}
	state.Permute()
	squeeze(a, out)
}

// sumLanes absorbs four messages of len(m0) bytes side by side.
//
// The state lives on this frame and must not be copied: Initialize picks a
// 32-byte aligned window inside it, which the AVX2 code relies on. (A growing
// goroutine stack moves by multiples of 2048 and keeps the alignment.)
func sumLanes(m0, m1, m2, m3 []byte, out *[4]Hash) {
	var state keccakf1600.StateX4
	a := state.Initialize(false)
	n := len(m0)
	m1, m2, m3 = m1[:n], m2[:n], m3[:n]
	for n >= rateBytes {
		absorbWords(a, m0, m1, m2, m3, rateWords)
		state.Permute()
		m0, m1, m2, m3 = m0[rateBytes:], m1[rateBytes:], m2[rateBytes:], m3[rateBytes:]
		n -= rateBytes
	}
	words := n / 8
	absorbWords(a, m0, m1, m2, m3, words)
	for lane, m := range [lanes][]byte{m0, m1, m2, m3} {
		a[words*lanes+lane] ^= tailWord(m[8*words:])
		a[(rateWords-1)*lanes+lane] ^= padLastWord
	}
	state.Permute()
	squeeze(a, out)
}

// absorbWords xors the first words*8 bytes of each message into its lane.
func absorbWords(a []uint64, m0, m1, m2, m3 []byte, words int) {
	for w := range words {
		at := a[w*lanes : w*lanes+lanes : w*lanes+lanes]
		at[0] ^= binary.LittleEndian.Uint64(m0[8*w:])
		at[1] ^= binary.LittleEndian.Uint64(m1[8*w:])
		at[2] ^= binary.LittleEndian.Uint64(m2[8*w:])
		at[3] ^= binary.LittleEndian.Uint64(m3[8*w:])
	}
}

// tailWord returns the last 0..7 message bytes and the first padding byte.
func tailWord(tail []byte) uint64 {
	var word [8]byte
	n := copy(word[:], tail)
	word[n] = padFirst
	return binary.LittleEndian.Uint64(word[:])
}

// squeeze reads the four digests out of the interleaved state.
func squeeze(a []uint64, out *[4]Hash) {
	for w := range hashWords {
		for lane := range lanes {
			binary.LittleEndian.PutUint64(out[lane][8*w:], a[w*lanes+lane])
		}
	}
}
