// Package cmd is the command line of zgd. Every command is wiring; what it does
// lives in app, in the testnet package or in the SDK.
package cmd

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/cosmos/evm/crypto/hd"

	"github.com/cosmos/cosmos-sdk/client"
	clientcfg "github.com/cosmos/cosmos-sdk/client/config"
	"github.com/cosmos/cosmos-sdk/client/flags"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/types/tx/signing"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	txmodule "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
)

// more are root commands that add themselves from files of their own, such as
// devnet.go: `func init() { register(newDevnetCmd) }`.
var more []func() *cobra.Command

func register(newCmd func() *cobra.Command) { more = append(more, newCmd) }

// NewRootCmd builds the command tree. It builds an app, too, but only to borrow
// its codecs and its modules' commands.
func NewRootCmd() (*cobra.Command, error) {
	codecs, err := app.NewForCodecs()
	if err != nil {
		return nil, fmt.Errorf("build the command line: %w", err)
	}
	clientCtx := client.Context{}.
		WithCodec(codecs.AppCodec()).
		WithInterfaceRegistry(codecs.InterfaceRegistry()).
		WithTxConfig(readingTxConfig{codecs.TxConfig()}).
		WithLegacyAmino(codecs.LegacyAmino()).
		WithInput(os.Stdin).
		WithAccountRetriever(authtypes.AccountRetriever{}).
		WithBroadcastMode(flags.FlagBroadcastMode).
		WithHomeDir(app.DefaultNodeHome()).
		WithViper("").
		WithKeyringOptions(hd.EthSecp256k1Option()).
		WithLedgerHasProtobuf(true)

	root := &cobra.Command{
		Use:   app.Name,
		Short: "Node and command line of the zg network",
		Long: `zgd runs a validator or a full node of the zg network, an EVM chain that
keeps a log of stored data, and talks to one.

  zgd init my-node --chain-id zg-devnet-1     write a new node's files
  zgd testnet init-files                      write the files of several validators on this machine
  zgd start                                   run the node
  zgd query / zgd tx                          ask or change the chain`,
		SilenceUsage:      true,
		SilenceErrors:     true, // main prints them
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return preRun(cmd, clientCtx) },
	}
	addCommands(root, codecs)
	for _, newCmd := range more {
		root.AddCommand(newCmd())
	}
	options := codecs.AutoCLI()
	options.ClientCtx = clientCtx
	if err := options.EnhanceRootCommand(root); err != nil {
		return nil, fmt.Errorf("add the modules' commands: %w", err)
	}
	return root, nil
}

// preRun reads client.toml, app.toml and config.toml, writing those that do not
// exist, and hands the contexts to the command.
func preRun(cmd *cobra.Command, clientCtx client.Context) error {
	cmd.SetOut(cmd.OutOrStdout())
	cmd.SetErr(cmd.ErrOrStderr())
	if cmd.Annotations[noNodeFiles] != "" {
		clientCtx = clientCtx.WithCmdContext(cmd.Context())
		return client.SetCmdClientContextHandler(clientCtx, cmd)
	}
	clientCtx, err := client.ReadPersistentCommandFlags(clientCtx.WithCmdContext(cmd.Context()), cmd.Flags())
	if err != nil {
		return err
	}
	if clientCtx, err = clientcfg.ReadFromClientConfig(clientCtx); err != nil {
		return err
	}
	if !clientCtx.Offline { // the textual sign mode asks the chain for denom metadata
		config, err := authtx.NewTxConfigWithOptions(clientCtx.Codec, authtx.ConfigOptions{
			EnabledSignModes:           append(authtx.DefaultSignModes, signing.SignMode_SIGN_MODE_TEXTUAL),
			TextualCoinMetadataQueryFn: txmodule.NewGRPCCoinMetadataQueryFn(clientCtx),
		})
		if err != nil {
			return err
		}
		clientCtx = clientCtx.WithTxConfig(readingTxConfig{config})
	}
	if err := client.SetCmdClientContextHandler(clientCtx, cmd); err != nil {
		return err
	}
	// app.toml names the EVM chain id where it is known already (`init --chain-id`)
	var evmChainID uint64
	if chainID, err := cmd.Flags().GetString(flags.FlagChainID); err == nil && chainID != "" {
		evmChainID, _ = app.EVMChainID(chainID) // an unknown id is refused by the command itself
	}
	if err := nodeconfig.EnsureComet(clientCtx.HomeDir); err != nil {
		return err
	}
	return sdkserver.InterceptConfigsPreRunHandler(cmd, nodeconfig.AppTemplate, nodeconfig.App(evmChainID), nodeconfig.Comet())
}

// noNodeFiles marks commands that must not create a node's files in the home
// directory, because they write elsewhere or only talk to a URL.
const noNodeFiles = "zgd-no-node-files"
