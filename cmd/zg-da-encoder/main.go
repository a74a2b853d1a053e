// zg-da-encoder takes payloads, codes them, has a quorum sign for them, confirms
// them on chain and reads them back.
package main

import (
	"os"

	"github.com/zgd-network/zgd/cmd/zg-da-encoder/cmd"
)

func main() { os.Exit(cmd.Execute(cmd.NewRootCmd())) }
