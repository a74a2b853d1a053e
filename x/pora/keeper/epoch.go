package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/types"
)

// turnEpoch opens a mining epoch with each new context of the flow, and lets the
// one before go into the difficulty. (Whitepaper 5.2: mining starts at a block
// height and stops with the first proof.)
func (k Keeper) turnEpoch(ctx context.Context, flowID uint64, params types.Params) error {
	newest, err := k.flow.Context(ctx, flowID, 0)
	if errors.Is(err, flowtypes.ErrContextNotFound) {
		return nil // the chain's first flow epoch is still running
	}
	if err != nil {
		return err
	}
	running, err := k.Epochs.Get(ctx, flowID)
	first := errors.Is(err, collections.ErrNotFound)
	if err != nil && !first {
		return err
	}
	if !first && newest.Epoch <= running.Epoch {
		return nil
	}
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if !first {
		if err := k.retarget(ctx, running, height, params); err != nil {
			return err
		}
	}
	opened := types.MiningEpoch{FlowId: flowID, Epoch: newest.Epoch, OpenHeight: height}
	if err := k.Epochs.Set(ctx, flowID, opened); err != nil {
		return err
	}
	target, err := k.Target(ctx, flowID)
	if err != nil {
		return err
	}
	return emit(ctx, &types.EventEpochOpened{FlowId: flowID, Epoch: newest.Epoch, Target: target[:]})
}

// wasMinable says whether an epoch had a full load and a claim.
func (k Keeper) wasMinable(ctx context.Context, epoch types.MiningEpoch) (bool, error) {
	if epoch.Proofs > 0 {
		return true, nil
	}
	claims, err := k.ClaimCount.Get(ctx)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return false, err
	}
	if claims == 0 {
		return false, nil
	}
	c, err := k.flow.Context(ctx, epoch.FlowId, epoch.Epoch)
	if errors.Is(err, flowtypes.ErrContextNotFound) {
		return false, nil // pruned with a history of one
	}
	return c.FlowLengthSectors >= layout.SectorsPerLoad, err
}

// countProof counts an accepted proof and closes the epoch with the last.
func (k Keeper) countProof(ctx context.Context, epoch types.MiningEpoch, params types.Params) error {
	epoch.Proofs++
	if epoch.Proofs >= params.MaxProofsPerEpoch {
		epoch.CloseHeight = sdk.UnwrapSDKContext(ctx).BlockHeight()
	}
	return k.Epochs.Set(ctx, epoch.FlowId, epoch)
}

// RestartHeights moves every mining epoch to height zero and keeps its length,
// for a chain that starts again there.
func (k Keeper) RestartHeights(ctx context.Context) error {
	var epochs []types.MiningEpoch
	err := k.Epochs.Walk(ctx, nil, func(_ uint64, epoch types.MiningEpoch) (bool, error) {
		epochs = append(epochs, epoch)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, epoch := range epochs {
		if epoch.CloseHeight != 0 {
			epoch.CloseHeight = max(epoch.CloseHeight-epoch.OpenHeight, 1)
		}
		epoch.OpenHeight = 0
		if err := k.Epochs.Set(ctx, epoch.FlowId, epoch); err != nil {
			return err
		}
	}
	return nil
}
