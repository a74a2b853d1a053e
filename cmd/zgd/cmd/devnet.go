package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/cmd/zgd/devnet"
	"github.com/zgd-network/zgd/sidecar/client/network"
)

func init() { register(newDevnetCmd) }

// newDevnetCmd starts a whole network on this machine.
func newDevnetCmd() *cobra.Command {
	base, err := os.UserHomeDir()
	if err != nil {
		base = "." // no home directory: a relative one, visible to the user
	}
	o := devnet.Defaults(base)
	cmd := &cobra.Command{
		Use:   "devnet",
		Short: "Start a whole network on this machine: chain, storage, miner, data availability and faucet",
		Long: `Starts validators, storage nodes, miners, signers of data availability with an
encoder, and a faucet, each a process of its own, on loopback, with ten funded
accounts. When everything answers it writes the
ready file, which zg finds by itself. Ctrl-C stops everything; the next start
continues, --reset starts anew.

The faucet's page shows addresses, ABIs and URLs and gives money. How often one
may ask is set by ZG_FAUCET_ variables, see zgd sidecar faucet start --help.

Difficulty, epochs and payout windows are set by genesis parameters so that a
proof lands every few seconds on one core.`,
		Example: `  zgd devnet
  zgd devnet --validators 4 --block-time 500ms --reset
  zgd devnet --home ./second --ports-from 30000`,
		Args:        usageArgs(cobra.NoArgs),
		Annotations: map[string]string{noNodeFiles: "it makes homes of its own"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDevnet(cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.Home, "home", o.Home, "folder of everything the network keeps")
	f.IntVar(&o.Validators, "validators", o.Validators, "number of validators, fixed when the network is made")
	f.IntVar(&o.Storage, "storage", o.Storage, "number of storage nodes")
	f.IntVar(&o.Miners, "miners", o.Miners, "number of miners")
	f.IntVar(&o.DASigners, "da-signers", o.DASigners, "number of data availability nodes, fixed when the network is made (0: no encoder either)")
	f.DurationVar(&o.BlockTime, "block-time", o.BlockTime, "time from one block to the next")
	f.IntVar(&o.PortsFrom, "ports-from", 0, "take ports from this one on, ten a process (0: the usual ports)")
	f.BoolVar(&o.Faucet, "faucet", o.Faucet, "serve the developer's page, ABIs and a faucet")
	f.StringVar(&o.FaucetGift, "faucet-amount", o.FaucetGift, "what the faucet gives at a time, in zg")
	f.StringVar(&o.ReadyFile, "ready-file", "", "file that describes the running network (default network.json in the home)")
	f.BoolVar(&o.Reset, "reset", false, "forget the home's network and make a new one")
	f.StringVar(&o.LogLevel, "log-level", o.LogLevel, "debug, info, warn or error, of every process")
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.AddCommand(newDevnetFaucetCmd())
	return cmd
}

// newDevnetFaucetCmd asks a running devnet's faucet.
func newDevnetFaucetCmd() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:         "faucet ADDRESS",
		Short:       "Ask the running devnet's faucet for money",
		Long:        "Asks the running devnet's faucet for money and prints the transaction's hash.",
		Example:     "  zgd devnet faucet 0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
		Args:        usageArgs(cobra.ExactArgs(1)),
		Annotations: map[string]string{noNodeFiles: "it talks to the faucet alone"},
		RunE: func(cmd *cobra.Command, args []string) error {
			path, err := network.Find(file)
			if err != nil {
				return err
			}
			ready, err := network.Load(path)
			if err != nil {
				return fmt.Errorf("%w: start one with zgd devnet, or name its ready file with --network", err)
			}
			hash, err := devnet.AskFaucet(cmd.Context(), ready, args[0])
			if err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), hash)
			return nil
		},
	}
	cmd.Flags().StringVar(&file, "network", "", "ready file (default $ZG_NETWORK, else ~/.zg/devnet/network.json)")
	return cmd
}

func runDevnet(cmd *cobra.Command, o devnet.Options) (err error) {
	for _, path := range []*string{&o.Home, &o.ReadyFile} {
		if *path == "" {
			continue // Validate refuses an empty home
		}
		if *path, err = filepath.Abs(*path); err != nil {
			return err
		}
	}
	if o.ReadyFile == "" {
		o.ReadyFile = filepath.Join(o.Home, "network.json")
	}
	if o.Executable, err = os.Executable(); err != nil {
		return fmt.Errorf("find this executable: %w", err)
	}
	ctx, stop := signal.NotifyContext(context.WithoutCancel(cmd.Context()), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	err = devnet.Run(ctx, o, cmd.OutOrStdout())
	if errors.Is(err, devnet.ErrUsage) {
		return usageError{err}
	}
	return err
}

// usageError ends the process with code 2: the command has to be typed
// differently.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// ExitCode is the process's.
func (e usageError) ExitCode() int { return 2 }

// usageArgs makes a complaint about arguments a usageError.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}
