package keeper_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

// mission R02, R12, R13: an epoch opens with a context, closes with its first
// proof and stays closed until the next context.
func TestEpochClosesWithItsProof(t *testing.T) {
	f := newFixture(t)
	_, err := f.queries.Epoch(f.ctx, &types.QueryEpochRequest{})
	require.Error(t, err, "no context yet")
	f.nextBlock(1)

	f, id := mining(t)
	opened := f.ctx.BlockHeight()
	f.nextBlock(3)
	require.True(t, f.work(id).Open)
	_, err = f.submit(f.solve(id, 0, nil))
	require.NoError(t, err)
	require.Equal(t, "epoch_closed", f.work(id).Reason)
	epoch, err := f.queries.Epoch(f.ctx, &types.QueryEpochRequest{})
	require.NoError(t, err)
	require.Equal(t, types.MiningEpoch{Epoch: 2, OpenHeight: opened, CloseHeight: opened + 3, Proofs: 1}, epoch.Epoch)
	f.nextBlock(100)
	require.Equal(t, "epoch_closed", f.work(id).Reason, "blocks alone reopen nothing")

	before, err := f.keeper.Target(f.ctx, 0)
	require.NoError(t, err)
	f.grow(0)
	require.True(t, f.work(id).Open)
	after, err := f.keeper.Target(f.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, keeper.Retarget(before, 3, 1, types.DefaultParams()), after, "3 blocks instead of 10: harder")
	require.Less(t, hex0x(after[:]), hex0x(before[:]))
}

// mission R02: the window ends an epoch without a proof.
func TestWindowEndsTheSearch(t *testing.T) {
	f, id := mining(t, func(g *types.GenesisState) { g.Params.WindowBlocks = 30 })
	answer := f.solve(id, 0, nil)
	before, err := f.keeper.Target(f.ctx, 0)
	require.NoError(t, err)
	f.nextBlock(29)
	require.True(t, f.work(id).Open)
	require.Equal(t, f.ctx.BlockHeight()+1, f.work(id).CloseHeight)
	f.nextBlock(1)
	require.Equal(t, "window_over", f.work(id).Reason)
	_, err = f.submit(answer)
	require.ErrorIs(t, err, types.ErrWindowOver)
	f.nextBlock(500)
	f.grow(0)
	after, err := f.keeper.Target(f.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, keeper.Retarget(before, 30, 0, types.DefaultParams()), after, "30 blocks of search, none found; the rest of the epoch was rest")
}

// An epoch in which nobody could mine says nothing about difficulty.
func TestIdleEpochsLeaveTheTarget(t *testing.T) {
	f := newFixture(t)
	start := types.TargetOf(32)
	target := func() mine.Hash {
		got, err := f.keeper.Target(f.ctx, 0)
		require.NoError(t, err)
		return got
	}
	f.grow(layout.SectorsPerLoad - 1) // no full load
	id := f.register(alice, bob, 1)
	f.claim(alice, id, 1, 0)
	f.nextBlock(1000)
	f.grow(0)
	require.Equal(t, "flow_too_short", f.work(id).Reason)
	f.nextBlock(1000)
	f.grow(1)
	require.Equal(t, start, target(), "a flow without a full load")
	require.True(t, f.work(id).Open)
	f.nextBlock(1000)
	f.grow(0)
	require.Equal(t, keeper.Retarget(start, 1001, 0, types.DefaultParams()), target())

	g := newFixture(t)
	g.grow(layout.SectorsPerLoad)
	g.nextBlock(1000)
	g.grow(0)
	got, err := g.keeper.Target(g.ctx, 0)
	require.NoError(t, err)
	require.Equal(t, start, got, "a flow without a claim")
}

func TestRangeTooShortIsNotMined(t *testing.T) {
	f := newFixture(t)
	id := f.register(alice, bob, 1)
	_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{Owner: alice.String(), MinerId: id, StartLoad: 1 << 15, NumShard: 1})
	require.NoError(t, err)
	f.grow(4 * layout.SectorsPerLoad)
	require.Equal(t, "range_short", f.work(id).Reason)
	_, err = f.submit(types.PoraAnswer{
		MinerId: id, ContextDigest: make([]byte, 32), Nonce: make([]byte, 32), SealContextDigest: make([]byte, 32), SealedPiece: make([]byte, 4096),
	})
	require.ErrorIs(t, err, types.ErrRangeShort)
}

