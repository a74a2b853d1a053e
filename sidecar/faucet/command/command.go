// Package command is the command tree of the faucet: flags and wiring. It has no
// binary of its own; zgd mounts it as `zgd sidecar faucet`.
package command

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/faucet"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// envPrefix starts the name of every variable that sets an option.
const envPrefix = "ZG_FAUCET_"

// New builds the command tree; contracts are those of the chain that the page
// and /abi tell of.
func New(contracts []faucet.Contract) *cobra.Command {
	root := &cobra.Command{
		Use:          "faucet",
		Short:        "Give test money to whoever asks, and show a network's addresses and ABIs",
		SilenceUsage: true, SilenceErrors: true,
	}
	home := os.Getenv(envPrefix + "HOME")
	if home == "" {
		if user, err := os.UserHomeDir(); err == nil {
			home = filepath.Join(user, ".zg", "faucet")
		}
	}
	root.PersistentFlags().String("home", home, "directory of the configuration")
	root.AddCommand(newStartCmd(contracts))
	return root
}

func newStartCmd(contracts []faucet.Contract) *cobra.Command {
	cmd := &cobra.Command{
		Use: "start", Short: "Serve the page and the faucet until stopped", Args: cobra.NoArgs,
		Example: "  zgd sidecar faucet start --key-file keys/faucet0.key --amount 5 --per-address-every 10m",
	}
	config := faucet.DefaultConfig()
	daemon.BindFlags(cmd.Flags(), &config)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path := filepath.Join(cmd.Flag("home").Value.String(), faucet.ConfigFile)
		if err := daemon.LoadConfig(path, envPrefix, cmd.Flags(), &config); err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		log, closer, err := config.Log.Logger()
		if err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		defer closer.Close()
		return start(cmd.Context(), config, contracts, log)
	}
	return cmd
}

// start wires a faucet and runs it.
func start(ctx context.Context, config faucet.Config, contracts []faucet.Contract, log *slog.Logger) error {
	if _, err := config.Check(); err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	if config.KeyFile == "" {
		return daemon.Exit(daemon.ExitUsage, fmt.Errorf("no key: give --key-file FILE, one line of 64 hex characters, mode 0600"))
	}
	key, err := chain.LoadKeyFile(config.KeyFile)
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	wallet, err := evm.Dial(config.EVMRPC, config.EVMChainID, key)
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	defer wallet.Close()
	gifts, err := faucet.New(config, wallet, time.Now)
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	server := faucet.Server{Config: config, Contracts: contracts, Faucet: gifts, Log: log}
	handler, err := server.Handler(daemon.NewRegistry())
	if err != nil {
		return err
	}
	listener, err := daemon.Listen("faucet", config.Listen)
	if err != nil {
		return err
	}
	log.Info("faucet starts", "address", key.Address(), "amount_zg", config.Amount, "chain", config.EVMRPC, "page", "http://"+listener.Addr().String()+"/")
	return daemon.Run(ctx, log, daemon.HTTP("faucet", listener, handler))
}
