package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func newStartCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "start", Short: "Sign and serve until stopped", Args: cobra.NoArgs,
		Long: `Start signs and serves until SIGINT or SIGTERM. The chain need not be up yet;
trouble with it is waited out and told at /healthz. A home that does not exist
is made, with a new BLS key.`,
		Example: "  zg-da-node start --key-file account.key --listen 0.0.0.0:34000 --socket da.example.org:34000",
	}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		log, closer, err := config.Log.Logger()
		if err != nil {
			return daemon.Exit(daemon.ExitUsage, err)
		}
		defer closer.Close()
		return start(contextOf(cmd), option(cmd, "home"), config, log)
	}
	return cmd
}

// start wires a node and runs it.
func start(ctx context.Context, home string, config node.Config, log *slog.Logger) (err error) {
	account, err := open(ctx, config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, account.Close()) }()
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	listener, err := daemon.Listen("zg-da-node", config.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	statusListener, err := daemon.Listen("zg-da-node status", config.StatusListen)
	if err != nil {
		return err
	}
	defer statusListener.Close()
	registry := daemon.NewRegistry()
	n, err := node.New(home, config, node.Deps{
		Chain: account.client, Sender: account.sender, Listener: listener, Version: daemon.Version(), Log: log, Registry: registry,
	})
	if errors.Is(err, node.ErrKeyFile) {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	if err != nil {
		return err
	}
	log.Info("zg-da-node starts", "home", home, "address", account.sender.Address(), "listen", listener.Addr().String(),
		"status", "http://"+statusListener.Addr().String()+"/v1/status", "chain", config.ChainGRPC, "version", daemon.Version())
	return daemon.Run(ctx, log,
		daemon.HTTP("status", statusListener, n.Handler(registry)),
		daemon.Component{Name: "node", Run: n.Run},
	)
}

func newInitCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "init", Short: "Write HOME/config.toml with the given options, and make the BLS key", Args: cobra.NoArgs}
	load := withConfig(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		config, err := load()
		if err != nil {
			return err
		}
		home := option(cmd, "home")
		path := filepath.Join(home, node.ConfigFile)
		if err := daemon.SaveConfig(path, &config); err != nil {
			return err
		}
		if _, err := node.OpenKeys(home); err != nil {
			return err
		}
		key := filepath.Join(home, node.KeyFile)
		result := map[string]string{"config": path, "key": key}
		return daemon.Print(cmd.OutOrStdout(), option(cmd, "output"), result, textOf("%s\n%s\n", path, key))
	}
	return cmd
}
