//go:build bench

package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"

	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
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

// withoutOurPrecompiles leaves the library's precompiles active, and no preinstall.
func withoutOurPrecompiles(cdc codec.Codec, state app.GenesisState) error {
	var vm evmtypes.GenesisState
	cdc.MustUnmarshalJSON(state[evmtypes.ModuleName], &vm)
	vm.Params.ActiveStaticPrecompiles = slices.DeleteFunc(vm.Params.ActiveStaticPrecompiles, func(address string) bool {
		return !slices.Contains(evmtypes.AvailableStaticPrecompiles, address)
	})
	state[evmtypes.ModuleName] = cdc.MustMarshalJSON(&vm)
	return nil
}

// withoutOurModules takes x/flow and x/pora out of a written genesis.
func withoutOurModules(path string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	var state app.GenesisState
	if err := json.Unmarshal(genesis.AppState, &state); err != nil {
		return fmt.Errorf("app state of %s: %w", path, err)
	}
	delete(state, flowtypes.ModuleName)
	delete(state, poratypes.ModuleName)
	if genesis.AppState, err = json.Marshal(state); err != nil {
		return err
	}
	return genesis.SaveAs(path)
}
