package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func startCmd() *cobra.Command {
	return tree.Bind(&cobra.Command{
		Use: "start", Short: "Take and confirm blobs, until stopped", Args: cobra.NoArgs,
		Long: `Start serves until SIGINT or SIGTERM, and continues what an earlier run has
acknowledged. The chain need not be up yet; trouble with it is told at /healthz.
A home that does not exist is made. The account pays the fees of all blobs:
without an access file only this machine is let in.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			home, cfg, err := tree.Load(cmd)
			if err != nil {
				return err
			}
			return start(cmd.Context(), home, cfg)
		},
	})
}

func start(ctx context.Context, home string, cfg encoder.Config) (err error) {
	if ctx == nil {
		ctx = context.Background()
	}
	log, logFile, err := cfg.Log.Logger()
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	defer logFile.Close()
	if cfg.KeyFile == "" {
		return daemon.Exit(daemon.ExitUsage, errors.New("no account: give --key-file FILE, one line of 64 hex characters, mode 0600"))
	}
	key, err := chain.LoadKeyFile(cfg.KeyFile)
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	codec, used, err := encode.Codec(cfg.Codec)
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	certificate, err := cfg.TLS()
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, err)
	}
	rpc, err := daemon.Listen("zg-da-encoder gRPC", cfg.Listen)
	if err != nil {
		return err
	}
	defer rpc.Close()
	web, err := daemon.Listen("zg-da-encoder HTTP", cfg.HTTPListen)
	if err != nil {
		return err
	}
	defer web.Close()
	remote, err := chain.Dial(ctx, chain.Options{GRPC: cfg.ChainGRPC, CometRPC: cfg.CometRPC})
	if err != nil {
		return daemon.Exit(daemon.ExitUsage, fmt.Errorf("chain: %w", err))
	}
	reader := client.New(remote, nil, client.Options{Workers: cfg.Workers})
	defer func() { err = errors.Join(err, reader.Close()) }() // and the chain with it
	account := chain.NewSender(remote, key)
	members := &encoder.Members{Chain: remote, Account: account, Options: client.DisperserOptions{SignTimeout: time.Duration(cfg.SignTimeout)}}
	defer members.Close()
	if os.Getenv("GOMEMLIMIT") == "" { // collect harder before growing past the budgets
		debug.SetMemoryLimit(int64(cfg.MemoryMiB+cfg.CacheMiB+768) << 20)
	}
	registry := daemon.NewRegistry()
	service, err := encoder.Open(home, cfg, encoder.Parts{
		Chain: remote, Account: account, Quorums: members, Reader: encoder.Network{Client: reader}, Locator: encoder.Network{Client: reader},
		Codec: codec, Log: log, Version: daemon.Version(),
	}, registry)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, service.Close()) }()
	log.Info("zg-da-encoder starts", "home", home, "grpc", rpc.Addr().String(), "http", web.Addr().String(), "tls", certificate != nil,
		"chain", cfg.ChainGRPC, "account", account.Address(), "codec", used, "version", daemon.Version())
	return daemon.Run(ctx, log, service.Components(registry, rpc, web, certificate)...)
}
