package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// mission C17: only governance, and only values within bounds.
func TestParamsAreGovernanceOnly(t *testing.T) {
	f := newFixture(t)
	changed := types.DefaultParams()
	changed.TargetBlocks = 99
	_, err := f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: alice.String(), Params: changed})
	require.Error(t, err)
	bad := changed
	bad.AdjustN = 0
	_, err = f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority, Params: bad})
	require.ErrorIs(t, err, types.ErrInvalidParams)
	_, err = f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority, Params: changed})
	require.NoError(t, err)
	got, err := f.queries.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, changed, got.Params)
}

func TestGenesisRoundTrip(t *testing.T) {
	f, id := mining(t)
	_, err := f.msgs.SetBeneficiary(f.ctx, &types.MsgSetBeneficiary{Sender: alice.String(), MinerId: id, Beneficiary: refused.String()})
	require.NoError(t, err)
	f.register(bob, bob, 5)
	answer := f.solve(id, 0, nil)
	_, err = f.submit(answer)
	require.NoError(t, err)
	exported, err := f.keeper.ExportGenesis(f.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	require.Len(t, exported.Miners, 2)
	require.Len(t, exported.Proofs, 1)
	require.Len(t, exported.Credits, 1)

	g := newFixture(t, func(state *types.GenesisState) { *state = *exported })
	again, err := g.keeper.ExportGenesis(g.ctx)
	require.NoError(t, err)
	require.Equal(t, exported, again)

	// The replay set is rebuilt, and so are the indexes.
	epoch := exported.Epochs[0]
	epoch.CloseHeight, epoch.Proofs = 0, 0
	require.NoError(t, g.keeper.Epochs.Set(g.ctx, 0, epoch))
	g.flow.contexts, g.plain, g.leaves = f.flow.contexts, f.plain, f.leaves
	_, err = g.submit(answer)
	require.ErrorIs(t, err, types.ErrReplay)
	_, err = g.msgs.RegisterMiner(g.ctx, &types.MsgRegisterMiner{Owner: bob.String(), Seed: 5})
	require.ErrorIs(t, err, types.ErrSeedUsed)
	claims, err := g.keeper.ClaimCount.Get(g.ctx)
	require.NoError(t, err)
	require.Equal(t, uint64(1), claims)
}

// A prefix that moves is a store that cannot be read any more.
func TestPrefixesArePinned(t *testing.T) {
	f := newFixture(t)
	want := map[string]byte{
		"params": 0, "miners": 1, "owner_seeds": 2, "claim_count": 3, "targets": 4,
		"epochs": 5, "proofs": 6, "next_proof_id": 7, "used_outputs": 8, "credits": 9, "replicas": 10,
	}
	got := map[string]byte{}
	for _, collection := range f.keeper.Schema.ListCollections() {
		got[collection.GetName()] = collection.GetPrefix()[0]
	}
	require.Equal(t, want, got)
}

func TestQueriesListMiners(t *testing.T) {
	f := newFixture(t)
	for seed := range uint64(5) {
		f.register(alice, bob, 10-seed)
	}
	f.register(bob, bob, 1)
	list := func(owner, after string, limit uint32) []types.Miner {
		response, err := f.queries.Miners(f.ctx, &types.QueryMinersRequest{Owner: owner, AfterMinerId: after, Limit: limit})
		require.NoError(t, err)
		return response.Miners
	}
	require.Len(t, list("", "", 0), 6)
	mine := list(alice.String(), "", 0)
	require.Len(t, mine, 5)
	require.Equal(t, mine[2:], list(alice.String(), hex0x(mine[1].MinerId), 10), "an owner's page goes on after the last")
	all := list("", "", 4)
	require.Len(t, all, 4)
	require.Len(t, list("", hex0x(all[3].MinerId), 4), 2)
	_, err := f.queries.Miner(f.ctx, &types.QueryMinerRequest{MinerId: "0x12"})
	require.ErrorContains(t, err, "InvalidArgument")
	_, err = f.queries.Miner(f.ctx, &types.QueryMinerRequest{MinerId: hex0x(make([]byte, 32))})
	require.ErrorContains(t, err, "NotFound")
}

func TestQueriesListProofs(t *testing.T) {
	f, id := mining(t, func(g *types.GenesisState) { g.Params.MaxProofsPerEpoch = 20 })
	for i := range uint64(6) {
		_, err := f.submit(f.solve(id, 500*i, nil))
		require.NoError(t, err)
	}
	list := func(req types.QueryProofsRequest) []types.Proof {
		response, err := f.queries.Proofs(f.ctx, &req)
		require.NoError(t, err)
		return response.Proofs
	}
	all := list(types.QueryProofsRequest{})
	require.Len(t, all, 6)
	require.Equal(t, uint64(6), all[0].ProofId, "newest first")
	require.Equal(t, all[4:], list(types.QueryProofsRequest{BeforeProofId: 3, MinerId: hex0x(id)}))
	require.Empty(t, list(types.QueryProofsRequest{MinerId: hex0x(flip(id))}))
	require.Len(t, list(types.QueryProofsRequest{Limit: 2}), 2)
	load := all[0].RecallSector / layout.SectorsPerLoad
	for _, proof := range list(types.QueryProofsRequest{StartLoad: load, EndLoad: load + 1}) {
		require.Equal(t, load, proof.RecallSector/layout.SectorsPerLoad)
	}
	require.Empty(t, list(types.QueryProofsRequest{StartLoad: 4}))
}
