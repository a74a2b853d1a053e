// zg-da-node holds rows of blobs for a data availability quorum and signs for
// them.
package main

import (
	"os"

	"github.com/zgd-network/zgd/cmd/zg-da-node/cmd"
)

func main() { os.Exit(cmd.Execute(cmd.NewRootCmd())) }
