package keeper

import (
	"context"
	"errors"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// StakeKeeper and InfractionKeeper are what Slashing does with x/staking and
// x/slashing.
type (
	StakeKeeper interface {
		GetValidator(ctx context.Context, addr sdk.ValAddress) (stakingtypes.Validator, error)
		PowerReduction(ctx context.Context) sdkmath.Int
		Slash(ctx context.Context, consAddr sdk.ConsAddress, infractionHeight, power int64, slashFactor sdkmath.LegacyDec) (sdkmath.Int, error)
	}
	InfractionKeeper interface {
		IsTombstoned(ctx context.Context, consAddr sdk.ConsAddress) bool
		Jail(ctx context.Context, consAddr sdk.ConsAddress) error
		JailUntil(ctx context.Context, consAddr sdk.ConsAddress, jailTime time.Time) error
		Tombstone(ctx context.Context, consAddr sdk.ConsAddress) error
	}
)

// Slashing answers types.ValidatorSlasher from x/staking and x/slashing.
type Slashing struct {
	Stake       StakeKeeper
	Infractions InfractionKeeper
}

// PunishValidator slashes the stake that the validator has now, its delegators'
// included, and jails it for good, as x/evidence does for a double signature.
func (s Slashing) PunishValidator(ctx context.Context, operator sdk.AccAddress, bps uint32) (sdkmath.Int, error) {
	validator, err := s.Stake.GetValidator(ctx, sdk.ValAddress(operator))
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) || err == nil && validator.IsUnbonded() {
		return sdkmath.ZeroInt(), nil
	}
	if err != nil {
		return sdkmath.Int{}, err
	}
	consensus, err := validator.GetConsAddr()
	if err != nil {
		return sdkmath.Int{}, err
	}
	power := validator.PotentialConsensusPower(s.Stake.PowerReduction(ctx))
	burnt, err := s.Stake.Slash(ctx, consensus, height(ctx), power, sdkmath.LegacyNewDecWithPrec(int64(bps), 4))
	if err != nil {
		return sdkmath.Int{}, err
	}
	if !validator.IsJailed() {
		if err := s.Infractions.Jail(ctx, consensus); err != nil {
			return sdkmath.Int{}, err
		}
	}
	if s.Infractions.IsTombstoned(ctx, consensus) {
		return burnt, nil
	}
	return burnt, errors.Join(
		s.Infractions.JailUntil(ctx, consensus, evidencetypes.DoubleSignJailEndTime),
		s.Infractions.Tombstone(ctx, consensus),
	)
}
