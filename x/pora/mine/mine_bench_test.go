package mine_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

func lanes(b *testing.B, run func(b *testing.B)) {
	for _, x4 := range []bool{true, false} {
		b.Run(fmt.Sprintf("x4=%t", x4), func(b *testing.B) {
			keccak.ForceScalar(!x4)
			defer keccak.ForceScalar(false)
			b.ReportAllocs()
			run(b)
		})
	}
}

func BenchmarkSealLoad(b *testing.B) {
	lanes(b, func(b *testing.B) {
		data, seeds := new(mine.Load), [layout.SealsPerLoad]mine.Hash{}
		b.SetBytes(layout.LoadSize)
		for b.Loop() {
			mine.SealLoad(data, data, &seeds)
		}
	})
}

func BenchmarkUnseal(b *testing.B) {
	lanes(b, func(b *testing.B) {
		data := new(mine.Piece)
		b.SetBytes(layout.SealSize)
		for b.Loop() {
			mine.Unseal(data, data, mine.Hash{})
		}
	})
}

// BenchmarkIteration is one nonce with its load in memory; SetBytes makes MB/s
// the disk speed one core can use.
func BenchmarkIteration(b *testing.B) {
	work := mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 1 << 25}}
	it, data := new(mine.Iteration), new(mine.Load)
	b.SetBytes(layout.LoadSize)
	b.ReportAllocs()
	var nonce uint64
	for b.Loop() {
		nonce++
		_, err := it.Start(&work, nonceOf(nonce))
		require.NoError(b, err)
		it.Check(data)
	}
}

func BenchmarkScratchpad(b *testing.B) {
	work := mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 1 << 25}}
	it := new(mine.Iteration)
	b.SetBytes(layout.LoadSize)
	var nonce uint64
	for b.Loop() {
		nonce++
		_, err := it.Start(&work, nonceOf(nonce))
		require.NoError(b, err)
	}
}

// BenchmarkVerify is the judge on a valid solution. Want at most 1 ms.
func BenchmarkVerify(b *testing.B) {
	w := newWorld(b, 8)
	solution := w.solve(b, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := mine.Verify(&solution, &w.work, w.context, w.seal); err != nil {
			b.Fatal(err)
		}
	}
}
