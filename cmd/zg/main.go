// Command zg stores files on a zgd network and fetches them back.
package main

import (
	"os"

	"github.com/zgd-network/zgd/cmd/zg/cmd"
)

func main() { os.Exit(cmd.Main(os.Args)) }
