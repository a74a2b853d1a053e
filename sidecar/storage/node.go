package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/sidecar/storage/peers"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Node is a storage node. It implements rpc.Backend.
type Node struct {
	cfg      Config
	log      *slog.Logger
	version  string
	engine   *flowlog.Store
	index    index
	files    *files
	cache    *cache
	copies   *copier
	payloads *payloads
	follower *follower
	metrics  *metrics
	peers    *peers.Set
	scrub    scrub.Runner
	hashing  *semaphore.Weighted

	losing sync.Mutex // one quarantine at a time

	mu           sync.Mutex
	writeTrouble error // of the last write, nil when it worked
}

var _ rpc.Backend = (*Node)(nil)

// Open opens the store under a home; it listens to nothing and starts nothing.
func Open(home string, cfg Config, client chain.Client, version string, log *slog.Logger) (*Node, error) {
	return open(home, cfg, client, version, log, nil)
}

// OpenOffline opens a home without a chain, to look at it. It must exist.
func OpenOffline(home string, cfg Config) (*Node, error) {
	if _, err := os.Stat(DataDir(home)); err != nil {
		return nil, fmt.Errorf("no store at %s: %w; give the right --home", home, err)
	}
	return open(home, cfg, nil, "", slog.New(slog.DiscardHandler), nil)
}

func open(home string, cfg Config, client chain.Client, version string, log *slog.Logger, disk flowlog.FS) (*Node, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	shard, err := ParseShard(cfg.Shard)
	if err != nil {
		return nil, err
	}
	engine, err := flowlog.Open(DataDir(home), engineOptions(cfg, log, disk))
	if err != nil {
		return nil, err
	}
	n := &Node{
		cfg: cfg, log: log, version: version, engine: engine, index: index{engine.Meta()}, metrics: newMetrics(),
		hashing: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}
	n.cache = newCache(time.Now, func(segments int) { n.metrics.cacheEvicted.Add(float64(segments)) })
	n.copies, n.payloads = newCopier(n), newPayloads(n)
	if n.peers, err = peers.New(cfg.otherNodes(), peers.Options{Ours: n.identity, Log: log}); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	if n.files, err = newFiles(engine, shard); err == nil {
		n.follower, err = newFollower(client, cfg.FlowID, engine, log, n.metrics)
	}
	if err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	n.follower.added = n.entriesAdded
	n.registerGauges()
	return n, nil
}

func engineOptions(cfg Config, log *slog.Logger, disk flowlog.FS) flowlog.Options {
	return flowlog.Options{
		FS: disk, Role: flowlog.RolePlain, Program: "zg-storage", SlotsPerPack: cfg.PackSlots,
		CapacityLoads: cfg.CapacityLoads, Logger: log,
	}
}

// Close lets go of the store. The components must have ended.
func (n *Node) Close() error { return n.engine.Close() }

// Handler is the public port; Admin the private one.
func (n *Node) Handler() http.Handler {
	if n.cfg.Whole {
		return n.serveWhole()
	}
	return rpc.NewServer(n, n.doorOptions(n.metrics.doors))
}

// Admin is the private port; shutdown stops the process.
func (n *Node) Admin(shutdown func()) http.Handler {
	return rpc.NewAdmin(n, n.doorOptions(n.metrics.doors), shutdown)
}

func (n *Node) doorOptions(doors *rpc.Metrics) rpc.Options {
	return rpc.Options{Limits: n.cfg.limits(), PublicURL: n.cfg.PublicURL, Peers: n.peers, Metrics: doors, Log: n.log}
}

// Components are the node's goroutines in the order of their start; the store
// closes after all others have ended.
func (n *Node) Components(public, admin net.Listener, shutdown func()) []daemon.Component {
	return []daemon.Component{
		{Name: "store", Run: func(ctx context.Context) error { <-ctx.Done(); return n.Close() }},
		{Name: "scrub", Run: n.runScrub},
		{Name: "copies", Run: n.copies.run},
		{Name: "payloads", Run: n.payloads.run},
		{Name: "follower", Run: n.follower.run},
		daemon.HTTP("admin", admin, n.Admin(shutdown)),
		daemon.HTTP("rpc", public, n.Handler()),
	}
}

// entriesAdded runs after a page of entries became visible: segments that came
// ahead are stored, files whose data is here already are copied.
func (n *Node) entriesAdded(ctx context.Context, entries []*entry) {
	for _, e := range entries {
		if err := n.flushCache(ctx, e); err != nil {
			n.log.Warn("segments uploaded ahead of their transaction are lost; the client has to send them again", "error", err)
		}
		if e.owned(n.files.shard) == 0 {
			if _, err := n.fileInfo(ctx, e); err != nil { // finalizes it
				n.log.Warn("cannot finalize a file without segments in this shard", "tx_seq", e.seq, "error", err)
			}
			continue
		}
		n.copies.offer(e.root)
	}
	n.payloads.offer()
}

func (n *Node) setWriteTrouble(err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err != nil && n.writeTrouble == nil {
		n.log.Error("segments cannot be stored", "error", err)
	}
	n.writeTrouble = err
}

// readSectors reads plain sectors, checked by their checksums.
func (n *Node) readSectors(load uint64, firstSector, sectors int) ([]byte, error) {
	data := make([]byte, sectors*layout.SectorSize)
	return data, n.engine.ReadSectors(load, firstSector, sectors, data)
}

// identity is the network this node belongs to; ok is false until it knows.
func (n *Node) identity(ctx context.Context) (nodeapi.NetworkIdentity, bool) {
	status, err := n.Status(ctx)
	return status.NetworkIdentity, err == nil
}

// Shard is the part of the flow this node keeps.
func (n *Node) Shard() nodeapi.ShardConfig { return n.files.shard }

// Follow and CopyDuplicates are two of the components, for who runs a node
// inside another process.
func (n *Node) Follow(ctx context.Context) error { return n.follower.run(ctx) }

// FetchPayloads is another: it completes entries of confirmed blobs.
func (n *Node) FetchPayloads(ctx context.Context) error { return n.payloads.run(ctx) }

// CopyDuplicates completes entries of files that are here already.
func (n *Node) CopyDuplicates(ctx context.Context) error { return n.copies.run(ctx) }
