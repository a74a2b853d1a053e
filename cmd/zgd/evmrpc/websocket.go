package evmrpc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"

	ethrpc "github.com/ethereum/go-ethereum/rpc"

	evmserver "github.com/cosmos/evm/server"
	"github.com/cosmos/evm/server/config"
)

// shutdownPatience is how long connections may take to close.
const shutdownPatience = 200 * time.Millisecond

// serveWebsocket starts our WebSocket server: the services of HTTP plus
// subscriptions, with geth's rules for ids, batches and origins.
func (l *Layer) serveWebsocket(apis []ethrpc.API, cfg config.Config) error {
	if l.settings.wsAddress == "" {
		return nil
	}
	rpcServer := ethrpc.NewServer()
	rpcServer.SetBatchLimits(cfg.JSONRPC.BatchRequestLimit, cfg.JSONRPC.BatchResponseMaxSize)
	rpcServer.SetWebsocketReadLimit(int64(cfg.JSONRPC.HTTPBodyLimit))
	for _, api := range apis {
		if err := rpcServer.RegisterName(api.Namespace, api.Service); err != nil {
			return fmt.Errorf("service %s: %w", api.Namespace, err)
		}
	}
	listener, err := evmserver.Listen(l.settings.wsAddress, &cfg)
	if err != nil {
		return fmt.Errorf("websocket: %w: change json-rpc.ws-address of app.toml", err)
	}
	handler := rpcServer.WebsocketHandler(l.settings.wsOrigins)
	go l.runWebsocket(rpcServer, &http.Server{Handler: handler, ReadHeaderTimeout: cfg.JSONRPC.HTTPTimeout}, listener, cfg.TLS)
	l.logger.Info("WebSocket server", "address", l.settings.wsAddress, "origins", l.settings.wsOrigins)
	return nil
}

// runWebsocket serves until a signal asks the node to stop: the database closes
// soon after it, and no request may be under way then.
func (l *Layer) runWebsocket(rpcServer *ethrpc.Server, httpServer *http.Server, listener net.Listener, tls config.TLSConfig) {
	stopped, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()
	go func() {
		<-stopped.Done()
		rpcServer.Stop()
		ctx, cancel := context.WithTimeout(context.Background(), shutdownPatience)
		defer cancel()
		_ = httpServer.Shutdown(ctx)
	}()
	var err error
	if tls.CertificatePath != "" && tls.KeyPath != "" {
		err = httpServer.ServeTLS(listener, tls.CertificatePath, tls.KeyPath)
	} else {
		err = httpServer.Serve(listener)
	}
	if !errors.Is(err, http.ErrServerClosed) {
		l.logger.Error("WebSocket server ended", "error", err.Error())
	}
}
