package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Gas of judging a chunk: its hashes, its path and the placement of the rows.
const chunkGas = 60_000

// turnRound opens a round of sampling every sample_period_blocks: a seed that
// nobody knew before this block, and a target by how many chunks won in the last.
func (k Keeper) turnRound(ctx context.Context) error {
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	target := erasure.FirstTarget()
	if round.Number > 0 {
		if height(ctx) < round.StartHeight+int64(params.SamplePeriodBlocks) {
			return nil
		}
		if target, err = types.Hash32("target", round.Target); err != nil {
			return err
		}
		target = erasure.Retarget(target, round.Submissions, params.TargetRoundSubmissions)
	}
	seed, err := k.BeaconValue(ctx)
	if err != nil {
		return err
	}
	round.Number, round.StartHeight, round.Submissions = round.Number+1, height(ctx), 0
	round.Seed, round.Target = seed[:], target[:]
	if err := errors.Join(k.SampleHits.Clear(ctx, nil), k.SampleRound.Set(ctx, round)); err != nil { // at most 2000 hits
		return err
	}
	return emit(ctx, &types.EventSampleRound{Number: round.Number, StartHeight: round.StartHeight, Seed: round.Seed, Target: round.Target})
}

// SubmitSample pays the holder of a row for a chunk of it that wins in the running
// round, whoever brings it, and returns the holder and what it may claim. The blob
// was confirmed before the round began: a root that is chosen with the seed in sight
// could be tried until its chunks win.
func (k Keeper) SubmitSample(ctx context.Context, s types.Sample) (sdk.AccAddress, sdkmath.Int, error) {
	charge(ctx, chunkGas, "check of a sample")
	params, err := k.Params.Get(ctx)
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	if round.Number == 0 || round.Submissions >= params.RoundLimit() {
		return nil, sdkmath.Int{}, types.ErrRoundFull.Wrapf("%d in round %d: wait for the next", round.Submissions, round.Number)
	}
	p, err := k.promised(ctx, s.Commitment, s.Blob)
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	if p.height >= round.StartHeight {
		return nil, sdkmath.Int{}, types.ErrNotConfirmed.Wrapf("when round %d began: blob %d was at height %d, want one below %d",
			round.Number, p.blobID, p.height, round.StartHeight)
	}
	if err := checkWin(round, p, s); err != nil {
		return nil, sdkmath.Int{}, err
	}
	holder := p.address(p.holder(s.Commitment.Profile, uint32(s.Chunk.Row)))
	if err := k.mayEarn(ctx, holder); err != nil {
		return nil, sdkmath.Int{}, err
	}
	if err := k.recordHit(ctx, p, s.Chunk); err != nil {
		return nil, sdkmath.Int{}, err
	}
	reward, err := k.paySample(ctx, params, round, holder)
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	return holder, reward, emit(ctx, &types.EventSample{
		Round: round.Number, DataRoot: p.root[:], Epoch: p.record.Epoch, QuorumId: p.record.QuorumId,
		Row: uint32(s.Chunk.Row), Chunk: uint32(s.Chunk.Index), Holder: holder.String(), Reward: reward.String(),
	})
}

// checkWin says whether a chunk is of the blob and wins in the round.
func checkWin(round types.SampleRound, p promise, s types.Sample) error {
	if err := s.Commitment.CheckChunk(s.Chunk); err != nil {
		return types.ErrChunkMismatch.Wrap(err.Error())
	}
	row := erasure.RowQuality(erasure.Hash(round.Seed), p.record.Epoch, p.record.QuorumId, p.root, uint32(s.Chunk.Row))
	quality, ok := erasure.ChunkQuality(row, uint32(s.Chunk.Index), s.Chunk.Data)
	if !ok || !erasure.Wins(quality, erasure.Hash(round.Target)) {
		return types.ErrNoWin.Wrapf("quality %x in round %d, want at most %x", quality, round.Number, round.Target)
	}
	return nil
}

// mayEarn refuses signers that were punished; one that has left may still earn.
func (k Keeper) mayEarn(ctx context.Context, holder sdk.AccAddress) error {
	punished, err := k.punished(ctx, holder)
	if err == nil && punished {
		err = types.ErrSignerJailed.Wrapf("%s, for good", holder)
	}
	return err
}

// punished says whether an account was shut out for good; one that has left was
// not.
func (k Keeper) punished(ctx context.Context, address sdk.AccAddress) (bool, error) {
	signer, err := k.Signers.Get(ctx, address)
	if errors.Is(err, collections.ErrNotFound) {
		return false, nil
	}
	return signer.Tombstoned, err
}

func (k Keeper) recordHit(ctx context.Context, p promise, chunk erasure.Chunk) error {
	key := types.ChunkKey(p.root, p.record.Epoch, p.record.QuorumId, uint32(chunk.Row), uint32(chunk.Index))
	twice, err := k.SampleHits.Has(ctx, key)
	if err != nil {
		return err
	}
	if twice {
		return types.ErrSampleTwice.Wrapf("chunk %d of row %d of %x", chunk.Index, chunk.Row, p.root)
	}
	return k.SampleHits.Set(ctx, key)
}

func (k Keeper) paySample(ctx context.Context, params types.Params, round types.SampleRound, holder sdk.AccAddress) (sdkmath.Int, error) {
	reward := sampleReward(params, round)
	round.Submissions++
	round.Pool = round.Pool.Sub(reward)
	return reward, errors.Join(k.SampleRound.Set(ctx, round), k.addReward(ctx, holder, reward))
}

// sampleReward is what the next sample that wins is paid, base units.
func sampleReward(params types.Params, round types.SampleRound) sdkmath.Int {
	return round.Pool.Quo(sdkmath.NewIntFromUint64(params.SampleDivisor()))
}