// The step itself, by hand.
func TestRetargetStep(t *testing.T) {
	p := types.DefaultParams() // n = 20, target 10 blocks
	old := types.TargetOf(1000)
	ratio := func(elapsed, found uint64) float64 {
		next := keeper.Retarget(old, elapsed, found, p)
		got, _ := new(big.Rat).SetFrac(new(big.Int).SetBytes(next[:]), new(big.Int).SetBytes(old[:])).Float64()
		return got
	}
	require.InDelta(t, 1.0, ratio(10, 1), 1e-9, "as wanted: stays")
	require.InDelta(t, 0.95, ratio(0, 1), 1e-9, "at once: n-th part harder")
	require.InDelta(t, 1.05, ratio(20, 1), 1e-9)
	require.InDelta(t, 1.5, ratio(100, 0), 1e-9)
	require.InDelta(t, 2.0, ratio(1e6, 0), 1e-9, "clamped")
	require.InDelta(t, 0.5, ratio(0, 256), 1e-9, "clamped")
	require.InDelta(t, 1.0, ratio(50, 5), 1e-9, "five proofs in five times the time")

	easiest := types.TargetOf(1)
	require.Equal(t, easiest, keeper.Retarget(easiest, 1e6, 0, p), "no easier than min_difficulty")
	p.MinDifficulty = 1 << 40
	require.Equal(t, types.TargetOf(1<<40), keeper.Retarget(types.TargetOf(7), 10, 1, p), "a raised minimum binds at the next epoch")
	hardest := mine.Hash{31: 1}
	require.Equal(t, hardest, keeper.Retarget(hardest, 0, 256, p), "never zero")
	require.Equal(t, mine.Hash{31: 2}, keeper.Retarget(hardest, 1e9, 0, p), "and never stuck")
}

// mission R12: the mean search comes back to the target within 10 % after the
// hash rate steps to a tenth, or to ten times, whatever the window. Searches are
// memoryless, so their length is drawn; the step is the chain's.
func TestRetargetConverges(t *testing.T) {
	const targetBlocks, seed = 50, 7
	t.Logf("seed %d", seed)
	for _, windowBlocks := range []float64{60, 200, 1e6} {
		for _, step := range []float64{0.1, 0.3, 3, 10} {
			t.Run(fmt.Sprintf("window %g, hash rate times %g", windowBlocks, step), func(t *testing.T) {
				rng := rand.New(rand.NewPCG(seed, 0))
				p := types.DefaultParams()
				p.TargetBlocks = targetBlocks
				target := types.TargetOf(1_000_000)
				triesPerBlock := 1_000_000 / float64(targetBlocks) * step // in equilibrium before the step
				var blocks, proofs float64
				for epoch := range 4000 {
					search := math.Ceil(rng.ExpFloat64() * difficulty(target) / triesPerBlock)
					elapsed, found := search, uint64(1)
					if search > windowBlocks {
						elapsed, found = windowBlocks, 0
					}
					target = keeper.Retarget(target, uint64(elapsed), found, p)
					if epoch >= 400 {
						blocks += elapsed
						proofs += float64(found)
					}
				}
				require.InEpsilon(t, targetBlocks, blocks/proofs, 0.1, "blocks of search per proof")
			})
		}
	}
}

func difficulty(target mine.Hash) float64 {
	most := types.TargetOf(1)
	got, _ := new(big.Rat).SetFrac(new(big.Int).SetBytes(most[:]), new(big.Int).SetBytes(target[:])).Float64()
	return got
}

// Old outputs and proofs go, a bounded number per block.
func TestPruning(t *testing.T) {
	f, id := mining(t, func(g *types.GenesisState) { g.Params.MaxProofsPerEpoch = 2; g.Params.ProofHistory = 1024 })
	_, err := f.submit(f.solve(id, 0, nil))
	require.NoError(t, err)
	outputs := func() (n int) {
		iter, err := f.keeper.UsedOutputs.Iterate(f.ctx, nil)
		require.NoError(t, err)
		keys, err := iter.Keys()
		require.NoError(t, err)
		return len(keys)
	}
	f.grow(0)
	f.grow(0)
	require.Equal(t, 1, outputs(), "two epochs later it is still known")
	f.grow(0)
	require.Zero(t, outputs())

	proof, err := f.keeper.Proofs.Get(f.ctx, 1)
	require.NoError(t, err)
	for i := uint64(2); i <= 1400; i++ {
		proof.ProofId = i
		require.NoError(t, f.keeper.Proofs.Set(f.ctx, i, proof))
	}
	require.NoError(t, f.keeper.NextProofID.Set(f.ctx, 1401))
	kept := func() int {
		iter, err := f.keeper.Proofs.Iterate(f.ctx, nil)
		require.NoError(t, err)
		keys, err := iter.Keys()
		require.NoError(t, err)
		return len(keys)
	}
	f.nextBlock(1)
	require.Equal(t, 1300, kept(), "100 in one block")
	for range 5 {
		f.nextBlock(1)
	}
	require.Equal(t, 1024, kept())
}

// BenchmarkBeginBlock is the hook in a block in which nothing happens.
func BenchmarkBeginBlock(b *testing.B) {
	f, _ := mining(b)
	b.ReportAllocs()
	for b.Loop() {
		if err := f.keeper.BeginBlock(f.ctx); err != nil {
			b.Fatal(err)
		}
	}
}
