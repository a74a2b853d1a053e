package keeper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// stored is a blob that a quorum keeps, with the seat of every row.
type stored struct {
	*erasure.Blob
	id uint64
}

func newStored(tb testing.TB, size int) stored {
	tb.Helper()
	payload := make([]byte, size)
	for i := range payload {
		payload[i] = byte(7 * i)
	}
	b, err := erasure.NewBlob(erasure.Test, evmChain, payload)
	require.NoError(tb, err)
	require.NoError(tb, b.EncodeStripe(erasure.CPU, 0))
	b.HashRows(0, erasure.Test.N)
	b.FixRows()
	b.CombineRows(0, erasure.Test.K)
	b.Fix()
	return stored{Blob: b}
}

// store orders and confirms a blob; only those for whom signs is true sign.
func (f *fixture) store(b stored, members []member, signs func(member) bool) stored {
	f.tb.Helper()
	receipt, err := f.submit(b.DataRoot())
	require.NoError(f.tb, err)
	_, err = f.confirm(f.sign(members, receipt.FirstBlobId, 1, signs))
	require.NoError(f.tb, err)
	b.id = receipt.FirstBlobId
	return b
}

func (f *fixture) chunkOf(b stored, row, index int) types.Chunk {
	f.tb.Helper()
	chunk, err := erasure.ChunkOf(b.Row(row), index)
	require.NoError(f.tb, err)
	return types.Chunk{Row: uint32(row), Index: uint32(index), Data: chunk.Data, Path: packed(chunk.Path)}
}

func (f *fixture) round() types.SampleRound {
	f.tb.Helper()
	task, err := f.queries.SampleTask(f.ctx, &types.QuerySampleTaskRequest{})
	require.NoError(f.tb, err)
	return task.Round
}

// wins computes the quality as a signer does, from the task and the record.
func (f *fixture) wins(b stored, row, index int) bool {
	f.tb.Helper()
	blob, err := f.keeper.Blob(f.ctx, b.id)
	require.NoError(f.tb, err)
	round := f.round()
	quality, ok := erasure.ChunkQuality(
		erasure.RowQuality(erasure.Hash(round.Seed), blob.Epoch, blob.QuorumId, b.DataRoot(), uint32(row)), uint32(index), f.chunkOf(b, row, index).Data)
	return ok && erasure.Wins(quality, erasure.Hash(round.Target))
}

func (f *fixture) sample(msg *types.MsgSubmitSample) (response *types.MsgSubmitSampleResponse, err error) {
	err = f.do(func(ctx context.Context) error {
		response, err = f.msgs.SubmitSample(ctx, msg)
		return err
	})
	return response, err
}

func (f *fixture) sampleOf(b stored, row, index int) *types.MsgSubmitSample {
	return &types.MsgSubmitSample{Sender: payer.String(), Preimage: b.Preimage(), Chunk: f.chunkOf(b, row, index)}
}

// sampling runs with an open target, rounds of 4 blocks that want 2 samples, and
// a full lottery.
func sampling(t *testing.T) (*fixture, []member, stored) {
	f := newFixture(t, func(g *types.GenesisState) {
		g.Params.SamplePeriodBlocks, g.Params.TargetRoundSubmissions = 4, 2
	})
	f.begin()
	members := []member{f.join("a", 60), f.join("b", 60)}
	f.renew(members...)
	f.to(8)
	b := f.store(newStored(t, 3*4096), members, all)
	f.to(f.round().StartHeight + 4) // a round that the blob was confirmed before
	round, err := f.keeper.SampleRound.Get(f.ctx)
	require.NoError(t, err)
	target := erasure.MaxTarget()
	round.Target, round.Pool = target[:], round.Pool.AddRaw(120_000)
	require.NoError(t, f.keeper.SampleRound.Set(f.ctx, round))
	f.bank[string(types.ModuleAddress)] = f.bank.of(string(types.ModuleAddress)).AddRaw(120_000)
	return f, members, b
}

// winners lists chunks that win now, at most so many, and one that does not.
func (f *fixture) winners(b stored, most int) (won [][2]int, lost [2]int) {
	for row := range b.Profile.N {
		for index := range b.Chunks() {
			if f.wins(b, row, index) {
				won = append(won, [2]int{row, index})
			} else {
				lost = [2]int{row, index}
			}
		}
	}
	require.GreaterOrEqual(f.tb, len(won), most)
	return won[:most], lost
}

