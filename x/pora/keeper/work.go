package keeper

import (
	"context"
	"errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

// job is what a miner may do now, and on what ground.
type job struct {
	params  types.Params
	epoch   types.MiningEpoch
	context flowtypes.MiningContext
	work    mine.Work
}

// openJob finds the running epoch's work of a miner. On error the job holds what
// was known until then. The same function answers the miner's question and
// judges its proof, so the two cannot differ.
func (k Keeper) openJob(ctx context.Context, miner types.Miner, flowID uint64) (j job, err error) {
	if j.params, err = k.Params.Get(ctx); err != nil {
		return j, err
	}
	j.epoch, err = k.Epochs.Get(ctx, flowID)
	if err := notFound(err, types.ErrNoEpoch, "flow %d", flowID); err != nil {
		return j, err
	}
	if j.context, err = k.flow.Context(ctx, flowID, j.epoch.Epoch); err != nil {
		return j, err
	}
	if err := j.isOpen(sdk.UnwrapSDKContext(ctx).BlockHeight()); err != nil {
		return j, err
	}
	if err := j.isClaimed(miner); err != nil {
		return j, err
	}
	return j, k.fillWork(ctx, miner, &j)
}

// closeHeight is the first height that takes no proof, 0 if only the next context ends it.
func (j job) closeHeight() int64 {
	if j.params.WindowBlocks == 0 {
		return 0
	}
	return j.epoch.OpenHeight + int64(j.params.WindowBlocks)
}

func (j job) isOpen(height int64) error {
	if j.epoch.CloseHeight != 0 || j.epoch.Proofs >= j.params.MaxProofsPerEpoch {
		return types.ErrEpochClosed.Wrapf("epoch %d took its %d proofs by height %d", j.epoch.Epoch, j.epoch.Proofs, j.epoch.CloseHeight)
	}
	if end := j.closeHeight(); end != 0 && height >= end {
		return types.ErrWindowOver.Wrapf("height %d, epoch %d took proofs until %d", height, j.epoch.Epoch, end)
	}
	return nil
}

func (j job) isClaimed(miner types.Miner) error {
	if miner.Claim == nil || miner.Claim.FlowId != j.epoch.FlowId {
		return types.ErrNoClaim.Wrapf("miner %x has none in flow %d", miner.MinerId, j.epoch.FlowId)
	}
	if miner.Claim.ActiveFromEpoch > j.epoch.Epoch {
		return types.ErrClaimNotActive.Wrapf("it counts from epoch %d, now is %d", miner.Claim.ActiveFromEpoch, j.epoch.Epoch)
	}
	return nil
}

// fillWork derives the effective range and the shard's target.
func (k Keeper) fillWork(ctx context.Context, miner types.Miner, j *job) error {
	id, err := types.Hash32("miner_id", miner.MinerId)
	if err != nil {
		return err
	}
	digest, err := types.Hash32("context digest", j.context.Digest)
	if err != nil {
		return err
	}
	target, err := k.Target(ctx, j.epoch.FlowId)
	if err != nil {
		return err
	}
	length := j.context.FlowLengthSectors
	effective, err := mine.EffectiveRange(miner.Claim.Puzzle(), length/layout.SectorsPerLoad, j.params.MiningRangeLoads)
	switch {
	case errors.Is(err, mine.ErrFlowTooShort):
		return types.ErrFlowTooShort.Wrap(err.Error())
	case errors.Is(err, mine.ErrRangeShort):
		return types.ErrRangeShort.Wrap(err.Error())
	case err != nil:
		return types.ErrInvalidClaim.Wrap(err.Error())
	}
	j.work = mine.Work{
		MinerID: id, ContextDigest: digest, Range: effective,
		Target: mine.ShardTarget(target, effective, length, j.params.MiningRangeLoads),
	}
	return nil
}
