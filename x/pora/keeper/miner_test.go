package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// mission R01
func TestRegisterMiner(t *testing.T) {
	f := newFixture(t)
	first := f.register(alice, nil, 1)
	miner, err := f.keeper.Miner(f.ctx, first)
	require.NoError(t, err)
	require.Equal(t, alice.String(), miner.Beneficiary, "the owner, if none is named")
	_, err = f.msgs.RegisterMiner(f.ctx, &types.MsgRegisterMiner{Owner: alice.String(), Seed: 1})
	require.ErrorIs(t, err, types.ErrSeedUsed)
	f.nextBlock(1)
	_, err = f.msgs.RegisterMiner(f.ctx, &types.MsgRegisterMiner{Owner: alice.String(), Seed: 1})
	require.ErrorIs(t, err, types.ErrSeedUsed, "in a later block neither")

	ids := map[string]bool{string(first): true}
	ids[string(f.register(alice, bob, 2))] = true
	ids[string(f.register(bob, bob, 1))] = true
	require.Len(t, ids, 3, "another seed or owner is another id")
	for _, bad := range []*types.MsgRegisterMiner{
		{Owner: "", Seed: 3}, {Owner: "zg1nonsense", Seed: 3}, {Owner: alice.String(), Beneficiary: "x", Seed: 3},
	} {
		_, err := f.msgs.RegisterMiner(f.ctx, bad)
		require.ErrorIs(t, err, types.ErrInvalidMessage)
	}
}

func TestIdsOfTwoBlocksDiffer(t *testing.T) {
	f, g := newFixture(t), newFixture(t)
	g.nextBlock(1)
	require.NotEqual(t, f.register(alice, nil, 1), g.register(alice, nil, 1), "nobody can seal before the block is known")
}

// mission R01: the beneficiary can be handed on.
func TestSetBeneficiary(t *testing.T) {
	f := newFixture(t)
	id := f.register(alice, bob, 1)
	set := func(by, to sdk.AccAddress) error {
		_, err := f.msgs.SetBeneficiary(f.ctx, &types.MsgSetBeneficiary{Sender: by.String(), MinerId: id, Beneficiary: to.String()})
		return err
	}
	require.ErrorIs(t, set(refused, refused), types.ErrNotOwner)
	require.NoError(t, set(bob, refused), "the beneficiary may")
	require.ErrorIs(t, set(bob, bob), types.ErrNotOwner, "but not any more")
	require.NoError(t, set(alice, bob), "the owner may")
	require.ErrorIs(t, set(alice, nil), types.ErrInvalidMessage, "nobody is no beneficiary")
	id = flip(id)
	require.ErrorIs(t, set(alice, bob), types.ErrMinerNotFound)
}

// mission R07, R14
func TestClaimRange(t *testing.T) {
	f := newFixture(t)
	id := f.register(alice, bob, 1)
	good := types.MsgClaimRange{Owner: alice.String(), MinerId: id, StartLoad: 1 << 15, NumShard: 64, ShardId: 63}
	cases := []struct {
		name   string
		change func(m *types.MsgClaimRange)
		want   error
	}{
		{"of a stranger", func(m *types.MsgClaimRange) { m.Owner = bob.String() }, types.ErrNotOwner},
		{"for no miner", func(m *types.MsgClaimRange) { m.MinerId = flip(id) }, types.ErrMinerNotFound},
		{"in a flow that is not mined", func(m *types.MsgClaimRange) { m.FlowId = 1 }, types.ErrInvalidClaim},
		{"off the 8 GiB grid", func(m *types.MsgClaimRange) { m.StartLoad += 64 }, types.ErrInvalidClaim},
		{"past every flow", func(m *types.MsgClaimRange) { m.StartLoad = 1 << 46 }, types.ErrInvalidClaim},
		{"with 128 shards", func(m *types.MsgClaimRange) { m.NumShard = 128 }, types.ErrInvalidClaim},
		{"with 3 shards", func(m *types.MsgClaimRange) { m.NumShard, m.ShardId = 3, 0 }, types.ErrInvalidClaim},
		{"with no shards", func(m *types.MsgClaimRange) { m.NumShard, m.ShardId = 0, 0 }, types.ErrInvalidClaim},
		{"of shard 64 of 64", func(m *types.MsgClaimRange) { m.ShardId = 64 }, types.ErrInvalidClaim},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			msg := good
			c.change(&msg)
			_, err := f.msgs.ClaimRange(f.ctx, &msg)
			require.ErrorIs(t, err, c.want)
		})
	}
	response, err := f.msgs.ClaimRange(f.ctx, &good)
	require.NoError(t, err, "past the end of the flow, which grows into it")
	require.Equal(t, uint64(1), response.ActiveFromEpoch)
	_, err = f.msgs.ClaimRange(f.ctx, &good)
	require.ErrorIs(t, err, types.ErrClaimExists)
}

// A claim counts from the next epoch, and stands for claim_min_epochs.
func TestClaimLifetime(t *testing.T) {
	f := newFixture(t)
	f.grow(4 * layout.SectorsPerLoad)
	id := f.register(alice, bob, 1)
	require.Equal(t, "no_claim", f.work(id).Reason)
	release := func(by sdk.AccAddress) error {
		_, err := f.msgs.ReleaseRange(f.ctx, &types.MsgReleaseRange{Owner: by.String(), MinerId: id})
		return err
	}
	require.ErrorIs(t, release(alice), types.ErrNoClaim)
	f.claim(alice, id, 1, 0)
	require.Equal(t, "claim_not_active", f.work(id).Reason)
	for range 4 {
		require.ErrorIs(t, release(alice), types.ErrClaimTooYoung)
		f.grow(0)
		require.True(t, f.work(id).Open)
	}
	require.ErrorIs(t, release(alice), types.ErrClaimTooYoung, "epoch 5; it counts from 2 and stands for 4")
	f.grow(0)
	require.ErrorIs(t, release(bob), types.ErrNotOwner)
	require.NoError(t, release(alice))
	require.Equal(t, "no_claim", f.work(id).Reason)
	f.claim(alice, id, 2, 1)
}
