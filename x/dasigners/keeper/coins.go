package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

func coins(amount sdkmath.Int) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(types.Denom, amount)) }

// take moves base units from an account to the module.
func (k Keeper) take(ctx context.Context, from sdk.AccAddress, amount sdkmath.Int) error {
	return k.Bank.SendCoinsFromAccountToModule(ctx, from, types.ModuleName, coins(amount))
}

// pay moves base units to an account. What an account refuses waits for
// ClaimRewards, so that no hook can fail on it.
func (k Keeper) pay(ctx context.Context, to sdk.AccAddress, amount sdkmath.Int) error {
	if !amount.IsPositive() {
		return nil
	}
	branch, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.Bank.SendCoinsFromModuleToAccount(branch, types.ModuleName, to, coins(amount)); err != nil {
		return k.addReward(ctx, to, amount)
	}
	write()
	return nil
}

// payCommunity moves base units to the community pool, or to the lottery when the
// pool refuses them.
func (k Keeper) payCommunity(ctx context.Context, amount sdkmath.Int) error {
	if !amount.IsPositive() {
		return nil
	}
	branch, write := sdk.UnwrapSDKContext(ctx).CacheContext()
	if err := k.Community.FundCommunityPool(branch, coins(amount), types.ModuleAddress); err != nil {
		return k.addLottery(ctx, amount)
	}
	write()
	return nil
}

func (k Keeper) addLottery(ctx context.Context, amount sdkmath.Int) error {
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return err
	}
	round.Pool = round.Pool.Add(amount)
	return k.SampleRound.Set(ctx, round)
}

func (k Keeper) addReward(ctx context.Context, to sdk.AccAddress, amount sdkmath.Int) error {
	if !amount.IsPositive() {
		return nil
	}
	earned, err := k.Reward(ctx, to)
	if err != nil {
		return err
	}
	return k.Rewards.Set(ctx, to, earned.Add(amount))
}

// Reward is what an account may claim, base units.
func (k Keeper) Reward(ctx context.Context, of sdk.AccAddress) (sdkmath.Int, error) {
	earned, err := k.Rewards.Get(ctx, of)
	if errors.Is(err, collections.ErrNotFound) {
		return sdkmath.ZeroInt(), nil
	}
	return earned, err
}

// ClaimRewards pays out what an account has earned.
func (k Keeper) ClaimRewards(ctx context.Context, owner, recipient sdk.AccAddress) (sdkmath.Int, error) {
	earned, err := k.Reward(ctx, owner)
	if err != nil {
		return sdkmath.Int{}, err
	}
	if !earned.IsPositive() {
		return sdkmath.Int{}, types.ErrNoRewards.Wrapf("account %s", owner)
	}
	if err := k.Rewards.Remove(ctx, owner); err != nil {
		return sdkmath.Int{}, err
	}
	if err := k.Bank.SendCoinsFromModuleToAccount(ctx, types.ModuleName, recipient, coins(earned)); err != nil {
		return sdkmath.Int{}, err
	}
	return earned, emit(ctx, &types.EventReward{Signer: owner.String(), Kind: "claim", Amount: earned.String()})
}

// Liabilities are all the base units that the module's account must hold:
// deposits, fees and endowments that wait for a confirmation, pools not yet paid
// out, rewards, the lottery and the bonds of challenges. It reads the whole state: for genesis and tests.
func (k Keeper) Liabilities(ctx context.Context) (sdkmath.Int, error) {
	round, err := k.SampleRound.Get(ctx)
	if err != nil {
		return sdkmath.Int{}, err
	}
	unsettled, err := k.Unsettled.Get(ctx)
	if err != nil {
		return sdkmath.Int{}, err
	}
	sum := round.Pool
	return sum, errors.Join(
		k.Signers.Walk(ctx, nil, func(_ sdk.AccAddress, s types.Signer) (bool, error) {
			sum = sum.Add(s.Deposit)
			return false, nil
		}),
		k.Blobs.Walk(ctx, nil, func(_ uint64, b types.Blob) (bool, error) {
			if b.Status == types.BLOB_STATUS_SUBMITTED {
				sum = sum.Add(b.Fee).Add(b.StorageEndowment)
			}
			return false, nil
		}),
		k.Pools.Walk(ctx, new(collections.Range[uint64]).StartInclusive(unsettled), func(_ uint64, p types.EpochPool) (bool, error) {
			sum = sum.Add(p.Amount)
			return false, nil
		}),
		k.Challenges.Walk(ctx, nil, func(_ uint64, c types.Challenge) (bool, error) {
			sum = sum.Add(c.Bond)
			return false, nil
		}),
		k.Rewards.Walk(ctx, nil, func(_ sdk.AccAddress, earned sdkmath.Int) (bool, error) {
			sum = sum.Add(earned)
			return false, nil
		}),
	)
}
