package command

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/miner"
)

func newStartCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "start", Short: "Mine until stopped", Args: cobra.NoArgs,
		Example: "  zg-miner start --key-file miner.key --storage http://127.0.0.1:5678 --threads 4",
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
		return start(cmd.Context(), config, option(cmd, "home"), log)
	}
	return cmd
}

// start wires a miner and runs it.
func start(ctx context.Context, config miner.Config, home string, log *slog.Logger) error {
	if ctx == nil {
		ctx = context.Background()
	}
	settings, err := config.Settings()
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	key, err := loadKey(config)
	if err != nil {
		return err
	}
	source, err := nodeapi.New(config.Storage, nodeapi.Options{})
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	client, err := chain.Dial(ctx, chain.Options{GRPC: config.ChainGRPC, CometRPC: config.CometRPC})
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	defer client.Close()
	listener, err := daemon.Listen("zg-miner", config.StatusListen)
	if err != nil {
		return err
	}
	registry := daemon.NewRegistry()
	node := miner.NewNode(settings, miner.Deps{
		Chain: client, Sender: chain.NewSender(client, key), Source: source,
		OpenData: func(minerID chain.Hash) (miner.Store, error) {
			return miner.OpenStore(miner.DataPath(home, minerID), minerID, log)
		},
		Log: log, Registry: registry,
	})
	log.Info("zg-miner starts", "owner", key.Address(), "storage", config.Storage, "chain", config.ChainGRPC,
		"status", "http://"+listener.Addr().String()+"/v1/status")
	return daemon.Run(ctx, log,
		daemon.HTTP("status", listener, node.Handler(registry)),
		daemon.Component{Name: "miner", Run: node.Run},
	)
}
