package cmd

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutilcli "github.com/cosmos/cosmos-sdk/x/genutil/client/cli"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
)

// initCmd is the SDK's init with a chain id from our table, our block bounds in
// genesis and the chain id in client.toml.
func initCmd(modules module.BasicManager, home string) *cobra.Command {
	cmd := genutilcli.InitCmd(modules, home)
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
		if err := setBlockBounds(filepath.Join(node, "config", "genesis.json")); err != nil {
			return err
		}
		return setClientChainID(filepath.Join(node, "config", "client.toml"), id)
	}
	return cmd
}

// setBlockBounds writes our bounds of gas and bytes per block into genesis.
func setBlockBounds(path string) error {
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	genesis.Consensus.Params.Block = app.DefaultConsensusParams().Block
	return genutil.ExportGenesisFile(genesis, path)
}

// must stops at start on a wiring mistake.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
