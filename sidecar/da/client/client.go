package client

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/keyring"
)

// Denom is the base unit of all amounts; 10^18 of it are one zg.
const Denom = "azg"

// Keyring names a key stored as by `zgd keys`.
type Keyring struct {
	Backend string    // os, file, kwallet, pass or test
	Dir     string    // home of zgd
	Name    string    // "": none
	Prompt  io.Reader // answers the backend's question for a passphrase
}

// Progress is told how far work is. Calls come from several goroutines.
type Progress interface {
	// Stage begins a stage of totalBytes (0: not known).
	Stage(name string, totalBytes uint64)
	// Add counts bytes done in the running stage.
	Add(bytes uint64)
	// Note says something worth a line.
	Note(text string)
}

// Stages of work that Progress names.
const (
	StageEncode   = "encode"
	StageSubmit   = "submit"
	StageDisperse = "disperse"
	StageConfirm  = "confirm"
	StageUpload   = "upload" // to a disperser
	StageWait     = "wait"   // for a disperser
	StageFetch    = "fetch"
	StageSample   = "sample"
)

type quiet struct{}

func (quiet) Stage(string, uint64) {}
func (quiet) Add(uint64)           {}
func (quiet) Note(string)          {}

// Options say where a network is. Zero values are good.
type Options struct {
	GRPC     string // host:port of the chain's gRPC
	CometRPC string // http://host:port of CometBFT
	Encoder  string // host:port of a disperser's gRPC, https://host:port with TLS; "": none
	KeyFile  string // "" and no Keyring: read only
	Keyring  Keyring

	// HostedTimeout is how long a disperser is waited for after the last upload;
	// 10 minutes.
	HostedTimeout time.Duration

	Workers   int // cores to encode and rebuild on; 0: all
	MemoryMiB int // coded rows that a put holds at once; 0: 528, four of the largest blobs
	Disperser DisperserOptions
	Retriever RetrieverOptions
	Progress  Progress   // nil: none
	Light     OpenProver // nil: what the node says of the chain is taken for true; Dial sets it

	groupBytes int64 // of rows in a group; 0: see putting.groupBytes
}

// Client puts and reads blobs. Safe for concurrent use.
type Client struct {
	chain  chain.DAClient
	sender chain.DASender // nil: read only
	opts   Options

	mu      sync.Mutex // guards the rest
	readers *peers     // made when first used
	evmID   uint64
}

// Dial connects to a network. It waits for nothing.
func Dial(ctx context.Context, opts Options) (*Client, error) {
	remote, err := chain.Dial(ctx, chain.Options{GRPC: opts.GRPC, CometRPC: opts.CometRPC})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if opts.Light == nil {
		opts.Light = lightOf(remote)
	}
	key, named, err := opts.key()
	if err != nil {
		_ = remote.Close()
		return nil, fmt.Errorf("%w: %w", ErrNoKey, err)
	}
	if !named {
		return New(remote, nil, opts), nil
	}
	return New(remote, chain.NewSender(remote, key), opts), nil
}

// key reads the key to sign with, if one is named.
func (o Options) key() (key chain.Key, named bool, err error) {
	switch {
	case o.Keyring.Name != "":
		key, err = keyring.Load(keyring.Place{Backend: o.Keyring.Backend, Dir: o.Keyring.Dir, Prompt: o.Keyring.Prompt}, o.Keyring.Name)
		return key, true, err
	case o.KeyFile != "":
		key, err = chain.LoadKeyFile(o.KeyFile)
		return key, true, err
	}
	return chain.Key{}, false, nil
}

// New returns a client over a chain and an account, which may be nil.
func New(source chain.DAClient, sender chain.DASender, opts Options) *Client {
	if opts.Workers <= 0 {
		opts.Workers = runtime.GOMAXPROCS(0)
	}
	if opts.Progress == nil {
		opts.Progress = quiet{}
	}
	if opts.HostedTimeout <= 0 {
		opts.HostedTimeout = 10 * time.Minute
	}
	opts.Retriever = opts.Retriever.withDefaults()
	opts.Retriever.Workers = opts.Workers
	return &Client{chain: source, sender: sender, opts: opts}
}

// Close ends all connections.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.readers != nil {
		c.readers.close()
	}
	c.mu.Unlock()
	return c.chain.Close()
}

// Address returns the signing account, "" without a key.
func (c *Client) Address() string {
	if c.sender == nil {
		return ""
	}
	return c.sender.Address()
}

// network returns the EVM chain id, which every root and certificate names.
func (c *Client) network(ctx context.Context) (uint64, error) {
	c.mu.Lock()
	id := c.evmID
	c.mu.Unlock()
	if id != 0 {
		return id, nil
	}
	status, err := c.chain.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("chain status: %w", err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.evmID = status.EVMChainID
	return c.evmID, nil
}

// peersFor returns the connections to read over.
func (c *Client) peersFor(ctx context.Context) (*peers, error) {
	id, err := c.network(ctx)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.readers == nil {
		c.readers = newPeers(id, nil)
	}
	return c.readers, nil
}
