//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"

	"cosmossdk.io/log/v2"
	sdkmath "cosmossdk.io/math"

	dbm "github.com/cosmos/cosmos-db"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/cosmos/cosmos-sdk/codec"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
)

const (
	evmChainID = 7260001 // of app.DefaultChainID
	fundedZG   = 1_000_000
)

// initCmd writes the homes of both sides: one validator, the same accounts and
// the same consensus, and for --like zgd the settings that zgd writes.
func initCmd() *cobra.Command {
	var home, like, account string
	var portsFrom int
	var blockTime time.Duration
	cmd := &cobra.Command{
		Use: "init", Short: "Write the home of one validator", Args: cobra.NoArgs,
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil }, // it writes a home of its own
		RunE: func(*cobra.Command, []string) error {
			o := testnet.Options{
				OutputDir: home, Home: func(int) string { return home }, Ports: testnet.PortsFrom(portsFrom), BlockTime: blockTime, Validators: 1,
				Accounts: []testnet.Account{{Name: "payer", Address: account, Coins: coins()}},
			}
			if like == "evmd" {
				o.Comet, o.App = evmdComet, evmdApp
				o.Genesis = []testnet.GenesisMutator{withoutOurPrecompiles}
			}
			if _, err := testnet.Init(o); err != nil || like != "evmd" {
				return err
			}
			return withoutOurModules(filepath.Join(home, "config", "genesis.json"))
		},
	}
	f := cmd.Flags()
	f.StringVar(&home, "home", "", "home to write")
	f.StringVar(&like, "like", "evmd", "evmd or zgd")
	f.StringVar(&account, "account", "", "0x address to fund")
	f.IntVar(&portsFrom, "ports-from", 0, "first of ten ports")
	f.DurationVar(&blockTime, "block-time", 500*time.Millisecond, "consensus.timeout_commit")
	return cmd
}

func coins() sdk.Coins {
	return sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewInt(fundedZG).Mul(sdk.DefaultPowerReduction)))
}

// evmdComet is config.toml as evmd has it, with the SDK's changes, the timeout
// and the ports of the comparison, and the pool that the app needs.
func evmdComet(c *cmtcfg.Config) {
	d := cmtcfg.DefaultConfig()
	d.SetRoot(c.RootDir)
	d.Moniker, d.RPC.ListenAddress, d.P2P = c.Moniker, c.RPC.ListenAddress, c.P2P
	d.Consensus.TimeoutCommit, d.Mempool.Type = c.Consensus.TimeoutCommit, cmtcfg.MempoolTypeApp
	d.P2P.FlushThrottleTimeout = cmtcfg.DefaultP2PConfig().FlushThrottleTimeout
	*c = *d
}

// evmdApp is app.toml as evmd has it, on the ports of the comparison.
func evmdApp(c *nodeconfig.AppConfig) {
	d := appConfig()
	d.GRPC.Address, d.JSONRPC.Address, d.JSONRPC.WsAddress = c.GRPC.Address, c.JSONRPC.Address, c.JSONRPC.WsAddress
	d.JSONRPC.MetricsAddress, d.EVM.GethMetricsAddress = c.JSONRPC.MetricsAddress, c.EVM.GethMetricsAddress
	*c = d
}

// withoutOurPrecompiles leaves the library's precompiles active and no others.
func withoutOurPrecompiles(cdc codec.Codec, state app.GenesisState) error {
	var vm evmtypes.GenesisState
	cdc.MustUnmarshalJSON(state[evmtypes.ModuleName], &vm)
	vm.Params.ActiveStaticPrecompiles = slices.DeleteFunc(vm.Params.ActiveStaticPrecompiles, func(address string) bool {
		return !slices.Contains(evmtypes.AvailableStaticPrecompiles, address)
	})
	state[evmtypes.ModuleName] = cdc.MustMarshalJSON(&vm)
	return nil
}

// withoutOurModules takes what the peer has no module for out of a written genesis.
func withoutOurModules(path string) error {
	peer, err := app.New(app.Options{
		Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: app.DefaultChainID, AppOptions: noPool{},
	}.WithoutStorage().Untuned())
	if err != nil {
		return err
	}
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	var state app.GenesisState
	if err := json.Unmarshal(genesis.AppState, &state); err != nil {
		return fmt.Errorf("app state of %s: %w", path, err)
	}
	maps.DeleteFunc(state, func(name string, _ json.RawMessage) bool { return peer.ModuleManager.Modules[name] == nil })
	if genesis.AppState, err = json.Marshal(state); err != nil {
		return err
	}
	return genesis.SaveAs(path)
}

// noPool are options of an app that is only asked for its modules.
type noPool struct{}

// Get switches the pool off.
func (noPool) Get(key string) any {
	if key == sdkserver.FlagMempoolMaxTxs {
		return -1
	}
	return nil
}
