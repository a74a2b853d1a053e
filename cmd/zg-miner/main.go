// zg-miner holds a sealed copy of a range of the flow and mines with it.
package main

import (
	"os"

	"github.com/zgd-network/zgd/cmd/zg-miner/cmd"
)

func main() { os.Exit(cmd.Execute(cmd.NewRootCmd())) }
