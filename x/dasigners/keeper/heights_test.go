package keeper_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// A chain that starts again at height zero goes on as the old one would have,
// block by block: every deadline, freeze and round comes as many blocks later.
func TestARestartAtHeightZeroGoesOnAlike(t *testing.T) {
	f, members, lazy, b := challenged(t)
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	_, err := f.challenge(ask(b, row, 0))
	require.NoError(t, err)
	roots, _ := logRoots(t, make([]byte, 100))
	_, err = f.submitStored([][]byte{make([]byte, 100)}, roots)
	require.NoError(t, err)
	f.renew(members...)
	f.to(13) // frozen, not drawn; the challenge is due at the end of this block
	require.NoError(t, f.keeper.EndBlock(f.ctx))
	last := f.ctx.BlockHeight()

	young := bareFixture(t)
	branch, _ := f.ctx.CacheContext()
	require.NoError(t, f.keeper.RestartHeights(branch))
	exported, err := f.keeper.ExportGenesis(branch)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.Equal(t, int64(8-last), exported.Epoch.StartHeight)
	require.Equal(t, int64(8-last), exported.ConfirmedRoots[0].Height)
	maps.Copy(young.bank, f.bank)
	maps.Copy(young.stake, f.stake)
	young.nonce = f.nonce
	young.ctx = young.ctx.WithBlockHeight(0)
	require.NoError(t, young.keeper.InitGenesis(young.ctx, *exported))
	for range 40 {
		f.next()
		young.next()
		require.Equal(t, f.ctx.BlockHeight()-last, young.ctx.BlockHeight())
		require.Equal(t, f.epoch().Number, young.epoch().Number)
		require.Equal(t, f.epoch().Seed, young.epoch().Seed)
		require.Equal(t, f.round().Number, young.round().Number)
	}
	require.NoError(t, f.keeper.EndBlock(f.ctx))
	require.NoError(t, young.keeper.EndBlock(young.ctx))
	require.NoError(t, f.keeper.RestartHeights(f.ctx.WithBlockHeight(last)))
	one, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	other, err := young.keeper.ExportGenesis(young.ctx)
	require.NoError(t, err)
	require.Equal(t, one, other)
	require.Equal(t, f.bank, young.bank)
}

// A deadline that is over when the chain ends is due at once in the next.
func TestAnOverdueDeadlineIsDueAtOnce(t *testing.T) {
	f, _ := running(t, 60, 60)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	require.NoError(t, f.keeper.RestartHeights(f.ctx.WithBlockHeight(100)))
	blob := must(f.keeper.Blob(f.ctx, 1))
	require.Equal(t, []int64{0, -92}, []int64{blob.DeadlineHeight, blob.SubmitHeight})
	f.ctx = f.ctx.WithBlockHeight(1)
	require.NoError(t, f.keeper.EndBlock(f.ctx))
	require.Equal(t, types.BLOB_STATUS_LAPSED, must(f.keeper.Blob(f.ctx, 1)).Status)
	f.balance()
}

// What promises last is compared with the unbonding time, but on development
// chains. mission C17
func TestPromisesEndBeforeStakeIsFree(t *testing.T) {
	long := types.DefaultParams()
	long.BlockTimeMs = 4883 // 43 epochs of 5760 blocks in two weeks, and a little
	update := func(f *fixture, p types.Params, chain string) error {
		_, err := f.msgs.UpdateParams(f.ctx.WithChainID(chain), &types.MsgUpdateParams{Authority: authority, Params: p})
		return err
	}
	f := newFixture(t)
	require.NoError(t, update(f, long, chainID))
	long.BlockTimeMs = 4884
	require.ErrorIs(t, update(f, long, "zg-1"), types.ErrInvalidParams)
	require.NoError(t, update(f, long, chainID), "stake is worth nothing here")
	long.BlockTimeMs = 4883
	require.NoError(t, update(f, long, "zg-1"))
	f.keeper.Set = nil
	genesis := types.DefaultGenesis()
	require.ErrorIs(t, f.keeper.InitGenesis(f.ctx.WithChainID("zg-1"), *genesis), types.ErrNotAvailable)
	f.keeper.Slasher = nil
	genesis.Params.SlashValidatorBps = 1
	require.ErrorIs(t, f.keeper.InitGenesis(f.ctx, *genesis), types.ErrNotAvailable)
}

// mission D05: the query says how much stake the quorums stand for and how likely
// they fail.
func TestAssuranceSaysWhatTheQuorumsStandFor(t *testing.T) {
	f, _ := running(t, 60, 100)
	got, err := f.queries.Assurance(f.ctx, &types.QueryAssuranceRequest{})
	require.NoError(t, err)
	require.Equal(t, types.QueryAssuranceResponse{
		Epoch: 1, Signers: 2, Votes: 16, RegisteredTokens: sdkmath.NewIntWithDecimal(160, 18), BondedTokens: sdkmath.NewIntWithDecimal(1_000_000, 18),
		RegisteredBps: 1, Validators: 4, LongestRun: 1,
	}, *got)
}
