package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cast"
	"github.com/spf13/cobra"

	cmtcfg "github.com/cometbft/cometbft/config"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"
	evmserver "github.com/cosmos/evm/server"
	srvflags "github.com/cosmos/evm/server/flags"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	"github.com/cosmos/cosmos-sdk/version"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
	"github.com/zgd-network/zgd/cmd/zgd/evmrpc"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// ethereum is the node's JSON-RPC. It is a variable of the package because
// upstream's start command hands nothing from the app it builds to the services
// it starts.
var ethereum = evmrpc.New(version.Version)

// beaconSigners are the node's beacon keys, read before a database is opened, so
// that a wrong file stops the start. They are a variable for the same reason.
var beaconSigners []beacon.Signer

// guardStart makes `zgd start` refuse a wrong identity before it opens a
// database, and takes the operator's keys away from JSON-RPC.
func guardStart(start *cobra.Command) {
	start.Short = "Run the node"
	// upstream's default, 262144, would contradict every row of our table
	must(start.Flags().Lookup(srvflags.EVMChainID).Value.Set("0"))
	start.Flags().Lookup(srvflags.EVMChainID).DefValue = "0"
	start.Flags().Lookup(srvflags.EVMChainID).Usage = "EVM chain id; 0 takes it from the table in the binary, any other number must agree with it"

	run := start.RunE
	start.RunE = func(cmd *cobra.Command, args []string) error {
		if err := run(cmd, args); !errors.Is(err, context.Canceled) {
			return err
		}
		return nil // a signal asked the node to stop, and it did
	}
	bind := start.PreRunE
	start.PreRunE = func(cmd *cobra.Command, args []string) error {
		if err := bind(cmd, args); err != nil {
			return err
		}
		serverCtx := sdkserver.GetServerContextFromCmd(cmd)
		chainID, err := chainIDOf(serverCtx.Viper)
		if err != nil {
			return err
		}
		evmChainID, err := app.CheckEVMChainID(chainID, serverCtx.Viper.GetUint64(srvflags.EVMChainID))
		if err != nil {
			return err
		}
		serverCtx.Viper.Set(srvflags.EVMChainID, evmChainID) // JSON-RPC reads it from here
		if beaconSigners, err = loadBeaconKeys(serverCtx.Config.RootDir); err != nil {
			return err
		}
		if err := ethereum.Install(serverCtx.Viper); err != nil {
			return err
		}
		// eth_accounts lists, and eth_sendTransaction signs with, the keyring of
		// the client context: give it an empty one.
		clientCtx := client.GetClientContextFromCmd(cmd)
		return client.SetCmdClientContext(cmd, clientCtx.WithKeyring(keyring.NewInMemory(clientCtx.Codec, clientCtx.KeyringOptions...)))
	}
}

// newApp builds the chain for a command. The interface has no error: a refusal
// ends the process with its reason and without a stack trace.
func newApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions) evmserver.Application {
	chain, err := loadApp(logger, db, options, true)
	if err != nil {
		fmt.Fprintln(os.Stderr, "cannot start the chain:", err)
		os.Exit(1)
	}
	ethereum.SetChain(chain)
	warnProposer(logger, chain, options)
	return chain
}

// warnProposer tells a validator at its start that it will not propose, rather
// than when its turn comes.
func warnProposer(logger log.Logger, chain *app.App, options servertypes.AppOptions) {
	comet := cmtcfg.DefaultConfig()
	comet.SetRoot(cast.ToString(options.Get(flags.FlagHome)))
	if path := cast.ToString(options.Get("priv_validator_key_file")); path != "" {
		comet.PrivValidatorKey = path
	}
	address, err := addressOfKeyFile(comet.PrivValidatorKeyFile())
	if err != nil {
		return // no validator of this file, or CometBFT says so
	}
	if err := chain.CheckProposer(address[:]); err != nil {
		logger.Warn(err.Error())
	}
}

// loadBeaconKeys reads a validator's keys; a node that never proposes has none.
func loadBeaconKeys(home string) ([]beacon.Signer, error) {
	signers, err := beaconkey.Load(home)
	if errors.Is(err, beaconkey.ErrMissing) {
		return nil, nil
	}
	return signers, err
}

func loadApp(logger log.Logger, db dbm.DB, options servertypes.AppOptions, latest bool) (*app.App, error) {
	chainID, err := chainIDOf(options)
	if err != nil {
		return nil, err
	}
	return app.New(app.Options{
		Logger: logger, DB: db, ChainID: chainID, LoadLatest: latest, AppOptions: options, BeaconSigners: beaconSigners,
		BaseApp: append(sdkserver.DefaultBaseappOptions(options), baseapp.SetChainID(chainID)),
	})
}

// exportApp writes the state at a height (-1: the latest) as a genesis.
func exportApp(logger log.Logger, db dbm.DB, height int64, forZeroHeight bool, jailAllowed []string,
	options servertypes.AppOptions, modules []string,
) (servertypes.ExportedApp, error) {
	if cast.ToString(options.Get(flags.FlagHome)) == "" {
		return servertypes.ExportedApp{}, errors.New("no home directory: give --home")
	}
	chain, err := loadApp(logger, db, withoutMempool{options}, height == -1)
	if err != nil {
		return servertypes.ExportedApp{}, err
	}
	if height != -1 {
		if err := chain.LoadHeight(height); err != nil {
			return servertypes.ExportedApp{}, err
		}
	}
	return chain.ExportAppStateAndValidators(forZeroHeight, jailAllowed, modules)
}

// withoutMempool are options with the pool switched off: reading state needs none.
type withoutMempool struct{ servertypes.AppOptions }

// Get answers -1 for mempool.max-txs.
func (o withoutMempool) Get(key string) any {
	if key == sdkserver.FlagMempoolMaxTxs {
		return -1
	}
	return o.AppOptions.Get(key)
}

// chainIDOf reads the chain id from genesis: the one place that a whole network
// shares. A --chain-id that says otherwise is refused.
func chainIDOf(options servertypes.AppOptions) (string, error) {
	path := cast.ToString(options.Get("genesis_file"))
	if path == "" {
		path = filepath.Join("config", "genesis.json")
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(cast.ToString(options.Get(flags.FlagHome)), path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("no genesis: %w: run `%s init`, or copy the network's genesis.json there", err, app.Name)
	}
	defer func() { _ = file.Close() }()
	id, err := genutiltypes.ParseChainIDFromGenesis(file)
	if err != nil {
		return "", fmt.Errorf("chain id of %s: %w", path, err)
	}
	if flag := cast.ToString(options.Get(flags.FlagChainID)); flag != "" && flag != id {
		return "", fmt.Errorf("--chain-id is %q, but %s is of chain %q", flag, path, id)
	}
	return id, nil
}
