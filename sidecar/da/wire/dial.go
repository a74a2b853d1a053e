package wire

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// Limits of one message and of one connection. Rows are streamed, so that a
// message needs to hold a few of them and one set of combinations (64 KiB at the
// most) only; the largest row has 128 KiB.
const (
	MaxMessageBytes = 8 << 20
	// RowsMessageBytes is about what senders of rows put into one message: with its
	// paths it fits the largest buffer that gRPC keeps, 1 MiB.
	RowsMessageBytes = 1<<20 - 1<<16

	streamWindow     = 4 << 20 // unread bytes of one stream
	connectionWindow = 16 << 20
	maxStreams       = 64 // at once on one connection
)

// Dial returns a connection to a member; it connects when it is used. auth is the
// submitter's account, nil for a connection that only reads.
func Dial(socket string, member Member, auth Authorizer) (*grpc.ClientConn, error) {
	config, err := clientTLS(member)
	if err != nil {
		return nil, err
	}
	if _, _, err := net.SplitHostPort(socket); err != nil {
		return nil, fmt.Errorf("socket %q of member %s: %w", socket, member.Address, err)
	}
	reconnect := backoff.Config{BaseDelay: 200 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 5 * time.Second}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(corkedTLS{credentials.NewTLS(config)}), grpc.WithWriteBufferSize(transferBytes),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 5 * time.Second}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithInitialWindowSize(streamWindow), grpc.WithInitialConnWindowSize(connectionWindow),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(MaxMessageBytes), grpc.MaxCallSendMsgSize(MaxMessageBytes)),
	}
	if auth != nil {
		options = append(options, grpc.WithPerRPCCredentials(callCredentials{member: member, signer: auth, now: time.Now}))
	}
	return grpc.NewClient("passthrough:///"+socket, options...)
}

// NewServer returns a server with this member's certificate and the gate that
// tells who calls it.
func NewServer(certificate tls.Certificate, evmChainID uint64, member chain.Address, more ...grpc.ServerOption) (*grpc.Server, Gate) {
	config := &tls.Config{MinVersion: tls.VersionTLS13, NextProtos: []string{"h2"}, Certificates: []tls.Certificate{certificate}}
	options := append([]grpc.ServerOption{
		grpc.Creds(corkedTLS{credentials.NewTLS(config)}), grpc.WriteBufferSize(transferBytes), borrow(),
		grpc.MaxRecvMsgSize(MaxMessageBytes), grpc.MaxSendMsgSize(MaxMessageBytes),
		grpc.MaxConcurrentStreams(maxStreams), grpc.ConnectionTimeout(10 * time.Second),
		grpc.InitialWindowSize(streamWindow), grpc.InitialConnWindowSize(connectionWindow),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 15 * time.Second, PermitWithoutStream: true}),
		grpc.KeepaliveParams(keepalive.ServerParameters{MaxConnectionIdle: 5 * time.Minute, Time: time.Minute, Timeout: 20 * time.Second}),
	}, more...)
	gate := Gate{
		evmChainID: evmChainID, member: member, now: time.Now,
		spki: sha256.Sum256(certificate.Leaf.RawSubjectPublicKeyInfo),
	}
	return grpc.NewServer(options...), gate
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
