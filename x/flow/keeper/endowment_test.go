package keeper_test

import (
	"math/big"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/flow/types"
)

// mission P05 P07
func TestEndowmentIsReleasedLinearlyAndExactly(t *testing.T) {
	f := newFixture(t, cheap)
	f.submit(submission(t, 777), 1_000_003) // 4 sectors, not divisible by 1000 s
	endowment := big.NewInt(4 * 1_000_003)
	for second := int64(1); second <= 1010; second++ {
		f.after(1)
		elapsed := big.NewInt(min(second, 1000))
		want := new(big.Int).Mul(endowment, elapsed)
		want.Div(want, big.NewInt(1000))
		got := f.reward(1)
		diff := new(big.Int).Sub(want, got.Accrued.BigInt())
		require.True(t, diff.Sign() >= 0 && diff.Cmp(big.NewInt(1)) <= 0, "second %d: got %s want %s", second, got.Accrued, want)
		require.Equal(t, sdkmath.NewIntFromBigInt(endowment), got.Accrued.Add(got.Left))
	}
	paid, err := f.keeper.Release(f.ctx, 0, 0, bob)
	require.NoError(t, err)
	require.Equal(t, sdkmath.NewIntFromBigInt(endowment), paid, "to the base unit at the end")
	require.True(t, f.moduleBalance().IsZero())
}

// mission P09 P11 P08
func TestWhatIsRarelyProvenPaysMoreAndTheTotalStaysTheSame(t *testing.T) {
	total := func(payouts []int64) (sum, last sdkmath.Int) {
		f := newFixture(t, cheap)
		f.submit(submission(t, 262_144), 1_000_000)
		sum = sdkmath.ZeroInt()
		for _, wait := range payouts {
			f.after(wait)
			paid, err := f.keeper.Release(f.ctx, 0, 1, bob)
			require.NoError(t, err)
			sum, last = sum.Add(paid), paid
		}
		return sum, last
	}
	often := make([]int64, 100)
	for i := range often {
		often[i] = 10
	}
	popular, eachTime := total(often)
	rare, once := total([]int64{1000})
	require.Equal(t, popular, rare, "popularity does not change what an entry pays")
	require.Equal(t, sdkmath.NewInt(1_000_000*1024), rare)
	require.InDelta(t, once.Int64(), eachTime.Int64()*100, 100)
}

func TestAPayoutPaysNothingTwice(t *testing.T) {
	f := newFixture(t, cheap)
	f.submit(submission(t, 262_144), 1000)
	f.after(100)
	first, err := f.keeper.Release(f.ctx, 0, 1, bob)
	require.NoError(t, err)
	require.True(t, first.IsPositive())
	second, err := f.keeper.Release(f.ctx, 0, 1, bob)
	require.NoError(t, err)
	require.True(t, second.IsZero())
	_, err = f.keeper.Release(f.ctx, 0, 1<<40, bob)
	require.NoError(t, err, "a window without entries pays nothing")
}

func TestARefusedPayoutChangesNothing(t *testing.T) {
	f := newFixture(t, cheap)
	f.submit(submission(t, 262_144), 1000)
	f.after(2000)
	_, err := f.keeper.Release(f.ctx, 0, 1, refused)
	require.Error(t, err)
	paid, err := f.keeper.ReleaseToModule(f.ctx, 0, 1, "pora")
	require.NoError(t, err)
	require.Equal(t, sdkmath.NewInt(1000*1024), paid)
	require.Equal(t, paid, f.bank.balance("pora"))
}

func TestAPayoutSettlesAtMostSixtyFourExpiriesAndCarriesTheRestOver(t *testing.T) {
	f := newFixture(t, cheap)
	for range 150 {
		f.submit(submission(t, 256), 1000)
		f.after(1)
	}
	f.after(5000)
	sum := sdkmath.ZeroInt()
	for _, wantLeft := range []int{86, 22, 0, 0} {
		paid, err := f.keeper.Release(f.ctx, 0, 0, bob)
		require.NoError(t, err)
		sum = sum.Add(paid)
		require.Equal(t, wantLeft, f.expiries())
	}
	require.Equal(t, sdkmath.NewInt(150*1000), sum)
	require.True(t, f.moduleBalance().IsZero())
}

func (f *fixture) expiries() (count int) {
	require.NoError(f.tb, f.keeper.Expiries.Walk(f.ctx, nil,
		func(collections.Quad[uint64, uint64, int64, uint64], types.Expiry) (bool, error) {
			count++
			return false, nil
		}))
	return count
}

