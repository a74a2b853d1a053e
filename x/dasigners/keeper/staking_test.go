package keeper_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/x/dasigners/keeper"
)

// staking has validators by their first byte: even ones are bonded.
type staking struct{ delegations int }

func (s staking) GetDelegatorDelegations(_ context.Context, of sdk.AccAddress, most uint16) (list []stakingtypes.Delegation, err error) {
	for i := range min(s.delegations, int(most)) {
		validator := sdk.ValAddress(append([]byte{byte(i)}, make([]byte, 19)...))
		list = append(list, stakingtypes.Delegation{DelegatorAddress: of.String(), ValidatorAddress: validator.String(), Shares: sdkmath.LegacyNewDec(30)})
	}
	return list, nil
}

func (staking) GetValidator(_ context.Context, address sdk.ValAddress) (stakingtypes.Validator, error) {
	v := stakingtypes.Validator{Status: stakingtypes.Bonded, Tokens: sdkmath.NewInt(50), DelegatorShares: sdkmath.LegacyNewDec(100)}
	if address[0]%2 == 1 {
		v.Status = stakingtypes.Unbonding
	}
	return v, nil
}

func (staking) TotalBondedTokens(context.Context) (sdkmath.Int, error) { return sdkmath.NewInt(7), nil }

func (staking) IterateLastValidatorPowers(_ context.Context, handler func(sdk.ValAddress, int64) bool) error {
	for _, power := range []int64{3, 1, 2} {
		handler(nil, power)
	}
	return nil
}

func (staking) UnbondingTime(context.Context) (time.Duration, error) { return 21 * 24 * time.Hour, nil }

func TestTheValidatorSetIsThatOfStaking(t *testing.T) {
	powers, err := keeper.Staking{StakingKeeper: staking{}}.Powers(context.Background())
	require.NoError(t, err)
	require.Equal(t, []int64{3, 1, 2}, powers)
}

// mission C16: stake counts once, only with bonded validators, and only the first
// sixteen delegations.
func TestBondedStakeIsThatWithBondedValidators(t *testing.T) {
	for delegations, want := range map[int]int64{0: 0, 1: 15, 2: 15, 3: 30, 16: 120, 17: 120} {
		got, err := keeper.Staking{StakingKeeper: staking{delegations}}.Bonded(context.Background(), payer, 16)
		require.NoError(t, err)
		require.Equal(t, want, got.Int64(), "%d delegations", delegations)
	}
}

// counted has validators of 5000 zg and counts how often one is read.
type counted struct {
	staking
	reads *int
}

func (c counted) GetValidator(ctx context.Context, address sdk.ValAddress) (stakingtypes.Validator, error) {
	*c.reads++
	v, err := c.staking.GetValidator(ctx, address)
	v.Tokens = sdkmath.NewIntWithDecimal(5000, 18)
	return v, err
}

// A freeze reads a validator once, however many of the signers delegate to it.
func TestAFreezeReadsAValidatorOnce(t *testing.T) {
	f := newFixture(t)
	reads := 0
	f.keeper.Stake = keeper.Staking{StakingKeeper: counted{staking{16}, &reads}}
	f.msgs = keeper.NewMsgServer(f.keeper)
	f.begin()
	members := []member{f.join("a", 0), f.join("b", 0), f.join("c", 0)}
	f.renew(members...)
	reads = 0
	f.to(4)
	require.Equal(t, 16, reads)
	snapshot, err := f.keeper.Snapshots.Get(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, uint64(3*1024), snapshot.Votes, "8 · 1500 zg each, 1024 votes at most")
}
