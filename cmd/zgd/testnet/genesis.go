package testnet

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/version"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
)

// writeGenesis writes one genesis into every home.
func (w *writer) writeGenesis() error {
	cdc := w.codecs.AppCodec()
	state := w.codecs.DefaultGenesis()
	if err := w.fund(cdc, state); err != nil {
		return err
	}
	for i, mutate := range w.Genesis {
		if err := mutate(cdc, state); err != nil {
			return fmt.Errorf("mutator %d: %w", i, err)
		}
	}
	if err := w.addBeacon(cdc, state); err != nil {
		return err
	}
	gen := genutiltypes.DefaultGenesisState()
	gen.GenTxs = w.gentxs
	state[genutiltypes.ModuleName] = cdc.MustMarshalJSON(gen)
	if err := w.codecs.BasicModuleManager.ValidateGenesis(cdc, w.codecs.TxConfig(), state); err != nil {
		return err
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	genesis := genutiltypes.AppGenesis{
		AppName: app.Name, AppVersion: version.Version, GenesisTime: w.Time, ChainID: w.ChainID, InitialHeight: 1, AppState: raw,
		Consensus: &genutiltypes.ConsensusGenesis{Params: app.DefaultConsensusParams()},
	}
	if err := genesis.ValidateAndComplete(); err != nil {
		return err
	}
	for _, node := range w.nodes {
		if err := genesis.SaveAs(filepath.Join(node.Home, "config", "genesis.json")); err != nil {
			return err
		}
	}
	return nil
}

// addBeacon puts the validators' beacon keys and a seed into genesis.
func (w *writer) addBeacon(cdc codec.Codec, state app.GenesisState) error {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return err
	}
	if err := app.SetBeaconSeed(cdc, state, seed); err != nil {
		return err
	}
	for _, registration := range w.beaconKeys {
		if err := app.AddBeaconKey(cdc, state, w.evmChainID, registration); err != nil {
			return err
		}
	}
	return nil
}

// fund gives coins to the operators and to the accounts asked for.
func (w *writer) fund(cdc codec.Codec, state app.GenesisState) error {
	funded := make([]Account, 0, len(w.nodes)+len(w.Accounts))
	for _, node := range w.nodes {
		funded = append(funded, Account{node.Name, node.Operator, sdk.NewCoins(sdk.NewCoin(app.BaseDenom, w.Stake.Add(w.Balance)))})
	}
	return FundAccounts(cdc, state, append(funded, w.Accounts...))
}

// FundAccounts adds accounts with balances to an app state; the same address may
// come twice and then gets both amounts.
func FundAccounts(cdc codec.Codec, state app.GenesisState, accounts []Account) error {
	var auth authtypes.GenesisState
	var bank banktypes.GenesisState
	cdc.MustUnmarshalJSON(state[authtypes.ModuleName], &auth)
	cdc.MustUnmarshalJSON(state[banktypes.ModuleName], &bank)
	packed, err := authtypes.UnpackAccounts(auth.Accounts)
	if err != nil {
		return fmt.Errorf("accounts in genesis: %w", err)
	}
	at := map[string]int{} // address → index into bank.Balances; looked up only
	for i, balance := range bank.Balances {
		at[balance.Address] = i
	}
	for _, account := range accounts {
		address, err := parseAddress(account.Address)
		if err != nil {
			return fmt.Errorf("account %s: %w", account.Name, err)
		}
		i, known := at[address.String()]
		if !known {
			i, at[address.String()] = len(bank.Balances), len(bank.Balances)
			bank.Balances = append(bank.Balances, banktypes.Balance{Address: address.String()})
			packed = append(packed, authtypes.NewBaseAccount(address, nil, 0, 0))
		}
		bank.Balances[i].Coins = bank.Balances[i].Coins.Add(account.Coins...)
		bank.Supply = bank.Supply.Add(account.Coins...)
	}
	bank.Balances = banktypes.SanitizeGenesisBalances(bank.Balances)
	if auth.Accounts, err = authtypes.PackAccounts(authtypes.SanitizeGenesisAccounts(packed)); err != nil {
		return err
	}
	state[authtypes.ModuleName] = cdc.MustMarshalJSON(&auth)
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
	return nil
}

// FundModule gives coins to a module's account, which the module makes itself.
func FundModule(cdc codec.Codec, state app.GenesisState, module string, coins sdk.Coins) error {
	var bank banktypes.GenesisState
	if err := cdc.UnmarshalJSON(state[banktypes.ModuleName], &bank); err != nil {
		return fmt.Errorf("genesis of x/bank: %w", err)
	}
	bank.Balances = append(bank.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(module).String(), Coins: coins})
	bank.Supply = bank.Supply.Add(coins...)
	bank.Balances = banktypes.SanitizeGenesisBalances(bank.Balances)
	state[banktypes.ModuleName] = cdc.MustMarshalJSON(&bank)
	return nil
}

// parseAddress reads zg1... and 0x...
func parseAddress(text string) (sdk.AccAddress, error) {
	if strings.HasPrefix(text, "0x") {
		return sdk.AccAddressFromHexUnsafe(text[2:])
	}
	return sdk.AccAddressFromBech32(text)
}
