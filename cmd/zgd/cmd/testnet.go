package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/flags"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
)

func testnetCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "testnet", Short: "Networks of several validators on this machine", RunE: client.ValidateCmd}
	cmd.AddCommand(initFilesCmd())
	return cmd
}

// initFilesCmd writes the files of a network; each node is then started with
// `zgd start --home`.
func initFilesCmd() *cobra.Command {
	var o testnet.Options
	var portsFrom int
	var accounts []string
	cmd := &cobra.Command{
		Use:   "init-files",
		Short: "Write keys, genesis and settings of N validators",
		Long: `Write keys, one genesis and the settings of N validators that run on this
machine, listen on 127.0.0.1 only and have ports of their own.`,
		Example: `  zgd testnet init-files --validators 4 --output-dir ./net --block-time 500ms
  zgd testnet init-files --account zg1...=1000000000000000000azg
  zgd start --home ./net/node0`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{noNodeFiles: "writes homes of its own"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if portsFrom != 0 {
				o.Ports = testnet.PortsFrom(portsFrom)
			}
			var err error
			if o.Accounts, err = parseAccounts(accounts); err != nil {
				return err
			}
			network, err := testnet.Init(o)
			if err != nil {
				return err
			}
			printNetwork(cmd, network)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.OutputDir, "output-dir", "o", "./testnet", "directory of the nodes' homes node0, node1, ...")
	f.StringVar(&o.ChainID, flags.FlagChainID, app.DefaultChainID, "chain id, one of the table in the binary")
	f.IntVar(&o.Validators, "validators", 4, "number of validators")
	f.DurationVar(&o.BlockTime, "block-time", nodeconfig.DefaultTimeoutCommit, "pause after a commit (consensus.timeout_commit)")
	f.IntVar(&portsFrom, "ports-from", 0, "first of ten consecutive ports per node (default: the usual ports, 100 apart)")
	f.StringArrayVar(&accounts, "account", nil, "address=coins to fund at genesis, may be given several times")
	return cmd
}

// parseAccounts reads address=coins.
func parseAccounts(texts []string) ([]testnet.Account, error) {
	var accounts []testnet.Account
	for _, text := range texts {
		address, amount, ok := strings.Cut(text, "=")
		if !ok {
			return nil, fmt.Errorf("--account %q: want address=coins, such as zg1...=1000azg", text)
		}
		coins, err := sdk.ParseCoinsNormalized(amount)
		if err != nil {
			return nil, fmt.Errorf("--account %q: %w", text, err)
		}
		accounts = append(accounts, testnet.Account{Name: address, Address: address, Coins: coins})
	}
	return accounts, nil
}

func printNetwork(cmd *cobra.Command, network testnet.Network) {
	out := cmd.OutOrStdout()
	fmt.Fprintf(out, "chain %s (EVM chain id %d), %d validators\n", network.ChainID, network.EVMChainID, len(network.Nodes))
	for _, n := range network.Nodes {
		fmt.Fprintf(out, "  %s  %s  json-rpc http://127.0.0.1:%d  comet http://127.0.0.1:%d  grpc 127.0.0.1:%d  rest http://127.0.0.1:%d\n",
			n.Name, n.Home, n.Ports.EVM, n.Ports.CometRPC, n.Ports.GRPC, n.Ports.REST)
	}
}
