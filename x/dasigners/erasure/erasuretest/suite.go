// Package erasuretest is the judge of Reed-Solomon backends: whatever computes,
// on whatever hardware, gives the bytes of format v1.
package erasuretest

import (
	"bytes"
	"math/rand/v2" // deterministic: a test suite, not chain code
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Run holds a backend to the reference, erasure.CPU: parity of every profile and
// of row sizes on both sides of every border, and rebuilding from random rows.
func Run(t *testing.T, codec erasure.Codec, profiles ...erasure.Profile) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	for _, p := range profiles {
		rowSizes := []int{64, 128, 192, 4096, 4160}
		if !p.Unsafe {
			rowSizes = []int{64, 2112} // the shape is what is new; seconds each
		}
		for _, rowSize := range rowSizes {
			rows := random(rng, p, rowSize)
			want := clone(rows)
			must(t, codec.Encode(p, rows))
			must(t, erasure.CPU.Encode(p, want))
			same(t, "parity", rows, want)

			lost := clone(rows)
			for _, i := range rng.Perm(p.N)[:p.N-p.K] {
				lost[i] = lost[i][:0]
			}
			must(t, codec.Rebuild(p, lost))
			same(t, "rebuilt", lost[:p.K], rows[:p.K])
		}
	}
}

func random(rng *rand.Rand, p erasure.Profile, rowSize int) [][]byte {
	rows := make([][]byte, p.N)
	for i := range rows {
		rows[i] = make([]byte, rowSize)
		for at := 0; i < p.K && at < rowSize; at++ {
			rows[i][at] = byte(rng.Uint32())
		}
	}
	return rows
}

func clone(rows [][]byte) [][]byte {
	out := make([][]byte, len(rows))
	for i, row := range rows {
		out[i] = bytes.Clone(row)
	}
	return out
}

func same(t *testing.T, what string, got, want [][]byte) {
	t.Helper()
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("%s row %d differs", what, i)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
