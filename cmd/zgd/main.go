// Command zgd is the node of the zg network and its command line.
package main

import (
	"fmt"
	"os"

	svrcmd "github.com/cosmos/cosmos-sdk/server/cmd"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/cmd"
)

func main() {
	os.Exit(run())
}

// run is main with an exit code, so that deferred calls happen.
func run() int {
	tuneGC()
	// Before anything of the SDK: it computes this key at every address conversion
	// when it is not set (app.ConfigScope).
	if err := os.Setenv(sdk.EnvConfigScope, app.ConfigScope); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	sdk.GetConfig().Seal()
	root, err := cmd.NewRootCmd()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := svrcmd.Execute(root, "ZGD", app.DefaultNodeHome()); err != nil {
		fmt.Fprintln(root.ErrOrStderr(), err)
		return cmd.ExitCode(err)
	}
	return 0
}
