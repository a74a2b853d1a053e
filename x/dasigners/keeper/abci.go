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

// What one block does at the most; the rest waits for the next.
const (
	maxReleasedPerBlock = 100
	maxLapsedPerBlock   = 256
	maxPrunedPerBlock   = 200  // of each kind
	maxBlobsPruned      = 1024 // more than a block can order for long
	maxExpiredPerBlock  = 100
)

// BeginBlock freezes votes, turns the epoch, pays pools out and forgets what
// retention has passed over. It runs after the beacon was mixed.
func (k Keeper) BeginBlock(ctx context.Context) error {
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return err
	}
	next := epoch.Number + 1
	if len(epoch.Seed) == 0 {
		k.attempt(ctx, "first epoch", func(ctx context.Context) error { return k.openFirst(ctx, epoch) })
	} else if height(ctx) >= epoch.NextHeight() {
		k.attempt(ctx, "epoch", func(ctx context.Context) error { return k.turn(ctx, epoch) })
	}
	if height(ctx) >= epoch.FreezeHeight() && height(ctx) < epoch.NextHeight() {
		k.attempt(ctx, "freeze", func(ctx context.Context) error {
			done, err := k.Snapshots.Has(ctx, next)
			if done || err != nil {
				return err
			}
			return k.freeze(ctx, next)
		})
	}
	if epoch, err = k.Epoch.Get(ctx); err != nil {
		return err
	}
	k.attempt(ctx, "sample round", k.turnRound)
	k.attempt(ctx, "settle", func(ctx context.Context) error { return k.settlePool(ctx, epoch.Number) })
	k.attempt(ctx, "release", func(ctx context.Context) error { return k.releaseDue(ctx, epoch.Number) })
	k.attempt(ctx, "prune", func(ctx context.Context) error { return k.forget(ctx, epoch.Number) })
	return nil
}

// EndBlock closes the list of the blobs confirmed in this block, lets blobs lapse
// that nobody confirmed and settles challenges that nobody answered.
func (k Keeper) EndBlock(ctx context.Context) error {
	k.attempt(ctx, "confirmed root", k.closeBlock)
	k.attempt(ctx, "lapse", k.lapse)
	k.attempt(ctx, "challenges", k.expireChallenges)
	return nil
}

// attempt runs a step on a branch of the state. A step that fails leaves nothing
// but an event and is tried in the next block; the chain goes on.
func (k Keeper) attempt(ctx context.Context, step string, run func(context.Context) error) {
	branch, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := run(branch); err != nil {
		_ = emit(ctx, &types.EventFailure{Step: step, Reason: err.Error()}) // fails for types that are not registered only
		return
	}
	write()
}

// settlePool pays the oldest pool out that nothing can flow into any more, pro
// rata of confirmed seats; what does not divide and what the punished signed goes to
// the lottery.
func (k Keeper) settlePool(ctx context.Context, current uint64) error {
	epoch, err := k.Unsettled.Get(ctx)
	if err != nil || epoch >= current {
		return err
	}
	pool, err := k.Pool(ctx, epoch)
	if err != nil || pool.Pending > 0 {
		return err
	}
	left := pool.Amount
	if pool.ConfirmedSeats > 0 {
		work, err := k.activity(ctx, epoch)
		if err != nil {
			return err
		}
		for _, w := range work {
			punished, err := k.punished(ctx, w.address[:])
			if err != nil {
				return err
			}
			if punished {
				continue
			}
			share := pool.Amount.Mul(sdkmath.NewIntFromUint64(w.signed)).Quo(sdkmath.NewIntFromUint64(pool.ConfirmedSeats))
			left = left.Sub(share)
			if err := k.addReward(ctx, w.address[:], share); err != nil {
				return err
			}
		}
	}
	return errors.Join(k.addLottery(ctx, left), k.Unsettled.Set(ctx, epoch+1))
}

// forget removes records that no rule can need any more.
func (k Keeper) forget(ctx context.Context, current uint64) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.forgetBlobs(ctx, current, params.RecordEpochs()); err != nil {
		return err
	}
	promise := params.PromiseEpochs()
	unsettled, err := k.Unsettled.Get(ctx)
	if err != nil || current <= promise {
		return err
	}
	last := min(current-promise, unsettled) // exclusive
	if last == 0 {
		return nil
	}
	byEpoch := new(collections.Range[uint64]).EndExclusive(last)
	quorums := collections.NewPrefixUntilPairRange[uint64, uint32](last - 1)
	return errors.Join(
		prune(ctx, k.Quorums, quorums, maxPrunedPerBlock),
		prune(ctx, k.Tallies, quorums, maxPrunedPerBlock),
		prune(ctx, k.Frozen, collections.NewPrefixUntilPairRange[uint64, sdk.AccAddress](last-1), maxPrunedPerBlock),
		prune(ctx, k.Snapshots, byEpoch, maxPrunedPerBlock),
		prune(ctx, k.Pools, byEpoch, maxPrunedPerBlock),
		k.forgetRoots(ctx, last),
	)
}

