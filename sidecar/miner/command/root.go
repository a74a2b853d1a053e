// Package command is the command tree of zg-miner: flags and wiring. It lies
// here and not under cmd/, because only sidecar/ may import sidecar/internal.
package command

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/miner"
)

// envPrefix starts the name of every variable that sets an option.
const envPrefix = "ZG_MINER_"

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

// New builds the command tree.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:   "zg-miner",
		Short: "Keep a sealed copy of stored data and mine with it",
		Long: `zg-miner registers a miner, claims a range of the flow, fetches its loads from
a storage node, seals them into a store of its own and, while an epoch is open,
searches them for proofs of random access.

  zg-miner init                          write HOME/config.toml
  zg-miner start --key-file miner.key    mine until stopped
  zg-miner status                        what it does, and why if nothing`,
		SilenceUsage: true, SilenceErrors: true,
	}
	home := os.Getenv(envPrefix + "HOME")
	if home == "" {
		if user, err := os.UserHomeDir(); err == nil {
			home = filepath.Join(user, ".zg", "miner")
		}
	}
	root.PersistentFlags().String("home", home, "directory of the configuration and the sealed loads")
	root.PersistentFlags().String("output", "text", "output format: text or json")
	root.AddCommand(newStartCmd(), newInitCmd(), newStatusCmd(), newBenchCmd(), newKeysCmd())
	return root
}

// option reads a persistent string flag.
func option(cmd *cobra.Command, name string) string { return cmd.Flag(name).Value.String() }

// withConfig gives a command the flags of the configuration, and returns what
// reads it.
func withConfig(cmd *cobra.Command) (load func() (miner.Config, error)) {
	config := miner.DefaultConfig()
	daemon.BindFlags(cmd.Flags(), &config)
	return func() (miner.Config, error) {
		path := filepath.Join(option(cmd, "home"), miner.ConfigFile)
		err := daemon.LoadConfig(path, envPrefix, cmd.Flags(), &config)
		return config, daemon.Exit(daemon.ExitUsage, err)
	}
}

func newInitCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "init", Short: "Write HOME/config.toml with the given options", Args: cobra.NoArgs}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		if _, err := config.Settings(); err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		path := filepath.Join(option(cmd, "home"), miner.ConfigFile)
		if err := daemon.SaveConfig(path, &config); err != nil {
			return err
		}
		fmt.Fprintln(cmd.OutOrStdout(), path)
		return nil
	}
	return cmd
}

func newKeysCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "keys", Short: "Look at the miner's key"}
	show := &cobra.Command{Use: "show", Short: "Show the addresses of the key file", Args: cobra.NoArgs}
	load := withConfig(show)
	show.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		key, err := loadKey(config)
		if err != nil {
			return err
		}
		result := map[string]string{"address": key.Address(), "evm_address": key.EVMAddress()}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result, textOf("%s\n%s\n", key.Address(), key.EVMAddress()))
	}
	cmd.AddCommand(show)
	return cmd
}

func loadKey(config miner.Config) (chain.Key, error) {
	if config.KeyFile == "" {
		return chain.Key{}, daemon.Exit(daemon.ExitUsage, fmt.Errorf("no key: give --key-file FILE, one line of 64 hex characters, mode 0600"))
	}
	key, err := chain.LoadKeyFile(config.KeyFile)
	return key, daemon.Exit(daemon.ExitUsage, err)
}
