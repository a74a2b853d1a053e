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

// BenchmarkIteration is one nonce with its load in memory; MB/s is the disk
// speed one core can use. Nonces go one by one, or four at a time.
func BenchmarkIteration(b *testing.B) {
	work := mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 1 << 25}}
	it, data := new(mine.Iteration), new(mine.Load)
	var nonce uint64
	b.Run("nonces=1", func(b *testing.B) {
		lanes(b, func(b *testing.B) {
			b.SetBytes(layout.LoadSize)
			for b.Loop() {
				nonce++
				_, err := it.Start(&work, nonceOf(nonce))
				require.NoError(b, err)
				it.Check(data)
			}
		})
	})
	b.Run("nonces=4", func(b *testing.B) {
		its := &[4]*mine.Iteration{it, new(mine.Iteration), new(mine.Iteration), new(mine.Iteration)}
		lanes(b, func(b *testing.B) {
			b.SetBytes(4 * layout.LoadSize)
			for b.Loop() {
				nonce += 4
				nonces := [4]mine.Hash{nonceOf(nonce), nonceOf(nonce + 1), nonceOf(nonce + 2), nonceOf(nonce + 3)}
				require.NoError(b, mine.Start4(its, &work, &nonces))
				for _, it := range its {
					it.Check(data)
				}
			}
		})
	})
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
