package keeper

import (
	"context"
	"errors"
	"math/big"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/types"
)

// maxExpiriesPerPayout bounds the expiries one payout settles; the rest is
// carried over to the next.
const maxExpiriesPerPayout = 64

type expiryKey = collections.Quad[uint64, uint64, int64, uint64]

// settle brings a window's accrual up to now. With a limit it stops behind that
// many expiries, settled up to the last of them; limit 0 is no limit, for
// callers that pay gas for each.
func (k Keeper) settle(ctx context.Context, flowID, windowID uint64, limit int) (window, error) {
	w, err := k.window(ctx, flowID, windowID)
	if err != nil {
		return window{}, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	if w.settled == 0 {
		w.settled = now
	}
	due, more, err := k.dueExpiries(ctx, flowID, windowID, now, limit)
	if err != nil {
		return window{}, err
	}
	for _, item := range due {
		w.advance(item.Key.K3())
		if err := w.expire(item.Value); err != nil {
			return window{}, err
		}
		if err := k.Expiries.Remove(ctx, item.Key); err != nil {
			return window{}, err
		}
	}
	if !more {
		w.advance(now)
	}
	return w, nil
}

func (k Keeper) window(ctx context.Context, flowID, windowID uint64) (window, error) {
	state, err := k.Windows.Get(ctx, collections.Join(flowID, windowID))
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return window{}, err
	}
	return decodeWindow(state), nil
}

// dueExpiries lists the expiries of a window up to now, earliest first, and says
// whether the limit cut the list.
func (k Keeper) dueExpiries(ctx context.Context, flowID, windowID uint64, now int64, limit int) (
	due []collections.KeyValue[expiryKey, types.Expiry], more bool, err error,
) {
	iter, err := k.Expiries.Iterate(ctx, collections.NewSuperPrefixedQuadRange[uint64, uint64, int64, uint64](flowID, windowID))
	if err != nil {
		return nil, false, err
	}
	defer iter.Close()
	for ; iter.Valid(); iter.Next() {
		item, err := iter.KeyValue()
		if err != nil {
			return nil, false, err
		}
		if item.Key.K3() > now {
			break
		}
		if limit > 0 && len(due) == limit {
			return due, true, nil
		}
		due = append(due, item)
	}
	return due, false, nil
}

// addInterval starts the release of an entry's interval in all its windows.
func (k Keeper) addInterval(ctx context.Context, entry types.Entry, interval types.ActiveInterval) error {
	windowLoads, err := k.PayoutWindow.Get(ctx)
	if err != nil {
		return err
	}
	for _, r := range releases(entry, interval, windowLoads) {
		w, err := k.settle(ctx, entry.FlowId, r.window, 0)
		if err != nil {
			return err
		}
		w.rate.Add(w.rate, r.rate)
		if err := k.Windows.Set(ctx, collections.Join(entry.FlowId, r.window), w.encode()); err != nil {
			return err
		}
		if err := k.setExpiry(ctx, entry, interval, r); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) setExpiry(ctx context.Context, entry types.Entry, interval types.ActiveInterval, r release) error {
	if r.remainder.Sign() < 0 {
		return types.ErrInvalidState.Wrapf("entry %d releases more than its endowment in window %d", entry.TxSeq, r.window)
	}
	key := collections.Join4(entry.FlowId, r.window, interval.EndTime, entry.TxSeq)
	return k.Expiries.Set(ctx, key, types.Expiry{RateX64: r.rate.Bytes(), RemainderX64: r.remainder.Bytes()})
}

// moveInterval replaces a running interval by its extended form; the rates stay.
func (k Keeper) moveInterval(ctx context.Context, entry types.Entry, old, extended types.ActiveInterval) error {
	windowLoads, err := k.PayoutWindow.Get(ctx)
	if err != nil {
		return err
	}
	for _, r := range releases(entry, extended, windowLoads) {
		if err := k.Expiries.Remove(ctx, collections.Join4(entry.FlowId, r.window, old.EndTime, entry.TxSeq)); err != nil {
			return err
		}
		if err := k.setExpiry(ctx, entry, extended, r); err != nil {
			return err
		}
	}
	return nil
}

// deposit moves an endowment into the module account.
func (k Keeper) deposit(ctx context.Context, payer sdk.AccAddress, amount sdkmath.Int) error {
	coins := sdk.NewCoins(sdk.NewCoin(types.Denom, amount))
	if err := k.bank.SendCoinsFromAccountToModule(ctx, payer, types.ModuleName, coins); err != nil {
		return err
	}
	totals, err := k.Totals.Get(ctx)
	if err != nil {
		return err
	}
	totals.Deposited = totals.Deposited.Add(amount)
	return k.Totals.Set(ctx, totals)
}

// Accrued returns what a payout of the window would pay now, without paying it.
func (k Keeper) Accrued(ctx context.Context, flowID, windowID uint64) (sdkmath.Int, error) {
	cacheCtx, _ := sdk.UnwrapSDKContext(ctx).CacheContext()
	w, err := k.settle(cacheCtx, flowID, windowID, maxExpiriesPerPayout)
	if err != nil {
		return sdkmath.Int{}, err
	}
	return sdkmath.NewIntFromBigInt(floorX64(w.accrued)), nil
}

// EntryReward says what of an entry's endowment was paid and has accrued. Both
// follow from its intervals and the last payouts of its windows.
func (k Keeper) EntryReward(ctx context.Context, entry types.Entry) (paid, accrued sdkmath.Int, err error) {
	windowLoads, err := k.PayoutWindow.Get(ctx)
	if err != nil {
		return sdkmath.Int{}, sdkmath.Int{}, err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	paidX64, releasedX64 := new(big.Int), new(big.Int)
	for _, interval := range entry.Intervals {
		for _, r := range releases(entry, interval, windowLoads) {
			w, err := k.window(ctx, entry.FlowId, r.window)
			if err != nil {
				return sdkmath.Int{}, sdkmath.Int{}, err
			}
			paidX64.Add(paidX64, r.releasedBy(interval, w.claimed))
			releasedX64.Add(releasedX64, r.releasedBy(interval, now))
		}
	}
	paid = sdkmath.NewIntFromBigInt(floorX64(paidX64))
	return paid, sdkmath.NewIntFromBigInt(floorX64(releasedX64)).Sub(paid), nil
}