// forgetBlobs removes records from the oldest on, up to one that still waits.
func (k Keeper) forgetBlobs(ctx context.Context, current, retention uint64) error {
	var old []types.Blob
	err := k.Blobs.Walk(ctx, nil, func(_ uint64, blob types.Blob) (stop bool, err error) {
		if blob.Epoch+retention >= current || blob.Status == types.BLOB_STATUS_SUBMITTED || len(old) == maxBlobsPruned {
			return true, nil
		}
		old = append(old, blob)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, blob := range old {
		if err := k.Blobs.Remove(ctx, blob.BlobId); err != nil {
			return err
		}
		submitter, err := types.Address("submitter", blob.Submitter)
		if err != nil {
			return err
		}
		if err := removeIf(ctx, k.BlobByRoot, blob.DataRoot, blob.BlobId); err != nil {
			return err
		}
		if err := removeIf(ctx, k.BlobBySubmitter, collections.Join(blob.DataRoot, submitter), blob.BlobId); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) forgetRoots(ctx context.Context, before uint64) error {
	var old []int64
	err := k.ConfirmedRoots.Walk(ctx, nil, func(height int64, root types.ConfirmedRoot) (stop bool, err error) {
		if root.Epoch >= before || len(old) == maxPrunedPerBlock {
			return true, nil
		}
		old = append(old, height)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, height := range old {
		if err := k.ConfirmedRoots.Remove(ctx, height); err != nil {
			return err
		}
	}
	return nil
}

// closeBlock writes the root over the blobs that this block confirmed, by id.
func (k Keeper) closeBlock(ctx context.Context) error {
	ids, err := firstOf(ctx, k.BlockConfirmed, nil, 0)
	if err != nil || len(ids) == 0 {
		return err
	}
	leaves := make([]erasure.Hash, len(ids))
	for i, id := range ids {
		blob, err := k.Blob(ctx, id)
		if err != nil {
			return err
		}
		leaves[i] = erasure.ConfirmedLeaf(id, erasure.Hash(blob.DataRoot), blob.Epoch, blob.QuorumId)
		if err := k.BlockConfirmed.Remove(ctx, id); err != nil {
			return err
		}
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return err
	}
	root := erasure.MerkleRoot(leaves)
	return k.ConfirmedRoots.Set(ctx, height(ctx), types.ConfirmedRoot{
		Height: height(ctx), Root: root[:], Blobs: uint32(len(ids)), Epoch: epoch.Number,
	})
}

// lapse gives up blobs whose window is over: a part of the fee returns, the rest
// goes to the community pool, so that no signer gains by it. Endowments return
// whole.
func (k Keeper) lapse(ctx context.Context) error {
	due, err := firstOf(ctx, k.Pending, collections.NewPrefixUntilPairRange[uint64, uint64](uint64(height(ctx))), maxLapsedPerBlock)
	if err != nil || len(due) == 0 {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	event, refunds := &types.EventLapse{}, sdkmath.ZeroInt()
	for _, key := range due {
		refund, err := k.lapseBlob(ctx, key, params)
		if err != nil {
			return err
		}
		event.BlobIds, refunds = append(event.BlobIds, key.K2()), refunds.Add(refund)
	}
	event.Refund = refunds.String()
	return emit(ctx, event)
}

func (k Keeper) lapseBlob(ctx context.Context, key collections.Pair[uint64, uint64], params types.Params) (sdkmath.Int, error) {
	blob, err := k.Blob(ctx, key.K2())
	if err != nil {
		return sdkmath.Int{}, err
	}
	submitter, err := types.Address("submitter", blob.Submitter)
	if err != nil {
		return sdkmath.Int{}, err
	}
	pool, err := k.Pool(ctx, blob.Epoch)
	if err != nil {
		return sdkmath.Int{}, err
	}
	pool.Pending--
	blob.Status = types.BLOB_STATUS_LAPSED
	refund := blob.Fee.MulRaw(int64(params.LapseRefundBps)).QuoRaw(10_000)
	returned := refund.Add(blob.StorageEndowment)
	return returned, errors.Join(
		k.Pools.Set(ctx, blob.Epoch, pool), k.Blobs.Set(ctx, blob.BlobId, blob), k.Pending.Remove(ctx, key),
		k.pay(ctx, submitter, returned), k.payCommunity(ctx, blob.Fee.Sub(refund)),
	)
}