// mission D10: a chunk that wins pays the holder of its row, once, whoever brings
// it; without the data there is no claim.
func TestAWinningChunkPaysItsHolder(t *testing.T) {
	f, members, b := sampling(t)
	won, lost := f.winners(b, 5)
	row, index := won[0][0], won[0][1]
	good := func() *types.MsgSubmitSample { return f.sampleOf(b, row, index) }
	other := newStored(t, 100)
	for name, c := range map[string]struct {
		change func(*types.MsgSubmitSample)
		want   error
	}{
		"a deleted chunk":      {func(m *types.MsgSubmitSample) { m.Chunk.Data = make([]byte, len(m.Chunk.Data)) }, types.ErrChunkMismatch},
		"no data":              {func(m *types.MsgSubmitSample) { m.Chunk.Data = nil }, types.ErrInvalidMessage},
		"a bit of the data":    {func(m *types.MsgSubmitSample) { m.Chunk.Data = flip(m.Chunk.Data, 3) }, types.ErrChunkMismatch},
		"a bit of the path":    {func(m *types.MsgSubmitSample) { m.Chunk.Path = flip(m.Chunk.Path, 3) }, types.ErrChunkMismatch},
		"a byte of the path":   {func(m *types.MsgSubmitSample) { m.Chunk.Path = m.Chunk.Path[1:] }, types.ErrInvalidMessage},
		"another row":          {func(m *types.MsgSubmitSample) { m.Chunk.Row ^= 1 }, types.ErrChunkMismatch},
		"a row outside":        {func(m *types.MsgSubmitSample) { m.Chunk.Row = 1 << 16 }, types.ErrInvalidMessage},
		"a chunk that loses":   {func(m *types.MsgSubmitSample) { *m = *f.sampleOf(b, lost[0], lost[1]) }, types.ErrNoWin},
		"a blob of nobody":     {func(m *types.MsgSubmitSample) { *m = *f.sampleOf(other, 0, 0) }, types.ErrBlobNotFound},
		"another id":           {func(m *types.MsgSubmitSample) { m.Blob.BlobId = 99 }, types.ErrBlobNotFound},
		"a proof of no height": {func(m *types.MsgSubmitSample) { m.Blob.Height = 3 }, types.ErrNotConfirmed},
		"a preimage too short": {func(m *types.MsgSubmitSample) { m.Preimage = m.Preimage[1:] }, types.ErrInvalidMessage},
		"a sender of nowhere":  {func(m *types.MsgSubmitSample) { m.Sender = "" }, types.ErrInvalidMessage},
	} {
		msg := good()
		c.change(msg)
		_, err := f.sample(msg)
		require.ErrorIs(t, err, c.want, name)
	}
	task, err := f.queries.SampleTask(f.ctx, &types.QuerySampleTaskRequest{})
	require.NoError(t, err)
	require.Equal(t, uint32(4), task.RestSubmissions)
	response, err := f.sample(good())
	require.NoError(t, err)
	holder, _, err := f.keeper.RowHolder(f.ctx, b.DataRoot(), 1, 0, uint32(row))
	require.NoError(t, err)
	require.Equal(t, holder.String(), response.Holder)
	require.Equal(t, task.Reward.String(), response.Reward.String(), "the pool over the samples of one retention: 3·8/4 rounds of 2")
	require.Equal(t, task.Round.Pool.QuoRaw(12).String(), response.Reward.String())
	reward, err := f.keeper.Reward(f.ctx, holder)
	require.NoError(t, err)
	require.Equal(t, response.Reward.String(), reward.String())
	_, err = f.sample(good())
	require.ErrorIs(t, err, types.ErrSampleTwice)
	for _, at := range won[1:4] {
		_, err = f.sample(f.sampleOf(b, at[0], at[1]))
		require.NoError(t, err)
	}
	_, err = f.sample(f.sampleOf(b, won[4][0], won[4][1]))
	require.ErrorIs(t, err, types.ErrRoundFull, "twice the wanted number")
	f.balance()
	before := f.round()
	f.to(before.StartHeight + 4)
	after := f.round()
	require.Equal(t, before.Number+1, after.Number)
	require.Zero(t, after.Submissions)
	require.NotEqual(t, before.Seed, after.Seed)
	require.Equal(t, erasure.Retarget(erasure.Hash(before.Target), 4, 2), erasure.Hash(after.Target))
	_ = members
}

