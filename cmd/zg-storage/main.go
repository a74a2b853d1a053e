// zg-storage keeps the data of the flow: it follows the chain, takes proven
// segments, and serves files, loads and proofs.
package main

import (
	"os"

	"github.com/zgd-network/zgd/cmd/zg-storage/cmd"
)

func main() { os.Exit(cmd.Execute(cmd.NewRootCmd())) }
