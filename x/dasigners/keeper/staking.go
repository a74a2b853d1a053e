package keeper

import (
	"context"
	"fmt"
	"time"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// StakingKeeper is what Staking reads of x/staking.
type StakingKeeper interface {
	GetDelegatorDelegations(ctx context.Context, delegator sdk.AccAddress, maxRetrieve uint16) ([]stakingtypes.Delegation, error)
	GetValidator(ctx context.Context, addr sdk.ValAddress) (stakingtypes.Validator, error)
	TotalBondedTokens(ctx context.Context) (sdkmath.Int, error)
	IterateLastValidatorPowers(ctx context.Context, handler func(operator sdk.ValAddress, power int64) (stop bool)) error
	UnbondingTime(ctx context.Context) (time.Duration, error)
}

// Staking answers types.StakeSource, types.ValidatorSource and types.ValidatorSet
// from x/staking.
type Staking struct{ StakingKeeper }

// once is Staking for one pass over many accounts: it reads each validator once. A
// freeze may look at 32 768 delegations, which are to a few hundred of them.
func (s Staking) once() Staking {
	return Staking{remembered{s.StakingKeeper, map[string]stakingtypes.Validator{}}}
}

// remembered must not outlive a pass in which no validator changes.
type remembered struct {
	StakingKeeper
	validators map[string]stakingtypes.Validator // by operator; only looked up
}

func (r remembered) GetValidator(ctx context.Context, operator sdk.ValAddress) (stakingtypes.Validator, error) {
	if known, ok := r.validators[string(operator)]; ok {
		return known, nil
	}
	validator, err := r.StakingKeeper.GetValidator(ctx, operator)
	if err == nil {
		r.validators[string(operator)] = validator
	}
	return validator, err
}

// Bonded counts the tokens of the first delegations by validator address, those
// to bonded validators. Jailed validators are not bonded.
func (s Staking) Bonded(ctx context.Context, delegator sdk.AccAddress, most uint16) (sdkmath.Int, error) {
	sum := sdkmath.ZeroInt()
	delegations, err := s.GetDelegatorDelegations(ctx, delegator, most)
	if err != nil {
		return sum, fmt.Errorf("delegations of %s: %w", delegator, err)
	}
	for _, d := range delegations {
		address, err := sdk.ValAddressFromBech32(d.ValidatorAddress)
		if err != nil {
			return sum, fmt.Errorf("delegation of %s: %w", delegator, err)
		}
		validator, err := s.GetValidator(ctx, address)
		if err != nil {
			return sum, fmt.Errorf("delegation of %s: %w", delegator, err)
		}
		if validator.IsBonded() {
			sum = sum.Add(validator.TokensFromShares(d.Shares).TruncateInt())
		}
	}
	return sum, nil
}

// TotalBonded is the tokens of all bonded validators.
func (s Staking) TotalBonded(ctx context.Context) (sdkmath.Int, error) {
	return s.TotalBondedTokens(ctx)
}

// Powers are those of the validators that make the present blocks.
func (s Staking) Powers(ctx context.Context) (powers []int64, err error) {
	err = s.IterateLastValidatorPowers(ctx, func(_ sdk.ValAddress, power int64) bool {
		powers = append(powers, power)
		return false
	})
	return powers, err
}

// ConsensusAddress of the validator whose operator is the account.
func (s Staking) ConsensusAddress(ctx context.Context, operator sdk.AccAddress) ([]byte, error) {
	validator, err := s.GetValidator(ctx, sdk.ValAddress(operator))
	if err != nil {
		return nil, err
	}
	return validator.GetConsAddr()
}
