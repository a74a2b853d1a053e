package keeper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// mission D07: B8, 300 members of whom 96 are silent, 16 blobs, with all reads
// and writes of the state.
func BenchmarkConfirmBatch(b *testing.B) {
	f := newFixture(b, func(g *types.GenesisState) {
		p := &g.Params
		p.DataSlices, p.EncodedSlices = uint32(erasure.Production.K), uint32(erasure.Production.N)
		p.EpochBlocks, p.MaxVotesPerSigner = 1000, 14
	})
	f.begin()
	var members []member
	for i := range 300 {
		m := f.join(string([]byte{'a' + byte(i/26/26), 'a' + byte(i/26%26), 'a' + byte(i%26)}), 140)
		members = append(members, m)
		require.NoError(b, f.renewOne(m))
	}
	f.ctx = f.ctx.WithBlockHeight(500)
	f.begin()
	f.ctx = f.ctx.WithBlockHeight(1000)
	f.begin()
	msg := &types.MsgSubmitBlobs{Submitter: payer.String(), Profile: uint32(erasure.Production.ID), MaxFee: sdkmath.NewInt(funds)}
	for n := range byte(16) {
		root := rootOf(n)
		msg.DataRoots, msg.DataLens = append(msg.DataRoots, root[:]...), append(msg.DataLens, 1)
	}
	_, err := f.submitMsg(msg)
	require.NoError(b, err)
	silent := 0
	confirm := f.sign(members, 1, 16, func(member) bool { silent++; return silent%25 >= 8 })
	for b.Loop() {
		branch, _ := f.ctx.CacheContext()
		_, err := f.msgs.ConfirmBatch(branch, confirm)
		require.NoError(b, err)
	}
}

// B9 with the state: 1024 signers with 40 votes each are frozen, then drawn into
// ten quorums whose keys are summed.
func BenchmarkEpoch(b *testing.B) {
	f := newFixture(b, func(g *types.GenesisState) {
		p := &g.Params
		p.DataSlices, p.EncodedSlices, p.MaxQuorums = uint32(erasure.Production.K), uint32(erasure.Production.N), 10
		p.EpochBlocks = 1000
	})
	f.begin()
	for i := range 1024 {
		m := f.join(string([]byte{'a' + byte(i/26/26), 'a' + byte(i/26%26), 'a' + byte(i%26)}), 400)
		require.NoError(b, f.renewOne(m))
	}
	at := func(height int64) (begin func(b *testing.B)) {
		ctx := f.ctx.WithBlockHeight(height)
		return func(b *testing.B) {
			for b.Loop() {
				branch, _ := ctx.CacheContext()
				require.NoError(b, f.keeper.BeginBlock(branch))
			}
		}
	}
	b.Run("freeze", at(500))
	f.ctx = f.ctx.WithBlockHeight(500)
	f.begin()
	b.Run("draw", at(1000))
}
