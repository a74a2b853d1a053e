// Package command is the command tree of zg-da-node: flags and wiring. It lies
// here and not under cmd/, because only sidecar/ may import sidecar/internal.
package command

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// envPrefix starts the name of every variable that sets an option.
const envPrefix = "ZG_DA_NODE_"

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

// New builds the command tree.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:   "zg-da-node",
		Short: "Hold rows of blobs for a data availability quorum, and sign for them",
		Long: `zg-da-node registers its account as a signer, takes part in every epoch, checks
and keeps the rows that the quorums give to its seats, signs for them and serves
them to whoever asks.

  zg-da-node init                                write HOME/config.toml and the BLS key HOME/da.key
  zg-da-node start --key-file account.key        sign until stopped
  zg-da-node status                              seats, registrations, what is held

The account needs stake delegated by it, and funds for the deposit and fees.`,
		SilenceUsage: true, SilenceErrors: true,
	}
	home := os.Getenv(envPrefix + "HOME")
	if home == "" {
		if user, err := os.UserHomeDir(); err == nil {
			home = filepath.Join(user, ".zg", "da-node")
		}
	}
	root.PersistentFlags().String("home", home, "directory of the configuration, the BLS key and the rows")
	root.PersistentFlags().String("output", "text", "output format: text or json")
	root.AddCommand(newStartCmd(), newInitCmd(), newStatusCmd(), newRegisterCmd(), newUnregisterCmd(), newDepositCmd(), newKeysCmd(), newVersionCmd())
	return root
}

// option reads a persistent string flag.
func option(cmd *cobra.Command, name string) string { return cmd.Flag(name).Value.String() }

// withConfig gives a command the flags of the configuration, and returns what
// reads it.
func withConfig(cmd *cobra.Command) (load func() (node.Config, error)) {
	config := node.DefaultConfig()
	daemon.BindFlags(cmd.Flags(), &config)
	return func() (node.Config, error) {
		path := filepath.Join(option(cmd, "home"), node.ConfigFile)
		err := daemon.LoadConfig(path, envPrefix, cmd.Flags(), &config)
		if err == nil {
			err = config.Validate()
		}
		return config, daemon.Exit(daemon.ExitUsage, err)
	}
}

func loadKey(config node.Config) (chain.Key, error) {
	if config.KeyFile == "" {
		return chain.Key{}, daemon.Exit(daemon.ExitUsage, fmt.Errorf("no key: give --key-file FILE with the account's key, one line of 64 hex characters, mode 0600"))
	}
	key, err := chain.LoadKeyFile(config.KeyFile)
	return key, daemon.Exit(daemon.ExitUsage, err)
}

// account is a connection to the chain that can send.
type account struct {
	client *chain.Remote
	sender node.Sender
}

func (a account) Close() error { return a.client.Close() }

func open(ctx context.Context, config node.Config) (account, error) {
	key, err := loadKey(config)
	if err != nil {
		return account{}, err
	}
	client, err := chain.Dial(ctx, chain.Options{GRPC: config.ChainGRPC, CometRPC: config.CometRPC})
	if err != nil {
		return account{}, daemon.Exit(daemon.ExitUsage, err)
	}
	return account{client, chain.NewSender(client, key)}, nil
}

func contextOf(cmd *cobra.Command) context.Context {
	if ctx := cmd.Context(); ctx != nil {
		return ctx
	}
	return context.Background()
}

func textOf(format string, args ...any) func(io.Writer) {
	return func(w io.Writer) { fmt.Fprintf(w, format, args...) }
}

func newVersionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), map[string]string{"version": daemon.Version()}, textOf("%s\n", daemon.Version()))
		},
	}
}
