// Package cmd is the door to the command tree of zg-da-encoder.
package cmd

import (
	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/encoder/command"
)

// NewRootCmd returns the command tree; zgd mounts it as `zgd sidecar da-encoder`.
func NewRootCmd() *cobra.Command { return command.New() }

// Execute runs a command tree and returns the exit code of the process.
func Execute(root *cobra.Command) int { return command.Execute(root) }
