package keeper

import (
	"context"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/types"
)

// Release pays all that the reward window of a load has accrued to an account.
// x/pora calls it for each accepted proof. On error nothing has changed.
func (k Keeper) Release(ctx context.Context, flowID, load uint64, recipient sdk.AccAddress) (sdkmath.Int, error) {
	return k.release(ctx, flowID, load, recipient.String(), func(ctx context.Context, coins sdk.Coins) error {
		return k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, recipient, coins)
	})
}

// ReleaseToModule is Release to a module account, for rewards that wait there.
func (k Keeper) ReleaseToModule(ctx context.Context, flowID, load uint64, module string) (sdkmath.Int, error) {
	return k.release(ctx, flowID, load, module, func(ctx context.Context, coins sdk.Coins) error {
		return k.bank.SendCoinsFromModuleToModule(ctx, types.ModuleName, module, coins)
	})
}

func (k Keeper) release(
	ctx context.Context, flowID, load uint64, recipient string, send func(context.Context, sdk.Coins) error,
) (sdkmath.Int, error) {
	cacheCtx, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	windowLoads, err := k.PayoutWindow.Get(cacheCtx)
	if err != nil {
		return sdkmath.Int{}, err
	}
	windowID := load / windowLoads
	w, err := k.settle(cacheCtx, flowID, windowID, maxExpiriesPerPayout)
	if err != nil {
		return sdkmath.Int{}, err
	}
	amount := sdkmath.NewIntFromBigInt(w.pay())
	if err := k.Windows.Set(cacheCtx, collections.Join(flowID, windowID), w.encode()); err != nil {
		return sdkmath.Int{}, err
	}
	if amount.IsPositive() {
		if err := k.payOut(cacheCtx, amount, send); err != nil {
			return sdkmath.Int{}, err
		}
	}
	err = cacheCtx.EventManager().EmitTypedEvent(&types.EventPayout{
		FlowId: flowID, Window: windowID, Load: load, Recipient: recipient, Amount: amount.String(),
	})
	if err != nil {
		return sdkmath.Int{}, err
	}
	write()
	return amount, nil
}

func (k Keeper) payOut(ctx context.Context, amount sdkmath.Int, send func(context.Context, sdk.Coins) error) error {
	if err := send(ctx, sdk.NewCoins(sdk.NewCoin(types.Denom, amount))); err != nil {
		return err
	}
	totals, err := k.Totals.Get(ctx)
	if err != nil {
		return err
	}
	totals.Paid = totals.Paid.Add(amount)
	return k.Totals.Set(ctx, totals)
}
