package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// RestartHeights moves every height of the state back by the present one, for a
// chain that starts again at height zero: what lay so many blocks ahead or behind
// still does. Heights before the start are negative.
func (k Keeper) RestartHeights(ctx context.Context) error {
	by := sdk.UnwrapSDKContext(ctx).BlockHeight()
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return err
	}
	beacon, err := k.Beacon.Get(ctx)
	if err != nil {
		return err
	}
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return err
	}
	epoch.StartHeight, beacon.Height, round.StartHeight = epoch.StartHeight-by, beacon.Height-by, round.StartHeight-by
	return errors.Join(
		k.Epoch.Set(ctx, epoch), k.Beacon.Set(ctx, beacon), k.SampleRound.Set(ctx, round),
		k.restartBlobs(ctx, by), k.restartRoots(ctx, by), k.restartChallenges(ctx, by),
	)
}

// deadline after the move; one that is over is due at once.
func deadline(height, by int64) int64 { return max(height-by, 0) }

func (k Keeper) restartBlobs(ctx context.Context, by int64) error {
	var blobs []types.Blob
	if err := gather(ctx, k.Blobs, &blobs); err != nil {
		return err
	}
	if err := k.Pending.Clear(ctx, nil); err != nil {
		return err
	}
	for _, b := range blobs {
		b.SubmitHeight, b.DeadlineHeight = b.SubmitHeight-by, deadline(b.DeadlineHeight, by)
		if b.Status == types.BLOB_STATUS_CONFIRMED {
			b.ConfirmHeight -= by
		}
		err := k.Blobs.Set(ctx, b.BlobId, b)
		if err == nil && b.Status == types.BLOB_STATUS_SUBMITTED {
			err = k.Pending.Set(ctx, collections.Join(uint64(b.DeadlineHeight), b.BlobId))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) restartRoots(ctx context.Context, by int64) error {
	var roots []types.ConfirmedRoot
	if err := errors.Join(gather(ctx, k.ConfirmedRoots, &roots), k.ConfirmedRoots.Clear(ctx, nil)); err != nil {
		return err
	}
	for _, r := range roots {
		r.Height -= by
		if err := k.ConfirmedRoots.Set(ctx, r.Height, r); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) restartChallenges(ctx context.Context, by int64) error {
	var challenges []types.Challenge
	if err := errors.Join(gather(ctx, k.Challenges, &challenges), k.ChallengeQueue.Clear(ctx, nil)); err != nil {
		return err
	}
	for _, c := range challenges {
		c.DeadlineHeight = deadline(c.DeadlineHeight, by)
		if err := k.storeChallenge(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
