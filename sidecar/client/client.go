package client

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/keyring"
)

// Denom is the base unit of all amounts; 10^18 of it are one zg.
const Denom = "azg"

// mainFlow is the flow `zg` stores in.
const mainFlow = 0

// Words of the chain that callers of this package meet.
type (
	Hash      = chain.Hash
	Entry     = chain.Entry
	Price     = chain.Price
	Rejection = chain.Rejection
)

// Errors of the chain, for callers outside sidecar/.
var (
	ErrChainUnavailable = chain.ErrUnavailable
	ErrChainRejected    = chain.ErrRejected
)

// Keyring names a key stored as by `zgd keys`.
type Keyring struct {
	Backend string    // os, file, kwallet, pass or test
	Dir     string    // home of zgd
	Name    string    // "": none
	Prompt  io.Reader // answers the backend's question for a passphrase
}

// Options say where a network is and how hard to try. Zero values are good
// except for Storage.
type Options struct {
	GRPC     string   // host:port of the chain's gRPC
	CometRPC string   // http://host:port of CometBFT
	Storage  []string // URLs of storage nodes
	KeyFile  string   // "" and no Keyring: read only
	Keyring  Keyring  // used where it has a name

	Replicas  int           // copies to upload, 1
	Parallel  int           // segments under way at once, 16 (4 MiB of buffers)
	Attempts  int           // tries per segment and node, 8
	Stall     time.Duration // one try of one segment, 30 s; a node may hold a write back for 20 s
	Hedge     time.Duration // the same while another node could answer, 5 s
	Visible   time.Duration // from commit to the node knowing the entry, 60 s
	ResumeDir string        // ~/.zg/resume; where puts note how far they are
	Progress  Progress      // nil: none
}

func (o Options) withDefaults() Options {
	orInt := func(value *int, fallback int) {
		if *value <= 0 {
			*value = fallback
		}
	}
	orTime := func(value *time.Duration, fallback time.Duration) {
		if *value <= 0 {
			*value = fallback
		}
	}
	orInt(&o.Replicas, 1)
	orInt(&o.Parallel, 16)
	orInt(&o.Attempts, 8)
	orTime(&o.Stall, 30*time.Second)
	orTime(&o.Hedge, min(5*time.Second, o.Stall))
	orTime(&o.Visible, 60*time.Second)
	if o.ResumeDir == "" {
		if home, err := os.UserHomeDir(); err == nil {
			o.ResumeDir = filepath.Join(home, ".zg", "resume")
		}
	}
	if o.Progress == nil {
		o.Progress = quiet{}
	}
	return o
}

// Client stores and fetches files. Safe for concurrent use, but two puts of
// the same path at once would share one resume file.
type Client struct {
	chain   chain.Client
	sender  chain.Sender // nil: read only
	nodes   []*nodeapi.Client
	opts    Options
	buffers chan []byte // the only segment buffers: what bounds memory
}

// Dial connects to a network. It waits for nothing: the chain and the nodes
// are asked when they are needed.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	remote, err := chain.Dial(ctx, chain.Options{GRPC: opts.GRPC, CometRPC: opts.CometRPC})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	sender, err := opts.sender(remote)
	if err != nil {
		_ = remote.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	c, err := New(remote, sender, opts)
	if err != nil {
		_ = remote.Close()
	}
	return c, err
}

// sender opens the account to sign with; nil if none is named.
func (o Options) sender(remote *chain.Remote) (chain.Sender, error) {
	var key chain.Key
	var err error
	switch {
	case o.Keyring.Name != "":
		where := keyring.Place{Backend: o.Keyring.Backend, Dir: o.Keyring.Dir, Prompt: o.Keyring.Prompt}
		key, err = keyring.Load(where, o.Keyring.Name)
	case o.KeyFile != "":
		key, err = chain.LoadKeyFile(o.KeyFile)
	default:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return chain.NewSender(remote, key), nil
}

// New returns a client over a chain and an account, which may be nil.
func New(source chain.Client, sender chain.Sender, opts Options) (*Client, error) {
	c := &Client{chain: source, sender: sender, opts: opts.withDefaults()}
	for _, url := range opts.Storage {
		node, err := nodeapi.New(url, nodeapi.Options{})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		c.nodes = append(c.nodes, node)
	}
	c.buffers = make(chan []byte, c.opts.Parallel)
	for range c.opts.Parallel {
		c.buffers <- nil // allocated when first used
	}
	return c, nil
}

// Close ends the connection to the chain.
func (c *Client) Close() error { return c.chain.Close() }

// Address returns the signing account, "" without a key.
func (c *Client) Address() string {
	if c.sender == nil {
		return ""
	}
	return c.sender.Address()
}

// takeBuffer waits for one of the segment buffers.
func (c *Client) takeBuffer(ctx context.Context) ([]byte, error) {
	select {
	case buffer := <-c.buffers:
		if buffer == nil {
			buffer = make([]byte, segmentBytes)
		}
		return buffer[:segmentBytes], nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *Client) giveBuffer(buffer []byte) { c.buffers <- buffer }
