package keeper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/x/dasigners/keeper"
)

// infractions is x/staking and x/slashing for one validator with 50 tokens, 5 of
// power, and notes what is done to it.
type infractions struct {
	status     stakingtypes.BondStatus
	missing    bool
	jailed     bool
	tombstoned bool
	done       []string
	refuses    error
}

func (i *infractions) GetValidator(context.Context, sdk.ValAddress) (stakingtypes.Validator, error) {
	if i.missing {
		return stakingtypes.Validator{}, stakingtypes.ErrNoValidatorFound
	}
	key, err := codectypes.NewAnyWithValue(ed25519.GenPrivKeyFromSecret([]byte("v")).PubKey())
	return stakingtypes.Validator{ConsensusPubkey: key, Status: i.status, Jailed: i.jailed, Tokens: sdkmath.NewInt(50)}, err
}

func (*infractions) PowerReduction(context.Context) sdkmath.Int { return sdkmath.NewInt(10) }

func (i *infractions) Slash(_ context.Context, _ sdk.ConsAddress, height, power int64, share sdkmath.LegacyDec) (sdkmath.Int, error) {
	i.done = append(i.done, "slash")
	return sdkmath.LegacyNewDec(power * 10).Mul(share).TruncateInt(), i.refuses
}

func (i *infractions) IsTombstoned(context.Context, sdk.ConsAddress) bool { return i.tombstoned }

func (i *infractions) Jail(context.Context, sdk.ConsAddress) error {
	i.done = append(i.done, "jail")
	return nil
}

func (i *infractions) JailUntil(_ context.Context, _ sdk.ConsAddress, until time.Time) error {
	i.done = append(i.done, "until "+until.UTC().Format("2006"))
	return nil
}

func (i *infractions) Tombstone(context.Context, sdk.ConsAddress) error {
	i.done = append(i.done, "tombstone")
	return nil
}

// A validator is slashed and jailed for good, once, and only while its stake is
// there to be slashed.
func TestValidatorsAreSlashedAndTombstoned(t *testing.T) {
	for name, c := range map[string]struct {
		v     infractions
		burnt int64
		done  []string
	}{
		"bonded":     {infractions{status: stakingtypes.Bonded}, 10, []string{"slash", "jail", "until 9999", "tombstone"}},
		"unbonding":  {infractions{status: stakingtypes.Unbonding, jailed: true}, 10, []string{"slash", "until 9999", "tombstone"}},
		"tombstoned": {infractions{status: stakingtypes.Unbonding, jailed: true, tombstoned: true}, 10, []string{"slash"}},
		"unbonded":   {infractions{status: stakingtypes.Unbonded}, 0, nil},
		"none":       {infractions{missing: true}, 0, nil},
	} {
		burnt, err := keeper.Slashing{Stake: &c.v, Infractions: &c.v}.PunishValidator(bareFixture(t).ctx, payer, 2000)
		require.NoError(t, err, name)
		require.Equal(t, c.burnt, burnt.Int64(), name)
		require.Equal(t, c.done, c.v.done, name)
	}
	refusing := infractions{status: stakingtypes.Bonded, refuses: errors.New("no")}
	_, err := keeper.Slashing{Stake: &refusing, Infractions: &refusing}.PunishValidator(bareFixture(t).ctx, payer, 2000)
	require.ErrorIs(t, err, refusing.refuses)
}
