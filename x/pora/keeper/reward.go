package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/types"
)

// payBeneficiary pushes what the load's reward window has accrued. If the bank
// refuses the beneficiary, the reward waits in the module account as a credit,
// so that a proof is never lost to its receiver.
func (k Keeper) payBeneficiary(ctx context.Context, flowID, load uint64, beneficiary string) (sdkmath.Int, error) {
	to, err := sdk.AccAddressFromBech32(beneficiary)
	if err != nil {
		return sdkmath.Int{}, err
	}
	cacheCtx, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	reward, err := k.flow.Release(cacheCtx, flowID, load, to)
	if err == nil {
		write()
		return reward, nil
	}
	if reward, err = k.flow.ReleaseToModule(ctx, flowID, load, types.ModuleName); err != nil {
		return sdkmath.Int{}, err
	}
	if !reward.IsPositive() {
		return reward, nil
	}
	credit, err := k.Credit(ctx, to)
	if err != nil {
		return sdkmath.Int{}, err
	}
	return reward, k.Credits.Set(ctx, to, credit.Add(reward))
}

// Credit returns the refused rewards of a beneficiary, azg.
func (k Keeper) Credit(ctx context.Context, beneficiary sdk.AccAddress) (sdkmath.Int, error) {
	credit, err := k.Credits.Get(ctx, beneficiary)
	if errors.Is(err, collections.ErrNotFound) {
		return sdkmath.ZeroInt(), nil
	}
	return credit, err
}

// Withdraw pays a beneficiary's credit out, to whatever account it names.
func (k Keeper) Withdraw(ctx context.Context, beneficiary, recipient sdk.AccAddress) (sdkmath.Int, error) {
	credit, err := k.Credit(ctx, beneficiary)
	if err != nil {
		return sdkmath.Int{}, err
	}
	if !credit.IsPositive() {
		return sdkmath.Int{}, types.ErrNoCredit.Wrapf("beneficiary %s", beneficiary)
	}
	if err := k.Credits.Remove(ctx, beneficiary); err != nil {
		return sdkmath.Int{}, err
	}
	coins := sdk.NewCoins(sdk.NewCoin(flowtypes.Denom, credit))
	if err := k.bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, recipient, coins); err != nil {
		return sdkmath.Int{}, err
	}
	return credit, emit(ctx, &types.EventWithdraw{
		Beneficiary: beneficiary.String(), Recipient: recipient.String(), Amount: credit.String(),
	})
}
