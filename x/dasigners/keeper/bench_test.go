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
	f, members := production(b)
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

// production has 300 members in a quorum of the production shape.
func production(b *testing.B) (*fixture, []member) {
	b.Helper()
	f := newFixture(b, func(g *types.GenesisState) {
		p := &g.Params
		p.DataSlices, p.EncodedSlices = uint32(erasure.Production.K), uint32(erasure.Production.N)
		p.EpochBlocks, p.MaxVotesPerSigner, p.MaxBlobBytes = 1000, 14, 32<<20
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
	return f, members
}

// A chunk of 2 KiB that wins, and a challenge that is opened, answered and paid, in
// the production shape with 300 members: what blocks spend on either.
func BenchmarkPromises(b *testing.B) {
	f, members := production(b)
	blob, err := erasure.NewBlob(erasure.Production, evmChain, make([]byte, 2<<20-16))
	require.NoError(b, err)
	require.NoError(b, blob.EncodeStripe(erasure.CPU, 0))
	blob.HashRows(0, erasure.Production.N)
	blob.FixRows()
	blob.CombineRows(0, erasure.Production.K)
	blob.Fix()
	root := blob.DataRoot()
	_, err = f.submitMsg(&types.MsgSubmitBlobs{
		Submitter: payer.String(), Profile: uint32(erasure.Production.ID), MaxFee: sdkmath.NewInt(funds), DataRoots: root[:], DataLens: []uint64{blob.DataLen},
	})
	require.NoError(b, err)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(b, err)
	f.ctx = f.ctx.WithBlockHeight(1030) // a round that the blob was confirmed before
	f.begin()
	round := must(f.keeper.SampleRound.Get(f.ctx))
	target := erasure.MaxTarget()
	round.Target = target[:]
	require.NoError(b, f.keeper.SampleRound.Set(f.ctx, round))
	f.bank[string(payer)] = sdkmath.NewIntWithDecimal(1, 30)
	kept := stored{blob, 1}
	row := 0
	for !f.wins(kept, row, 0) {
		row++
	}
	b.Run("sample", func(b *testing.B) {
		msg := f.sampleOf(kept, row, 0)
		for b.Loop() {
			branch, _ := f.ctx.CacheContext()
			_, err := f.msgs.SubmitSample(branch, msg)
			require.NoError(b, err)
		}
	})
	b.Run("challenge", func(b *testing.B) {
		question := ask(kept, row, 0)
		answer := &types.MsgAnswerChallenge{Sender: payer.String(), ChallengeId: 1, Preimage: kept.Preimage(), Chunk: f.chunkOf(kept, row, 0)}
		for b.Loop() {
			branch, _ := f.ctx.CacheContext()
			_, err := f.msgs.OpenChallenge(branch, question)
			require.NoError(b, err)
			_, err = f.msgs.AnswerChallenge(branch, answer)
			require.NoError(b, err)
		}
	})
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
