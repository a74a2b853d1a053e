package cmd

import (
	"github.com/spf13/cobra"

	cmtcli "github.com/cometbft/cometbft/libs/cli"

	confixcmd "cosmossdk.io/tools/confix/cmd"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"
	evmclient "github.com/cosmos/evm/client"
	evmdebug "github.com/cosmos/evm/client/debug"
	evmserver "github.com/cosmos/evm/server"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/client/pruning"
	"github.com/cosmos/cosmos-sdk/client/rpc"
	"github.com/cosmos/cosmos-sdk/client/snapshot"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	authcmd "github.com/cosmos/cosmos-sdk/x/auth/client/cli"

	"github.com/zgd-network/zgd/app"
)

// addCommands adds everything that does not come from a module.
func addCommands(root *cobra.Command, codecs *app.App) {
	home := app.DefaultNodeHome()
	creator := func(l log.Logger, db dbm.DB, o servertypes.AppOptions) servertypes.Application {
		return newApp(l, db, o)
	}

	root.AddCommand(
		initCmd(codecs, home),
		genesisCmd(codecs, home),
		beaconKeyCmd(codecs),
		testnetCmd(),
		confixcmd.ConfigCommand(),
		evmdebug.Cmd(),
		pruning.Cmd(creator, home),
		snapshot.Cmd(creator),
		cmtcli.NewCompletionCmd(root, true),
	)
	// start, comet, export, version, rollback, index-eth-tx
	evmserver.AddCommands(root, evmserver.NewDefaultStartOptions(newApp, home), exportApp, guardStart)
	root.AddCommand(
		evmclient.KeyCommands(home, true),
		sdkserver.StatusCommand(),
		queryCmd(),
		txCmd(),
	)
}

// queryCmd holds the queries that belong to no module; the modules' own are
// added by autocli.
func queryCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "query", Aliases: []string{"q"}, Short: "Ask the chain",
		SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		rpc.QueryEventForTxCmd(),
		rpc.ValidatorCommand(),
		authcmd.QueryTxsByEventsCmd(),
		authcmd.QueryTxCmd(),
		sdkserver.QueryBlockCmd(),
		sdkserver.QueryBlocksCmd(),
		sdkserver.QueryBlockResultsCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}

// txCmd holds the handling of transactions as such.
func txCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "tx", Short: "Sign and send transactions",
		SuggestionsMinimumDistance: 2, RunE: client.ValidateCmd,
	}
	cmd.AddCommand(
		authcmd.GetSignCommand(),
		authcmd.GetSignBatchCommand(),
		authcmd.GetMultiSignCommand(),
		authcmd.GetMultiSignBatchCmd(),
		authcmd.GetValidateSignaturesCommand(),
		authcmd.GetBroadcastCommand(),
		authcmd.GetEncodeCommand(),
		authcmd.GetDecodeCommand(),
		authcmd.GetSimulateCmd(),
	)
	cmd.PersistentFlags().String(flags.FlagChainID, "", "The network chain ID")
	return cmd
}