// Blobs that wait, and promises that are over, are not sampled; a blob whose record
// is gone is, by its place under the root of its block. mission D10
func TestOnlyWhatIsPromisedIsSampled(t *testing.T) {
	f, members, _ := sampling(t)
	waiting := newStored(t, 3*4096+1)
	receipt, err := f.submit(waiting.DataRoot(), rootOf(7))
	require.NoError(t, err)
	_, err = f.sample(f.sampleOf(waiting, 0, 0))
	require.ErrorIs(t, err, types.ErrNotConfirmed)
	b, height := waiting, f.ctx.BlockHeight()
	b.id = receipt.FirstBlobId
	blob := must(f.keeper.Blob(f.ctx, b.id))
	_, err = f.confirm(f.sign(members, b.id, 2, all))
	require.NoError(t, err)
	f.to(33)
	_, err = f.keeper.Blob(f.ctx, b.id)
	require.ErrorIs(t, err, types.ErrBlobNotFound, "its record is gone")
	leaves := []erasure.Hash{
		erasure.ConfirmedLeaf(b.id, b.DataRoot(), blob.Epoch, blob.QuorumId),
		erasure.ConfirmedLeaf(b.id+1, rootOf(7), blob.Epoch, blob.QuorumId),
	}
	proof := types.BlobProof{Height: height, BlobId: b.id, Epoch: blob.Epoch, QuorumId: blob.QuorumId, Path: packed(erasure.MerklePath(leaves, 0))}
	round, err := f.keeper.SampleRound.Get(f.ctx)
	require.NoError(t, err)
	for row := range b.Profile.N {
		msg := f.sampleOf(b, row, 0)
		_, err = f.sample(msg)
		require.ErrorIs(t, err, types.ErrBlobNotFound)
		msg.Blob = proof
		bent := proof
		bent.Path = flip(bent.Path, 0)
		bad := *msg
		bad.Blob = bent
		_, err = f.sample(&bad)
		require.ErrorIs(t, err, types.ErrNotConfirmed)
		quality, ok := erasure.ChunkQuality(erasure.RowQuality(erasure.Hash(round.Seed), blob.Epoch, blob.QuorumId, b.DataRoot(), uint32(row)), 0, msg.Chunk.Data)
		if ok && erasure.Wins(quality, erasure.Hash(round.Target)) {
			_, err = f.sample(msg)
			require.NoError(t, err)
			break
		}
	}
	require.Positive(t, f.round().Submissions)
	f.to(40)
	late := f.sampleOf(b, 0, 0)
	late.Blob = proof
	_, err = f.sample(late)
	require.ErrorIs(t, err, types.ErrPromiseOver, "epoch 5, the promise of epoch 1 was for 3")
	f.balance()
}

func must[V any](value V, err error) V {
	if err != nil {
		panic(err)
	}
	return value
}

// A signer that was punished earns nothing any more.
func TestAPunishedHolderEarnsNothing(t *testing.T) {
	f, members, b := sampling(t)
	won, _ := f.winners(b, 1)
	holder, _, err := f.keeper.RowHolder(f.ctx, b.DataRoot(), 1, 0, uint32(won[0][0]))
	require.NoError(t, err)
	signer := must(f.keeper.Signer(f.ctx, holder))
	signer.Tombstoned = true
	require.NoError(t, f.keeper.Signers.Set(f.ctx, holder, signer))
	_, err = f.sample(f.sampleOf(b, won[0][0], won[0][1]))
	require.ErrorIs(t, err, types.ErrSignerJailed)
	pool := must(f.keeper.Pool(f.ctx, 1))
	f.to(17)
	require.True(t, must(f.keeper.Reward(f.ctx, holder)).IsZero(), "its share of the pool is the lottery's")
	for _, m := range members {
		if !m.address.Equals(holder) {
			earned := must(f.keeper.Reward(f.ctx, m.address))
			require.True(t, earned.IsPositive() && earned.LT(pool.Amount), "its own share: %s of %s", earned, pool.Amount)
		}
	}
}

