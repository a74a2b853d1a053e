package cmd

import (
	"github.com/spf13/cobra"

	daencodercmd "github.com/zgd-network/zgd/cmd/zg-da-encoder/cmd"
	danodecmd "github.com/zgd-network/zgd/cmd/zg-da-node/cmd"
	minercmd "github.com/zgd-network/zgd/cmd/zg-miner/cmd"
	storagecmd "github.com/zgd-network/zgd/cmd/zg-storage/cmd"
	"github.com/zgd-network/zgd/cmd/zgd/devnet"
	faucetcmd "github.com/zgd-network/zgd/sidecar/faucet/command"
)

func init() { register(newSidecarCmd) }

// newSidecarCmd mounts the daemons' own command lines, so that one executable
// can be every process of a network (`zgd devnet` starts them so).
func newSidecarCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sidecar",
		Short: "The daemons beside the chain: zg-storage, zg-miner, zg-da-node, zg-da-encoder and the faucet",
		// The chain's root reads and writes a node's files before every command;
		// the daemons have configuration of their own.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
	}
	for name, root := range map[string]*cobra.Command{
		"storage":    storagecmd.NewRootCmd(),
		"miner":      minercmd.NewRootCmd(),
		"da-node":    danodecmd.NewRootCmd(),
		"da-encoder": daencodercmd.NewRootCmd(),
		"faucet":     faucetcmd.New(devnet.Contracts()),
	} {
		root.Use = name
		root.SilenceUsage, root.SilenceErrors = true, true
		root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
		cmd.AddCommand(root)
	}
	return cmd
}
