package integration_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/gogoproto/proto"

	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	validatorStake = 100       // zg, bonded by account 0
	accountZG      = 1_000_000 // zg of each account
	votingSeconds  = 20
)

// zg is an amount of whole zg in azg.
func zg(whole int64) sdkmath.Int { return sdkmath.NewInt(whole).MulRaw(1e18) }

func azg(amount sdkmath.Int) sdk.Coins { return sdk.NewCoins(sdk.NewCoin(app.BaseDenom, amount)) }

// genesis is what tests change of the default one.
type genesis struct {
	accounts  int
	seed      uint64
	validator cryptotypes.PubKey
	flow      *flowtypes.GenesisState
	pora      *poratypes.GenesisState
	withoutZG bool // no x/flow and x/pora in the app
}

// newGenesis has short epochs and periods, one reward window per load, and a
// difficulty that about every nonce meets.
func newGenesis(accounts int, change ...func(*genesis)) *genesis {
	g := &genesis{
		accounts: accounts, seed: 1, validator: ed25519.GenPrivKeyFromSecret([]byte("the validator")).PubKey(),
		flow: flowtypes.DefaultGenesis(), pora: poratypes.DefaultGenesis(),
	}
	g.flow.Params.PeriodSeconds = 1000
	g.flow.Params.MinRechargeSeconds = 1
	g.flow.Params.RechargeGraceSeconds = 500
	g.flow.Params.BlocksPerEpoch = 5
	g.flow.PayoutWindowLoads = 1
	target := poratypes.TargetOf(32)
	g.pora.Target = target[:]
	g.pora.Params.TargetBlocks = 2
	for _, f := range change {
		f(g)
	}
	return g
}

func (g *genesis) freshAccounts() []*account {
	list := make([]*account, g.accounts)
	for i := range list {
		list[i] = newAccount(i)
	}
	return list
}

// appState is the default state with accounts, one validator, and our modules'
// changed genesis.
func (g *genesis) appState(tb testing.TB, built *app.App) []byte {
	tb.Helper()
	state := built.DefaultGenesis()
	set := func(name string, message proto.Message) { state[name] = built.AppCodec().MustMarshalJSON(message) }

	set(authtypes.ModuleName, g.auth())
	set(banktypes.ModuleName, g.bank())
	set(stakingtypes.ModuleName, g.staking(tb))
	set(govtypes.ModuleName, shortGovernance())
	if !g.withoutZG {
		set(flowtypes.ModuleName, g.flow)
		set(poratypes.ModuleName, g.pora)
	}
	raw, err := json.Marshal(state)
	require.NoError(tb, err)
	return raw
}

func (g *genesis) auth() *authtypes.GenesisState {
	var list authtypes.GenesisAccounts
	for i, a := range g.freshAccounts() {
		list = append(list, authtypes.NewBaseAccount(a.address, nil, uint64(i), 0))
	}
	return authtypes.NewGenesisState(authtypes.DefaultParams(), list)
}

func (g *genesis) bank() *banktypes.GenesisState {
	state := banktypes.DefaultGenesisState()
	state.DenomMetadata = []banktypes.Metadata{app.NativeMetadata()}
	add := func(address sdk.AccAddress, amount sdkmath.Int) {
		state.Balances = append(state.Balances, banktypes.Balance{Address: address.String(), Coins: azg(amount)})
		state.Supply = state.Supply.Add(azg(amount)...)
	}
	for _, a := range g.freshAccounts() {
		add(a.address, zg(accountZG))
	}
	add(authtypes.NewModuleAddress(stakingtypes.NotBondedPoolName), zg(validatorStake))
	return state
}

// staking has one validator; it bonds at genesis, so that every module hears of it.
func (g *genesis) staking(tb testing.TB) *stakingtypes.GenesisState {
	tb.Helper()
	key, err := codectypes.NewAnyWithValue(g.validator)
	require.NoError(tb, err)
	owner := newAccount(0).address
	stake := zg(validatorStake)
	validator := stakingtypes.Validator{
		OperatorAddress: sdk.ValAddress(owner).String(), ConsensusPubkey: key, Status: stakingtypes.Unbonded,
		Tokens: stake, DelegatorShares: sdkmath.LegacyNewDecFromInt(stake), MinSelfDelegation: sdkmath.OneInt(),
		Commission: stakingtypes.NewCommission(sdkmath.LegacyZeroDec(), sdkmath.LegacyOneDec(), sdkmath.LegacyOneDec()),
	}
	delegation := stakingtypes.NewDelegation(owner.String(), validator.OperatorAddress, validator.DelegatorShares)
	return stakingtypes.NewGenesisState(stakingtypes.DefaultParams(), []stakingtypes.Validator{validator}, []stakingtypes.Delegation{delegation})
}

// shortGovernance decides within seconds.
func shortGovernance() *govv1.GenesisState {
	state := govv1.DefaultGenesisState()
	voting, expedited := votingSeconds*time.Second, votingSeconds/2*time.Second
	state.Params.VotingPeriod, state.Params.ExpeditedVotingPeriod = &voting, &expedited
	return state
}
