// Package command is the command tree of zg-storage: flags and wiring. It lies
// here and not under cmd/, because only sidecar/ may import sidecar/internal.
package command

import (
	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage"
)

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

var tree = daemon.Tree[storage.Config]{
	EnvPrefix: storage.EnvPrefix, Folder: "storage", Defaults: storage.DefaultConfig, Path: storage.ConfigPath,
}

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
	tree.Flags(root)
	root.AddCommand(tree.InitCmd(), startCmd(), statusCmd(), fsckCmd(), inspectCmd(), daemon.VersionCmd())
	return root
}