// mission P06
func TestRechargeExtendsByAmountTimesPeriodByPrice(t *testing.T) {
	recharge := func(f *fixture, amount int64) (*types.MsgRechargeResponse, error) {
		return f.msgs.Recharge(f.ctx, &types.MsgRecharge{Sender: bob.String(), TxSeq: 1, Amount: sdkmath.NewInt(amount)})
	}
	t.Run("while it runs, by anyone, from its end", func(t *testing.T) {
		f := newFixture(t, cheap)
		f.submit(submission(t, 256), 100)
		f.after(400)
		got, err := recharge(f, 55)
		require.NoError(t, err)
		require.Equal(t, int64(startTime+1000+550), got.EndTime)
		f.after(2000)
		require.Equal(t, sdkmath.NewInt(155), f.reward(1).Accrued)
	})
	t.Run("within the grace, from now, with no release in between", func(t *testing.T) {
		f := newFixture(t, cheap)
		f.submit(submission(t, 256), 100)
		f.after(1499)
		got, err := recharge(f, 50)
		require.NoError(t, err)
		require.Equal(t, int64(startTime+1499+500), got.EndTime)
		require.Equal(t, sdkmath.NewInt(100), f.reward(1).Accrued)
		f.after(500)
		require.Equal(t, sdkmath.NewInt(150), f.reward(1).Accrued)
	})
	t.Run("after the grace it is too late", func(t *testing.T) {
		f := newFixture(t, cheap)
		f.submit(submission(t, 256), 100)
		f.after(1500)
		_, err := recharge(f, 50)
		require.ErrorIs(t, err, types.ErrExpired)
	})
	t.Run("nothing, too little, too much, unknown, paused", func(t *testing.T) {
		f := newFixture(t, cheap)
		_, err := recharge(f, 50)
		require.ErrorIs(t, err, types.ErrEntryNotFound)
		f.submit(submission(t, 256), 5000)
		for _, amount := range []int64{0, -1, 4, 1e17} {
			_, err = recharge(f, amount)
			require.ErrorIs(t, err, types.ErrInvalidRecharge, "%d", amount)
		}
		_, err = recharge(f, 5)
		require.NoError(t, err, "one second's worth is enough")
		f.setParams(func(p *types.Params) { p.Paused = true })
		_, err = recharge(f, 50)
		require.ErrorIs(t, err, types.ErrPaused)
	})
	t.Run("at most eight intervals", func(t *testing.T) {
		f := newFixture(t, cheap)
		f.submit(submission(t, 256), 100)
		for range types.MaxIntervals - 1 {
			f.after(1001)
			_, err := recharge(f, 100)
			require.NoError(t, err)
		}
		f.after(1001)
		_, err := recharge(f, 100)
		require.ErrorIs(t, err, types.ErrExpired)
	})
}

// mission P05 P07 C18: over random histories nothing is ever lost or made, to
// the base unit, and every entry's sums follow from its windows.
func TestConservationOverRandomHistories(t *testing.T) {
	for _, seed := range []int64{1, 2, 3, 4, 5, 6, 7, 8} {
		random := rand.New(rand.NewSource(seed))
		f := newFixture(t, cheap, func(g *types.GenesisState) { g.PayoutWindowLoads = 1 << random.Intn(3) })
		entries := uint64(0)
		for step := range 400 {
			f.randomStep(random, &entries)
			f.requireConserved(seed, step, entries)
		}
	}
}

func (f *fixture) randomStep(random *rand.Rand, entries *uint64) {
	switch random.Intn(6) {
	case 0, 1:
		f.submit(submission(f.tb, 1+random.Intn(3_000_000)), 10+random.Int63n(1_000_000))
		*entries++
	case 2:
		amount := sdkmath.NewInt(1 + random.Int63n(1e9))
		cacheCtx, write := f.ctx.CacheContext()
		msg := &types.MsgRecharge{Sender: alice.String(), TxSeq: 1 + uint64(random.Intn(20)), Amount: amount}
		if _, err := f.msgs.Recharge(cacheCtx, msg); err == nil {
			write()
		}
	case 3:
		_, err := f.keeper.Release(f.ctx, 0, uint64(random.Intn(400)), bob)
		require.NoError(f.tb, err)
	default:
		f.after(random.Int63n(200))
	}
}

func (f *fixture) requireConserved(seed int64, step int, entries uint64) {
	totals, err := f.keeper.Totals.Get(f.ctx)
	require.NoError(f.tb, err)
	balance := f.moduleBalance()
	require.Equal(f.tb, totals.Deposited.Sub(totals.Paid), balance, "seed %d step %d", seed, step)
	require.Equal(f.tb, new(big.Int).Lsh(balance.BigInt(), 64), f.unpaidX64(), "seed %d step %d", seed, step)
	if step%40 != 0 {
		return
	}
	paid, endowed := sdkmath.ZeroInt(), sdkmath.ZeroInt()
	for txSeq := uint64(1); txSeq <= entries; txSeq++ {
		r := f.reward(txSeq)
		require.False(f.tb, r.Accrued.IsNegative() || r.Left.IsNegative(), "seed %d step %d entry %d", seed, step, txSeq)
		paid, endowed = paid.Add(r.Paid), endowed.Add(r.Endowment)
	}
	require.Equal(f.tb, totals.Deposited, endowed, "seed %d step %d", seed, step)
	rounding := totals.Paid.Sub(paid).Abs()
	require.True(f.tb, rounding.LTE(sdkmath.NewIntFromUint64(entries+400)), "seed %d step %d: windows paid %s, entries say %s", seed, step, totals.Paid, paid)
}

// unpaidX64 is what all windows have accrued and will release, in X64.
func (f *fixture) unpaidX64() *big.Int {
	sum := new(big.Int)
	settled := map[uint64]int64{}
	require.NoError(f.tb, f.keeper.Windows.Walk(f.ctx, nil, func(key collections.Pair[uint64, uint64], w types.Window) (bool, error) {
		settled[key.K2()] = w.SettledTime
		sum.Add(sum, new(big.Int).SetBytes(w.AccruedX64))
		return false, nil
	}))
	require.NoError(f.tb, f.keeper.Expiries.Walk(f.ctx, nil,
		func(key collections.Quad[uint64, uint64, int64, uint64], e types.Expiry) (bool, error) {
			rest := big.NewInt(key.K3() - settled[key.K2()])
			rest.Mul(rest, new(big.Int).SetBytes(e.RateX64))
			sum.Add(sum, rest.Add(rest, new(big.Int).SetBytes(e.RemainderX64)))
			return false, nil
		}))
	return sum
}
