package peers

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

const (
	// DefaultTTL is how long an answer about all peers is good for.
	DefaultTTL = 10 * time.Second
	// DefaultTimeout bounds the wait for one peer; who needs longer is left out.
	DefaultTimeout = 2 * time.Second
	// maxLookups bounds the questions about files under way, of all callers.
	maxLookups = 64
)

// Options tune a Set; zero values are good.
type Options struct {
	TTL     time.Duration
	Timeout time.Duration
	Log     *slog.Logger
	// Ours tells the network this node belongs to; ok is false as long as it does
	// not know. A peer of another network is left out. nil: any network.
	Ours func(ctx context.Context) (identity nodeapi.NetworkIdentity, ok bool)
}

// Set is the peers of one node. Safe for concurrent use; it runs nothing in the
// background: who asks for an old answer waits for a new one.
type Set struct {
	opts    Options
	peers   []*peer
	lookups chan struct{}

	asking sync.Mutex // one round at a time
	asked  time.Time  // guarded by asking
}

// peer is one named node; its fields are written under Set.asking only, by the
// round, and read under mu.
type peer struct {
	api *nodeapi.Client

	mu    sync.Mutex
	row   nodeapi.ShardedNode
	alive bool
	said  string // last trouble, so that it is logged once
}

// New makes the set of the peers at some URLs. It asks nobody yet.
func New(urls []string, opts Options) (*Set, error) {
	if opts.TTL <= 0 {
		opts.TTL = DefaultTTL
	}
	if opts.Timeout <= 0 {
		opts.Timeout = DefaultTimeout
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	s := &Set{opts: opts, lookups: make(chan struct{}, maxLookups)}
	seen := map[string]bool{}
	for _, url := range urls {
		api, err := nodeapi.New(strings.TrimSpace(url), nodeapi.Options{Timeout: opts.Timeout})
		if err != nil {
			return nil, err
		}
		if !seen[api.URL()] {
			seen[api.URL()] = true
			s.peers = append(s.peers, &peer{api: api})
		}
	}
	return s, nil
}

// Empty says whether no peer is named at all.
func (s *Set) Empty() bool { return s == nil || len(s.peers) == 0 }

// Nodes lists the peers that answer and belong to our network, in the order
// they were named. Latency is what one question took, Since when the peer
// began to answer.
func (s *Set) Nodes(ctx context.Context) []nodeapi.ShardedNode {
	if s.Empty() {
		return nil
	}
	s.refresh(ctx)
	var rows []nodeapi.ShardedNode
	for _, p := range s.peers {
		p.mu.Lock()
		if p.alive {
			rows = append(rows, p.row)
		}
		p.mu.Unlock()
	}
	return rows
}

// refresh asks all peers if the last round is too long ago.
func (s *Set) refresh(ctx context.Context) {
	s.asking.Lock()
	defer s.asking.Unlock()
	if time.Since(s.asked) < s.opts.TTL {
		return
	}
	var ours nodeapi.NetworkIdentity
	known := false
	if s.opts.Ours != nil {
		ours, known = s.opts.Ours(ctx)
	}
	// The round is for everybody: it ends by its own clock, not with its caller.
	round := context.WithoutCancel(ctx)
	var wait sync.WaitGroup
	for _, p := range s.peers {
		wait.Go(func() {
			row, err := s.ask(round, p, ours, known)
			s.note(p, row, err)
		})
	}
	wait.Wait()
	s.asked = time.Now()
}

// ask learns a peer's shard and checks its network.
func (s *Set) ask(ctx context.Context, p *peer, ours nodeapi.NetworkIdentity, known bool) (row nodeapi.ShardedNode, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.opts.Timeout)
	defer cancel()
	status, err := p.api.GetStatus(ctx)
	if err != nil {
		return row, err
	}
	theirs := status.NetworkIdentity
	if known && (theirs.ChainID != ours.ChainID || !strings.EqualFold(theirs.FlowAddress, ours.FlowAddress)) {
		return row, fmt.Errorf("peer %s belongs to chain %d, flow %s; this node to %d, %s: name nodes of one network",
			p.api.URL(), theirs.ChainID, theirs.FlowAddress, ours.ChainID, ours.FlowAddress)
	}
	began := time.Now()
	row.Config, err = p.api.GetShardConfig(ctx)
	row.URL, row.Latency = p.api.URL(), uint64(time.Since(began).Milliseconds())
	return row, err
}

// note keeps an answer; a peer that comes or goes is logged once.
func (s *Set) note(p *peer, row nodeapi.ShardedNode, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		if p.alive || p.said == "" {
			s.opts.Log.Warn("a peer is left out of what the indexer tells", "peer", p.api.URL(), "error", err)
		}
		p.alive, p.said = false, err.Error()
		return
	}
	row.Since = p.row.Since
	if !p.alive {
		row.Since = time.Now().Unix()
		s.opts.Log.Info("a peer answers", "peer", row.URL, "shard", fmt.Sprintf("%d/%d", row.Config.ShardID, row.Config.NumShard))
	}
	p.row, p.alive, p.said = row, true, ""
}
