package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/types"
)

// ClaimRange names what a miner holds (whitepaper 5.3). The claim counts from
// the next mining epoch on, so that its place is fixed before the context that
// decides on it is known.
func (k Keeper) ClaimRange(ctx context.Context, owner sdk.AccAddress, minerID []byte, claim types.Claim) (activeFromEpoch uint64, err error) {
	miner, err := k.ownMiner(ctx, owner, minerID)
	if err != nil {
		return 0, err
	}
	if miner.Claim != nil {
		return 0, types.ErrClaimExists.Wrapf("miner %x starts at load %d: release it first, or register another miner", minerID, miner.Claim.StartLoad)
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := claim.Validate(params); err != nil {
		return 0, err
	}
	current, err := k.currentEpoch(ctx, claim.FlowId)
	if err != nil {
		return 0, err
	}
	claim.ActiveFromEpoch = current + 1
	miner.Claim = &claim
	if err := k.Miners.Set(ctx, minerID, miner); err != nil {
		return 0, err
	}
	if err := k.countClaims(ctx, +1); err != nil {
		return 0, err
	}
	if err := k.countStart(ctx, claim, true); err != nil {
		return 0, err
	}
	return claim.ActiveFromEpoch, emit(ctx, &types.EventClaim{
		MinerId: minerID, FlowId: claim.FlowId, StartLoad: claim.StartLoad,
		NumShard: claim.NumShard, ShardId: claim.ShardId, ActiveFromEpoch: claim.ActiveFromEpoch,
	})
}

// ReleaseRange gives a claim back, once it has stood for claim_min_epochs.
func (k Keeper) ReleaseRange(ctx context.Context, owner sdk.AccAddress, minerID []byte) error {
	miner, err := k.ownMiner(ctx, owner, minerID)
	if err != nil {
		return err
	}
	if miner.Claim == nil {
		return types.ErrNoClaim.Wrapf("miner %x", minerID)
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	current, err := k.currentEpoch(ctx, miner.Claim.FlowId)
	if err != nil {
		return err
	}
	if until := miner.Claim.ActiveFromEpoch + params.ClaimMinEpochs; current < until {
		return types.ErrClaimTooYoung.Wrapf("it can be released in epoch %d, now is %d", until, current)
	}
	released := *miner.Claim
	miner.Claim = nil
	if err := k.Miners.Set(ctx, minerID, miner); err != nil {
		return err
	}
	if err := k.countClaims(ctx, -1); err != nil {
		return err
	}
	if err := k.countStart(ctx, released, false); err != nil {
		return err
	}
	return emit(ctx, &types.EventRelease{MinerId: minerID})
}

// countClaims keeps the number of standing claims; retargeting rests at zero.
func (k Keeper) countClaims(ctx context.Context, change int64) error {
	count, err := k.ClaimCount.Get(ctx)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	return k.ClaimCount.Set(ctx, uint64(max(int64(count)+change, 0)))
}

// currentEpoch is the number of the flow's mining epoch, 0 before the first.
func (k Keeper) currentEpoch(ctx context.Context, flowID uint64) (uint64, error) {
	epoch, err := k.Epochs.Get(ctx, flowID)
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	return epoch.Epoch, err
}

func emit(ctx context.Context, event interface {
	Reset()
	String() string
	ProtoMessage()
}) error {
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(event)
}
