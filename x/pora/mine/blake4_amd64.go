package mine

import "github.com/zgd-network/zgd/x/flow/keccak"

// haveBlake4 reports whether four lanes are there to use: AVX2, which is what
// keccak looks for too, so that keccak.ForceScalar covers both.
func haveBlake4() bool { return keccak.HasX4() }

// compress4AVX2 is the BLAKE2b compression of four lanes; see compress4.
//
//go:noescape
func compress4AVX2(h *[8][4]uint64, m *[16][4]uint64, bytes, last uint64)

func compress4(h *[8][4]uint64, m *[16][4]uint64, bytes, last uint64) {
	compress4AVX2(h, m, bytes, last)
}
