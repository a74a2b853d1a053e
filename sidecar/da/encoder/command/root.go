// Package command is the command tree of zg-da-encoder: flags and wiring.
package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

// New returns the command tree.
func New() *cobra.Command {
	root := &cobra.Command{
		Use:   "zg-da-encoder",
		Short: "Disperser: codes blobs, has a quorum sign for them, confirms and reads them",
		Long: `zg-da-encoder takes payloads over HTTP and gRPC, codes them on all cores, orders
them on chain in batches, brings the rows to the quorum, confirms with its
signatures, and reads blobs back. What it has acknowledged survives a crash.

  zg-da-encoder start --key-file FILE       serve on 127.0.0.1:51001 and 51002
  curl -T blob http://127.0.0.1:51002/blobs
  zg-da-encoder encode blob                 print what a file commits to`,
	}
	root.PersistentFlags().String("home", daemon.DefaultHome(encoder.EnvPrefix, "da-encoder"), "directory of configuration and data")
	root.PersistentFlags().String("output", "text", "text or json")
	root.AddCommand(initCmd(), startCmd(), statusCmd(), encodeCmd(), selftestCmd(), versionCmd())
	return root
}

// load reads the configuration of the command's home.
func load(cmd *cobra.Command) (home string, cfg encoder.Config, err error) {
	home, err = cmd.Flags().GetString("home")
	if err != nil {
		return "", cfg, err
	}
	cfg = encoder.DefaultConfig()
	if err := daemon.LoadConfig(encoder.ConfigPath(home), encoder.EnvPrefix, cmd.Flags(), &cfg); err != nil {
		return "", cfg, daemon.Exit(daemon.ExitUsage, err)
	}
	return home, cfg, daemon.Exit(daemon.ExitUsage, cfg.Validate())
}

func bind(cmd *cobra.Command) *cobra.Command {
	defaults := encoder.DefaultConfig()
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

func initCmd() *cobra.Command {
	return bind(&cobra.Command{
		Use: "init", Short: "Write a commented config.toml with these settings", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, cfg, err := load(cmd)
			if err != nil {
				return err
			}
			path := encoder.ConfigPath(home)
			if err := daemon.SaveConfig(path, cfg); err != nil {
				return err
			}
			return print(cmd, map[string]string{"config": path}, func(w io.Writer) { fmt.Fprintln(w, path) })
		},
	})
}

func versionCmd() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return print(cmd, map[string]string{"version": daemon.Version()}, func(w io.Writer) { fmt.Fprintln(w, daemon.Version()) })
		},
	}
}
