//go:build bench

// Package main is evmdlike: what `make bench-evm` compares zgd with. It is the
// same app without x/flow and x/pora, started the way cosmos/evm's own evmd is,
// with evmd's settings: the SDK's app.toml and config.toml, no garbage collection
// target, no SDK configuration scope. Consensus timeout, block bounds, fee market
// and accounts are zgd's, so that both do the same work.
//
// It has the build tag bench: nothing ships it, and no setting of zgd leads here.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"

	"github.com/cosmos/evm/crypto/hd"
	evmserver "github.com/cosmos/evm/server"
	evmconfig "github.com/cosmos/evm/server/config"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdkconfig "github.com/cosmos/cosmos-sdk/server/config"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
)

func main() {
	forgetScope()
	root, err := newRoot()
	if err == nil {
		err = svrcmd.Execute(root, "EVMDLIKE", app.DefaultNodeHome())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// forgetScope undoes what importing app does to the SDK's configuration: evmd
// sets no scope.
func forgetScope() {
	if err := os.Unsetenv(sdk.EnvConfigScope); err != nil {
		panic(err) // the environment refuses to forget a name
	}
	valPrefix, consPrefix := app.Bech32Prefix+sdk.PrefixValidator+sdk.PrefixOperator, app.Bech32Prefix+sdk.PrefixValidator+sdk.PrefixConsensus
	cfg := sdk.GetConfig()
	cfg.SetBech32PrefixForAccount(app.Bech32Prefix, app.Bech32Prefix+sdk.PrefixPublic)
	cfg.SetBech32PrefixForValidator(valPrefix, valPrefix+sdk.PrefixPublic)
	cfg.SetBech32PrefixForConsensusNode(consPrefix, consPrefix+sdk.PrefixPublic)
	cfg.SetCoinType(hd.Bip44CoinType)
	cfg.SetPurpose(sdk.Purpose)
	cfg.Seal()
}

func newRoot() (*cobra.Command, error) {
	codecs, err := app.NewForCodecs()
	if err != nil {
		return nil, err
	}
	clientCtx := client.Context{}.
		WithCodec(codecs.AppCodec()).WithInterfaceRegistry(codecs.InterfaceRegistry()).
		WithTxConfig(codecs.TxConfig()).WithLegacyAmino(codecs.LegacyAmino()).
		WithInput(os.Stdin).WithAccountRetriever(authtypes.AccountRetriever{}).
		WithHomeDir(app.DefaultNodeHome()).WithViper("").WithKeyringOptions(hd.EthSecp256k1Option())
	root := &cobra.Command{
		Use: "evmdlike", Short: "The chain without our modules, as evmd would run it", SilenceUsage: true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			clientCtx, err := client.ReadPersistentCommandFlags(clientCtx.WithCmdContext(cmd.Context()), cmd.Flags())
			if err != nil {
				return err
			}
			if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
				return err
			}
			return sdkserver.InterceptConfigsPreRunHandler(cmd, nodeconfig.AppTemplate, appConfig(), cmtcfg.DefaultConfig())
		},
	}
	root.AddCommand(evmserver.StartCmd(evmserver.NewDefaultStartOptions(newApp, app.DefaultNodeHome())), initCmd())
	return root, nil
}

// appConfig is app.toml as `evmd init` writes it, JSON-RPC switched on.
func appConfig() nodeconfig.AppConfig {
	c := nodeconfig.AppConfig{
		Config: *sdkconfig.DefaultConfig(), EVM: *evmconfig.DefaultEVMConfig(),
		JSONRPC: *evmconfig.DefaultJSONRPCConfig(), TLS: *evmconfig.DefaultTLSConfig(),
	}
	c.MinGasPrices = "0" + app.BaseDenom
	c.EVM.EVMChainID = evmChainID
	c.JSONRPC.Enable = true
	return c
}

func newApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions) evmserver.Application {
	o := app.Options{
		Logger: logger, DB: db, ChainID: app.DefaultChainID, LoadLatest: true, AppOptions: options,
		BaseApp: append(sdkserver.DefaultBaseappOptions(options), baseapp.SetChainID(app.DefaultChainID)),
	}
	chain, err := app.New(o.WithoutStorage().Untuned())
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot start the chain:", err)
		os.Exit(1)
	}
	return chain
}
