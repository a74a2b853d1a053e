package keeper

import (
	"context"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/types"
)

// Recharge extends an entry's period by amount * D / (P * sectors) seconds, at
// the price it was entered for. A running interval is prolonged at its rate; an
// expired one is followed by a new interval, within the grace time only.
func (k Keeper) Recharge(ctx context.Context, payer sdk.AccAddress, flowID, txSeq uint64, amount sdkmath.Int) (types.Entry, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Entry{}, err
	}
	if params.Paused {
		return types.Entry{}, types.ErrPaused
	}
	if err := types.ValidateAmount("amount", amount); err != nil {
		return types.Entry{}, types.ErrInvalidRecharge.Wrap(err.Error())
	}
	entry, err := k.Entry(ctx, flowID, txSeq)
	if err != nil {
		return types.Entry{}, err
	}
	oldEnd := entry.EndTime()
	if err := k.extend(ctx, params, &entry, amount); err != nil {
		return types.Entry{}, err
	}
	if err := k.deposit(ctx, payer, amount); err != nil {
		return types.Entry{}, err
	}
	if err := k.reindexEnd(ctx, entry, oldEnd); err != nil {
		return types.Entry{}, err
	}
	return entry, sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventRecharge{
		FlowId: flowID, TxSeq: txSeq, Sender: payer.String(), Amount: amount.String(), EndTime: entry.EndTime(),
	})
}

func (k Keeper) extend(ctx context.Context, params types.Params, entry *types.Entry, amount sdkmath.Int) error {
	last := &entry.Intervals[len(entry.Intervals)-1]
	seconds, err := boughtSeconds(params, *last, amount)
	if err != nil {
		return err
	}
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	switch {
	case now < last.EndTime:
		old := *last
		if *last, err = k.prolonged(ctx, *entry, old, amount, seconds); err != nil {
			return err
		}
		return k.moveInterval(ctx, *entry, old, *last)
	case now < last.EndTime+int64(params.RechargeGraceSeconds) && len(entry.Intervals) < types.MaxIntervals:
		interval := types.ActiveInterval{StartTime: now, EndTime: now + seconds, Endowment: amount, RateBase: amount, RateSeconds: seconds}
		entry.Intervals = append(entry.Intervals, interval)
		return k.addInterval(ctx, *entry, interval)
	default:
		return types.ErrExpired.Wrapf("entry %d ended at %d", entry.TxSeq, last.EndTime)
	}
}

// boughtSeconds is how long an amount lasts at an interval's price.
func boughtSeconds(params types.Params, interval types.ActiveInterval, amount sdkmath.Int) (int64, error) {
	seconds := amount.MulRaw(interval.RateSeconds).Quo(interval.RateBase)
	if !seconds.IsInt64() || seconds.Int64() > int64(params.PeriodSeconds)*maxRechargePeriods {
		return 0, types.ErrInvalidRecharge.Wrapf("%s%s would extend by %s seconds, want at most %d periods", amount, types.Denom, seconds, maxRechargePeriods)
	}
	if seconds.Int64() < int64(params.MinRechargeSeconds) {
		return 0, types.ErrInvalidRecharge.Wrapf("%s%s extends by %s seconds, want at least %d", amount, types.Denom, seconds, params.MinRechargeSeconds)
	}
	return seconds.Int64(), nil
}

// maxRechargePeriods bounds one recharge, so that times stay far below 2^33
// seconds whatever is paid.
const maxRechargePeriods = 10

// prolonged is an interval after a recharge. With several windows the division
// by sectors can cost a few parts in 2^64 of a base unit, which one second less
// makes up for.
func (k Keeper) prolonged(
	ctx context.Context, entry types.Entry, old types.ActiveInterval, amount sdkmath.Int, seconds int64,
) (types.ActiveInterval, error) {
	windowLoads, err := k.PayoutWindow.Get(ctx)
	if err != nil {
		return types.ActiveInterval{}, err
	}
	extended := old
	extended.Endowment = old.Endowment.Add(amount)
	for _, extra := range []int64{seconds, seconds - 1, seconds - 2} {
		extended.EndTime = old.EndTime + extra
		if covered(releases(entry, extended, windowLoads)) {
			return extended, nil
		}
	}
	return types.ActiveInterval{}, types.ErrInvalidState.Wrapf("entry %d: recharge of %s does not cover %d seconds", entry.TxSeq, amount, seconds)
}

func covered(releases []release) bool {
	for _, r := range releases {
		if r.remainder.Sign() < 0 {
			return false
		}
	}
	return true
}

func (k Keeper) reindexEnd(ctx context.Context, entry types.Entry, oldEnd int64) error {
	if err := k.EntryByEnd.Remove(ctx, collections.Join3(entry.FlowId, oldEnd, entry.TxSeq)); err != nil {
		return err
	}
	if err := k.EntryByEnd.Set(ctx, collections.Join3(entry.FlowId, entry.EndTime(), entry.TxSeq)); err != nil {
		return err
	}
	return k.Entries.Set(ctx, collections.Join(entry.FlowId, entry.TxSeq), entry)
}
