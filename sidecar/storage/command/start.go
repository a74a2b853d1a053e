package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage"
)

func startCmd() *cobra.Command {
	return tree.Bind(&cobra.Command{
		Use: "start", Short: "Follow the chain and serve, until stopped", Args: cobra.NoArgs,
		Long: `Start follows the chain and serves until SIGINT or SIGTERM. The chain need not
be up yet; trouble with it is waited out and told at /healthz. A home that does
not exist is made.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, cfg, err := tree.Load(cmd)
			if err != nil {
				return err
			}
			return start(cmd.Context(), home, cfg)
		},
	})
}

func start(ctx context.Context, home string, cfg storage.Config) (err error) {
	if ctx == nil {
		ctx = context.Background()
	}
	ctx, shutdown := context.WithCancel(ctx)
	defer shutdown()
	log, logFile, err := cfg.Log.Logger()
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	defer logFile.Close()
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("make home: %w", err)
	}
	public, err := daemon.Listen("zg-storage", cfg.Listen)
	if err != nil {
		return err
	}
	defer public.Close()
	admin, err := daemon.Listen("zg-storage admin", cfg.AdminListen)
	if err != nil {
		return err
	}
	defer admin.Close()
	client, err := chain.Dial(ctx, chain.Options{GRPC: cfg.ChainGRPC, CometRPC: cfg.CometRPC})
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, fmt.Errorf("chain: %w", err))
	}
	defer func() { err = errors.Join(err, client.Close()) }()
	node, err := storage.Open(home, cfg, client, daemon.Version(), log)
	if err != nil {
		return err
	}
	if os.Getenv("GOMEMLIMIT") == "" { // collect harder before growing past the budgets
		debug.SetMemoryLimit(int64(cfg.UploadMemoryMiB+cfg.ServeMemoryMiB+256) << 20)
	}
	log.Info("zg-storage starts", "home", home, "listen", public.Addr().String(), "admin", admin.Addr().String(),
		"chain", cfg.ChainGRPC, "shard", cfg.Shard, "version", daemon.Version())
	return daemon.Run(ctx, log, node.Components(public, admin, shutdown)...)
}
