package cmd

import (
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/beaconkey"
)

// initCmd is the SDK's init with a chain id from our table, our block bounds and a
// seed of the beacon in genesis, a beacon key, and the chain id in client.toml.
func initCmd(codecs *app.App, home string) *cobra.Command {
	cmd := genutilcli.InitCmd(codecs.BasicModuleManager, home)
	chainID := cmd.Flags().Lookup(flags.FlagChainID)
	chainID.DefValue = app.DefaultChainID
	chainID.Usage = "chain id, one of the table in the binary: zg-1, zg-testnet-N, zg-devnet-N"
	must(chainID.Value.Set(app.DefaultChainID))

	sdkInit := cmd.RunE
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		id, err := cmd.Flags().GetString(flags.FlagChainID)
		if err != nil {
			return err
		}
		if _, err := app.EVMChainID(id); err != nil {
			return err
		}
		if err := sdkInit(cmd, args); err != nil {
			return err
		}
		node := client.GetClientContextFromCmd(cmd).HomeDir
		if err := prepareGenesis(codecs, filepath.Join(node, "config", "genesis.json")); err != nil {
			return err
		}
		if _, err := beaconkey.Ensure(node); err != nil {
			return err
		}
		return setClientChainID(filepath.Join(node, "config", "client.toml"), id)
	}
	return cmd
}

// must stops at start on a wiring mistake.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
