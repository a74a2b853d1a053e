package chain

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// Bounds of what is taken from a node, which is not trusted with our memory.
const (
	maxReceiveBytes = 32 << 20 // one gRPC answer: 1000 entries with their tags fit
	maxSendBytes    = 16 << 20 // one gRPC request
	maxCometBytes   = 4 << 20  // one CometBFT answer or event
	defaultCall     = 10 * time.Second
)

// Options say where a chain's node is. Zero values mean the devnet's defaults.
type Options struct {
	GRPC     string // host:port, or https://host:port for TLS; default 127.0.0.1:9090
	CometRPC string // http://host:port; default http://127.0.0.1:26657
	Denom    string // of fees; default azg
	// MinGasPrice is the least price offered, in the denom's base unit per gas;
	// default 1000000000. The chain's base fee is asked for and wins when higher.
	MinGasPrice uint64
}

func (o Options) withDefaults() Options {
	if o.GRPC == "" {
		o.GRPC = "127.0.0.1:9090"
	}
	if o.CometRPC == "" {
		o.CometRPC = "http://127.0.0.1:26657"
	}
	o.CometRPC = strings.TrimRight(strings.Replace(o.CometRPC, "tcp://", "http://", 1), "/")
	if o.Denom == "" {
		o.Denom = "azg"
	}
	if o.MinGasPrice == 0 {
		o.MinGasPrice = 1_000_000_000
	}
	return o
}

// Remote is a Client over a node's gRPC and CometBFT RPC. It connects when it
// is used and reconnects by itself, so that a daemon may start before its chain
// and outlive the chain's restarts.
type Remote struct {
	DAQueries
	options    Options
	conn       *grpc.ClientConn
	flow       flowtypes.QueryClient
	pora       poratypes.QueryClient
	http       *http.Client
	evmChainID atomic.Uint64 // 0: not known yet
}

var _ Client = (*Remote)(nil)

// Dial returns a client; it does not wait for the node. ctx is not kept.
func Dial(_ context.Context, options Options) (*Remote, error) {
	options = options.withDefaults()
	target, security := options.GRPC, insecure.NewCredentials()
	if rest, ok := strings.CutPrefix(target, "https://"); ok {
		target, security = rest, credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	target = strings.TrimPrefix(target, "http://")
	reconnect := backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: time.Second}
	conn, err := grpc.NewClient("passthrough:///"+target,
		grpc.WithTransportCredentials(security),
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: reconnect, MinConnectTimeout: 2 * time.Second}),
		grpc.WithDefaultCallOptions(
			grpc.ForceCodec(wireCodec{}),
			grpc.MaxCallRecvMsgSize(maxReceiveBytes),
			grpc.MaxCallSendMsgSize(maxSendBytes),
		),
	)
	if err != nil {
		return nil, fmt.Errorf("chain gRPC address %q: %w; want host:port", options.GRPC, err)
	}
	return &Remote{
		DAQueries: NewDAQueries(conn),

		options: options,
		conn:    conn,
		flow:    flowtypes.NewQueryClient(conn),
		pora:    poratypes.NewQueryClient(conn),
		http:    &http.Client{Timeout: defaultCall, Transport: &http.Transport{MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute}},
	}, nil
}

// Close ends the connection; calls in flight fail.
func (r *Remote) Close() error {
	r.http.CloseIdleConnections()
	return r.conn.Close()
}

// bounded gives a call a deadline if its caller gave none.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, defaultCall)
}

// notReady is how the SDK answers, with code Unknown, before a chain's first
// block and before a restarted node's.
var notReady = []string{
	"is not ready; please wait for first block",
	"context did not contain latest block height",
}

func isNotReady(err error) bool {
	return slices.ContainsFunc(notReady, func(text string) bool { return strings.Contains(err.Error(), text) })
}

// mapError turns a gRPC error into the package's words.
func mapError(ctx context.Context, what string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if isNotReady(err) {
		return fmt.Errorf("%s: %w: %s", what, ErrUnavailable, status.Convert(err).Message())
	}
	switch status.Code(err) {
	case codes.NotFound:
		return fmt.Errorf("%s: %w: %s", what, ErrNotFound, status.Convert(err).Message())
	case codes.Unavailable, codes.DeadlineExceeded, codes.Aborted:
		return fmt.Errorf("%s: %w: %s", what, ErrUnavailable, status.Convert(err).Message())
	default:
		return fmt.Errorf("%s: %w", what, err)
	}
}
