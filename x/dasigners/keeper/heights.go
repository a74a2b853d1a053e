package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// RestartHeights prepares a chain that starts again at height zero: the running
// epoch begins anew with the quorums it has, blobs that wait keep the rest of
// their window, and confirmed roots, which are named by heights, are forgotten.
func (k Keeper) RestartHeights(ctx context.Context) error {
	last := sdk.UnwrapSDKContext(ctx).BlockHeight()
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return err
	}
	epoch.StartHeight = 0
	state, err := k.Beacon.Get(ctx)
	if err != nil {
		return err
	}
	state.Height = 0
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return err
	}
	round.StartHeight = 0
	return errors.Join(k.Epoch.Set(ctx, epoch), k.Beacon.Set(ctx, state), k.SampleRound.Set(ctx, round),
		k.ConfirmedRoots.Clear(ctx, nil), k.restartBlobs(ctx, last))
}

func (k Keeper) restartBlobs(ctx context.Context, last int64) error {
	var blobs []types.Blob
	if err := gather(ctx, k.Blobs, &blobs); err != nil {
		return err
	}
	if err := k.Pending.Clear(ctx, nil); err != nil {
		return err
	}
	for _, blob := range blobs {
		blob.SubmitHeight, blob.ConfirmHeight = 0, 0
		blob.DeadlineHeight = max(blob.DeadlineHeight-last, 0)
		if err := k.Blobs.Set(ctx, blob.BlobId, blob); err != nil {
			return err
		}
		if blob.Status != types.BLOB_STATUS_SUBMITTED {
			continue
		}
		if err := k.Pending.Set(ctx, collections.Join(uint64(blob.DeadlineHeight), blob.BlobId)); err != nil {
			return err
		}
	}
	return nil
}
