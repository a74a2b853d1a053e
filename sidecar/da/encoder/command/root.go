// Package command is the command tree of zg-da-encoder: flags and wiring.
package command

import (
	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return daemon.Execute(root) }

var tree = daemon.Tree[encoder.Config]{
	EnvPrefix: encoder.EnvPrefix, Folder: "da-encoder", Defaults: encoder.DefaultConfig, Path: encoder.ConfigPath,
}

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
	tree.Flags(root)
	root.AddCommand(tree.InitCmd(), startCmd(), statusCmd(), encodeCmd(), selftestCmd(), daemon.VersionCmd())
	return root
}
