package keeper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/keeper"
	"github.com/zgd-network/zgd/x/flow/types"
)

func blockHash(height int64) []byte {
	hash := keccak.Sum256([]byte{byte(height), byte(height >> 8)})
	return hash[:]
}

// run executes the block hooks up to a height.
func (f *fixture) run(to int64) {
	f.tb.Helper()
	for height := f.ctx.BlockHeight() + 1; height <= to; height++ {
		f.ctx = f.ctx.WithBlockHeight(height).WithHeaderHash(blockHash(height))
		require.NoError(f.tb, f.keeper.BeginBlock(f.ctx))
	}
}

// mission R02
func TestContextsComeEveryEpochAndAreSeededByTheBlockBefore(t *testing.T) {
	f := newFixture(t, cheap)
	f.ctx = f.ctx.WithBlockHeight(0)
	f.run(5)
	_, err := f.keeper.Context(f.ctx, 0, 0)
	require.ErrorIs(t, err, types.ErrContextNotFound)
	f.submit(submission(t, 262_144), 10)
	f.run(6)
	first, err := f.keeper.Context(f.ctx, 0, 0)
	require.NoError(t, err)
	require.Equal(t, uint64(1), first.Epoch)
	require.Equal(t, int64(6), first.StartHeight)
	require.Equal(t, blockHash(5), first.BlockDigest)
	require.Equal(t, uint64(2048), first.FlowLengthSectors)
	require.Equal(t, keeper.ContextDigest(blockHash(5), first.FlowRoot, 2048), first.Digest)
	f.submit(submission(t, 256), 10)
	f.run(10)
	unchanged, err := f.keeper.Context(f.ctx, 0, 0)
	require.NoError(t, err)
	require.Equal(t, first, unchanged, "an open context does not see later entries")
	f.run(11)
	second, err := f.keeper.Context(f.ctx, 0, 0)
	require.NoError(t, err)
	require.Equal(t, uint64(2), second.Epoch)
	require.Equal(t, first.FlowLengthSectors, second.PreviousLengthSectors)
	byDigest, err := f.keeper.ContextByDigest(f.ctx, first.Digest)
	require.NoError(t, err)
	require.Equal(t, first, byDigest)
	flipped := bytes.Clone(first.Digest)
	flipped[31] ^= 1
	_, err = f.keeper.ContextByDigest(f.ctx, flipped)
	require.ErrorIs(t, err, types.ErrContextNotFound)
}

func TestContextAtIsTheEpochThatAddedTheSector(t *testing.T) {
	f := newFixture(t, cheap)
	f.ctx = f.ctx.WithBlockHeight(0)
	f.run(1)
	for range 4 { // epochs 1 to 4 add a load each; epoch 5 and 6 add nothing
		f.submit(submission(t, 262_144), 10)
		f.run(f.ctx.BlockHeight() + 5)
	}
	f.run(f.ctx.BlockHeight() + 10)
	for sector, want := range map[uint64]uint64{0: 1, 1023: 1, 2047: 1, 2048: 2, 3071: 2, 3072: 3, 5119: 4} {
		got, err := f.keeper.ContextAt(f.ctx, 0, sector)
		require.NoError(t, err)
		require.Equal(t, want, got.Epoch, "sector %d", sector)
	}
	_, err := f.keeper.ContextAt(f.ctx, 0, 5120)
	require.ErrorIs(t, err, types.ErrContextNotFound)
}

func TestContextsOfEpochsWithDataAreKeptForeverTheOthersForAWhile(t *testing.T) {
	f := newFixture(t, cheap, func(g *types.GenesisState) { g.Params.ContextHistory = 3 })
	f.ctx = f.ctx.WithBlockHeight(0)
	f.run(1)
	f.submit(submission(t, 1), 10)
	f.run(51)
	for epoch, want := range map[uint64]bool{1: true, 2: false, 7: false, 8: true, 10: true} {
		_, err := f.keeper.Context(f.ctx, 0, epoch)
		require.Equal(t, want, err == nil, "epoch %d", epoch)
	}
}

// mission C17
func TestOnlyGovernanceChangesParamsAndOnlyToValidOnes(t *testing.T) {
	f := newFixture(t)
	params := types.DefaultParams()
	params.BlocksPerEpoch = 7
	_, err := f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: alice.String(), Params: params})
	require.Error(t, err)
	bad := params
	bad.MaxBatch = 0
	_, err = f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority, Params: bad})
	require.ErrorIs(t, err, types.ErrInvalidParams)
	_, err = f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority, Params: params})
	require.NoError(t, err)
	got, err := f.queries.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, params, got.Params)
}

func TestExportAndImportKeepEverything(t *testing.T) {
	f := newFixture(t, cheap)
	f.ctx = f.ctx.WithBlockHeight(0)
	for i := range 10 {
		f.submit(submission(t, 1+i*100_000), 100)
		f.after(150)
		f.run(f.ctx.BlockHeight() + 3)
	}
	_, err := f.keeper.Release(f.ctx, 0, 1, bob)
	require.NoError(t, err)
	exported, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	g := newFixture(t, func(fresh *types.GenesisState) { *fresh = *exported })
	again, err := g.keeper.ExportGenesis(g.ctx)
	require.NoError(t, err)
	cdc := codec.NewProtoCodec(codectypes.NewInterfaceRegistry())
	require.JSONEq(t, string(cdc.MustMarshalJSON(exported)), string(cdc.MustMarshalJSON(again)))
	g.ctx = g.ctx.WithBlockTime(f.ctx.BlockTime()).WithBlockHeight(f.ctx.BlockHeight())
	for txSeq := uint64(1); txSeq <= 10; txSeq++ {
		require.Equal(t, f.reward(txSeq), g.reward(txSeq))
	}
}

func TestPrefixesArePinned(t *testing.T) {
	f := newFixture(t)
	got := map[string]byte{}
	for _, c := range f.keeper.Schema.ListCollections() {
		got[c.GetName()] = c.GetPrefix()[0]
	}
	require.Equal(t, map[string]byte{
		"params": 0, "payout_window": 1, "flows": 2, "entries": 3, "entry_by_start": 4, "entry_by_root": 5, "entry_by_end": 6,
		"contexts": 7, "context_by_digest": 8, "context_by_end": 9, "windows": 10, "expiries": 11, "totals": 12, "last_block": 13,
	}, got)
}
