package keeper_test

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/flow/types"
)

func BenchmarkSubmit(b *testing.B) {
	for _, height := range []uint32{0, 10, 24} {
		b.Run(fmt.Sprintf("sectors=%d", 1<<height), func(b *testing.B) {
			f, s := newFixture(b), subtree(height)
			b.ReportAllocs()
			for b.Loop() {
				f.submit(s, 40_000_000_000)
			}
		})
	}
}

// BenchmarkRelease shows that a payout costs the same whatever the log holds:
// compare the entries=1000 and entries=1000000 rows of one run.
func BenchmarkRelease(b *testing.B) {
	for _, entries := range []uint64{1000, 1_000_000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			f := newFixture(b)
			f.fill(entries)
			f.commit() // iterators over uncommitted keys sort all of them
			b.ReportAllocs()
			for b.Loop() {
				f.after(1)
				_, err := f.keeper.Release(f.ctx, 0, 1, bob)
				require.NoError(b, err)
			}
		})
	}
}

// fill adds the accrual of many entries to window 0 the short way.
func (f *fixture) fill(entries uint64) {
	f.tb.Helper()
	f.submit(subtree(10), 40_000_000_000)
	now := f.ctx.BlockTime().Unix()
	for txSeq := uint64(2); txSeq < entries+2; txSeq++ {
		key := collections.Join4(uint64(0), uint64(0), now+1_000_000_000+int64(txSeq), txSeq)
		require.NoError(f.tb, f.keeper.Expiries.Set(f.ctx, key, types.Expiry{RateX64: big.NewInt(1).Bytes()}))
	}
}