// closedPool is a community pool that takes nothing.
type closedPool struct{ bank }

func (closedPool) FundCommunityPool(context.Context, sdk.Coins, sdk.AccAddress) error {
	return errors.New("closed")
}

// What the community pool refuses is the lottery's: no fee, lapse or slash is lost
// or stuck by it.
func TestAClosedCommunityPoolLosesNothing(t *testing.T) {
	f, members, _, b := challenged(t)
	f.keeper.Community = closedPool{f.bank}
	f.msgs = keeper.NewMsgServer(f.keeper)
	before := must(f.keeper.SampleRound.Get(f.ctx)).Pool
	row := f.rowOf(b, func(a sdk.AccAddress) bool {
		blob := must(f.keeper.Blob(f.ctx, b.id))
		record := must(f.keeper.Quorum(f.ctx, blob.Epoch, blob.QuorumId))
		for m, address := range record.Drawn().Members {
			if address == [20]byte(a) {
				return blob.MemberBitmap[m/8]>>(m%8)&1 == 1
			}
		}
		return false
	})
	_, err := f.challenge(ask(b, row, 0))
	require.NoError(t, err)
	_, err = f.submit(rootOf(1))
	require.NoError(t, err)
	_, err = f.submit(rootOf(2))
	require.NoError(t, err)
	_, err = f.confirm(f.sign(members, b.id+1, 1, all))
	require.NoError(t, err)
	f.to(15) // the second blob lapses, the challenge fails
	blob := must(f.keeper.Blob(f.ctx, b.id+2))
	require.Equal(t, types.BLOB_STATUS_LAPSED, blob.Status)
	fee := blob.Fee.Int64()
	split := smallGenesis().Params
	pool, _, _ := split.Split(blob.Fee, 1)
	want := fee - pool.Int64() + fee - fee/2 + 1000 + deposit/100 // a confirmation, a lapse, a challenge, its slash
	after := must(f.keeper.SampleRound.Get(f.ctx)).Pool
	require.Equal(t, want, after.Sub(before).Int64())
	f.balance()
}

// An empty lottery pays nothing and fails nothing.
func TestAnEmptyLotteryPaysNothing(t *testing.T) {
	f, _, b := sampling(t)
	round := must(f.keeper.SampleRound.Get(f.ctx))
	f.bank[string(types.ModuleAddress)] = f.bank.of(string(types.ModuleAddress)).Sub(round.Pool)
	round.Pool = sdkmath.ZeroInt()
	require.NoError(t, f.keeper.SampleRound.Set(f.ctx, round))
	won, _ := f.winners(b, 1)
	response, err := f.sample(f.sampleOf(b, won[0][0], won[0][1]))
	require.NoError(t, err)
	require.True(t, response.Reward.IsZero())
	f.balance()
}

// Whoever knows the seed of a round can try roots until their chunks win: of blobs
// that are confirmed from its first block on, none does, by record or by proof.
func TestABlobOrderedWithTheSeedInSightWinsNothing(t *testing.T) {
	f, members, b := sampling(t)
	late := f.store(newStored(t, 3*4096+1), members, all)
	start := f.round().StartHeight
	require.Equal(t, start, f.ctx.BlockHeight(), "in the first block of the round")
	won, _ := f.winners(late, 1)
	msg := f.sampleOf(late, won[0][0], won[0][1])
	_, err := f.sample(msg)
	require.ErrorIs(t, err, types.ErrNotConfirmed)
	f.next()
	_, err = f.sample(msg)
	require.ErrorIs(t, err, types.ErrNotConfirmed)
	msg.Blob = types.BlobProof{Height: start, BlobId: late.id, Epoch: 1}
	_, err = f.sample(msg)
	require.ErrorIs(t, err, types.ErrNotConfirmed)
	require.ErrorContains(t, err, "when round")
	won, _ = f.winners(b, 1)
	_, err = f.sample(f.sampleOf(b, won[0][0], won[0][1]))
	require.NoError(t, err, "one of the round before")
	f.to(start + 4)
	won, _ = f.winners(late, 1)
	_, err = f.sample(f.sampleOf(late, won[0][0], won[0][1]))
	require.NoError(t, err, "in the next round")
}
