package encoder

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

// TLS is the certificate of both doors, nil for plain ones.
func (c Config) TLS() (*tls.Config, error) {
	if c.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
	if err != nil {
		return nil, fmt.Errorf("tls_cert and tls_key: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}}, nil
}

// Components are the parts of the daemon, to be started in order.
func (s *Service) Components(registry *prometheus.Registry, rpc, web net.Listener, certificate *tls.Config) []daemon.Component {
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(wire.MaxMessageBytes), grpc.MaxSendMsgSize(wire.MaxMessageBytes),
		grpc.MaxConcurrentStreams(64), grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 5 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 15 * time.Second, PermitWithoutStream: true}),
	}
	if certificate != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(certificate)))
		web = tls.NewListener(web, certificate)
	}
	server := grpc.NewServer(options...)
	s.Register(server)
	return []daemon.Component{
		{Name: "batches", Run: s.Run},
		daemon.HTTP("http", web, s.Handler(registry)),
		{Name: "grpc", Run: func(ctx context.Context) error { return serveGRPC(ctx, server, rpc) }},
	}
}

func serveGRPC(ctx context.Context, server *grpc.Server, listener net.Listener) error {
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	timer := time.AfterFunc(daemon.StopTimeout/2, server.Stop) // some client will not let go
	defer timer.Stop()
	server.GracefulStop()
	<-failed
	return nil
}

// Members is Quorums over the network. It is made when the chain first answers,
// for it needs the chain's id and limits.
type Members struct {
	Chain   chain.DAReader
	Account chain.DASender
	Options client.DisperserOptions

	mu    sync.Mutex
	inner *client.Disperser
}

// Disperse brings blobs to their quorum.
func (m *Members) Disperse(ctx context.Context, q chain.DAQuorum, pieces []client.Piece) (*client.Dispersal, error) {
	inner, err := m.connect(ctx)
	if err != nil {
		return nil, err
	}
	return inner.Disperse(ctx, q, pieces)
}

func (m *Members) connect(ctx context.Context) (*client.Disperser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inner != nil {
		return m.inner, nil
	}
	status, err := m.Chain.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain status: %w", err)
	}
	limits, err := m.Chain.DALimits(ctx)
	if err != nil {
		return nil, fmt.Errorf("parameters of the chain: %w", err)
	}
	options := m.Options
	options.MinRows = int(limits.MinVerifyRows)
	m.inner = client.NewDisperser(status.EVMChainID, m.Account, options)
	return m.inner, nil
}

// Close ends the connections.
func (m *Members) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.inner != nil {
		m.inner.Close()
	}
}

// Network is Reader and Locator over the network: it trusts nobody.
type Network struct{ Client *client.Client }

// Payload reads a blob from any of its members.
func (n Network) Payload(ctx context.Context, root chain.Hash) ([]byte, error) {
	got, err := n.Client.Retrieve(ctx, root)
	if err != nil {
		return nil, err
	}
	return got.Payload, nil
}

// Holders finds who holds the rows of a blob.
func (n Network) Holders(ctx context.Context, root chain.Hash) (Holders, error) {
	h, err := n.Client.Holders(ctx, root)
	if err != nil {
		return nil, err
	}
	return h, nil
}
