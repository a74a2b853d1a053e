// Package command is the command tree of zg-storage: flags and wiring. It lies
// here and not under cmd/, because only sidecar/ may import sidecar/internal.
package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage"
)

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

// New returns the command tree.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:   "zg-storage",
		Short: "Storage node: keeps and serves the data of the flow",
		Long: `zg-storage follows the flow on a chain, takes segments that prove to belong to
an entry, stores them, and serves files, loads and proofs.

  zg-storage start                  follow the local chain, serve on 127.0.0.1:5678
  zg-storage status                 one screen about the running node
  zg-storage fsck --full            read and hash everything (node stopped)`,
	}
	root.PersistentFlags().String("home", daemon.DefaultHome(storage.EnvPrefix, "storage"), "directory of configuration and data")
	root.PersistentFlags().String("output", "text", "text or json")
	root.AddCommand(initCmd(), startCmd(), statusCmd(), fsckCmd(), inspectCmd(), versionCmd())
	return root
}

// load reads the configuration of the command's home.
func load(cmd *cobra.Command) (home string, cfg storage.Config, err error) {
	home, err = cmd.Flags().GetString("home")
	if err != nil {
		return "", cfg, err
	}
	cfg = storage.DefaultConfig()
	if err := daemon.LoadConfig(storage.ConfigPath(home), storage.EnvPrefix, cmd.Flags(), &cfg); err != nil {
		return "", cfg, daemon.Exit(daemon.ExitUsage, err)
	}
	return home, cfg, daemon.Exit(daemon.ExitUsage, cfg.Validate())
}

func bind(cmd *cobra.Command) *cobra.Command {
	defaults := storage.DefaultConfig()
	daemon.BindFlags(cmd.Flags(), &defaults)
	return cmd
}

func print(cmd *cobra.Command, result any, text func(w io.Writer)) error {
	format, err := cmd.Flags().GetString("output")
	if err != nil {
		return err
	}
	return daemon.Print(cmd.OutOrStdout(), format, result, text)
}

func versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return print(cmd, map[string]string{"version": daemon.Version()}, func(w io.Writer) { fmt.Fprintln(w, daemon.Version()) })
		},
	}
}
