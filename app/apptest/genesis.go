package apptest

import (
	"encoding/json"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
)

// ValidatorStake is the validator's self-delegation: power 100.
func ValidatorStake() sdkmath.Int { return zg(100) }

// genesis is the app's default with funded accounts and one gentx.
func (c *Chain) genesis() []byte {
	c.t.Helper()
	cdc, state := c.App.AppCodec(), c.App.DefaultGenesis()
	c.fund(state)
	for i, mutate := range c.options.Genesis {
		if err := mutate(cdc, state); err != nil {
			c.t.Fatalf("genesis mutator %d: %v", i, err)
		}
	}
	c.addBeaconKey(state)
	gen := genutiltypes.DefaultGenesisState()
	gen.GenTxs = []json.RawMessage{c.gentx()}
	state[genutiltypes.ModuleName] = cdc.MustMarshalJSON(gen)
	if err := c.App.BasicModuleManager.ValidateGenesis(cdc, c.App.TxConfig(), state); err != nil {
		c.t.Fatalf("genesis: %v", err)
	}
	raw, err := json.Marshal(state)
	if err != nil {
		c.t.Fatalf("encode genesis: %v", err)
	}
	return raw
}

func (c *Chain) fund(state app.GenesisState) {
	c.t.Helper()
	cdc := c.App.AppCodec()
	var auth authtypes.GenesisState
	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	cdc.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	coins := sdk.NewCoins(sdk.NewCoin(app.BaseDenom, c.options.Balance))
	var accounts authtypes.GenesisAccounts
	for i, account := range append([]Account{c.Validator}, c.Accounts...) {
		accounts = append(accounts, authtypes.NewBaseAccount(account.Address, nil, uint64(i), 0))
		bank.Balances = append(bank.Balances, banktypes.Balance{Address: account.Address.String(), Coins: coins})
		bank.Supply = bank.Supply.Add(coins...)
	}
	packed, err := authtypes.PackAccounts(accounts)
	if err != nil {
		c.t.Fatalf("genesis accounts: %v", err)
	}
	auth.Accounts = packed
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(&auth)
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
}

// gentx makes the validator.
func (c *Chain) gentx() json.RawMessage {
	c.t.Helper()
	msg, err := stakingtypes.NewMsgCreateValidator(sdk.ValAddress(c.Validator.Address).String(), consensusKey().PubKey(),
		sdk.NewCoin(app.BaseDenom, ValidatorStake()), stakingtypes.NewDescription("apptest", "", "", "", ""),
		stakingtypes.NewCommissionRates(sdkmath.LegacyNewDecWithPrec(5, 2), sdkmath.LegacyOneDec(), sdkmath.LegacyNewDecWithPrec(1, 2)),
		sdkmath.OneInt())
	if err != nil {
		c.t.Fatalf("gentx: %v", err)
	}
	tx := c.signNative(c.Validator, TxOptions{GasLimit: 300_000}, 0, 0, msg)
	raw, err := c.App.TxConfig().TxJSONEncoder()(tx)
	if err != nil {
		c.t.Fatalf("encode gentx: %v", err)
	}
	return raw
}
