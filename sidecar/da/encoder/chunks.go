package encoder

import (
	"container/list"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Locator finds who holds the rows of a confirmed blob (client.Client).
type Locator interface {
	Holders(ctx context.Context, root chain.Hash) (Holders, error)
}

// Holders hand out chunks of one blob, checked against its root (client.Holders).
type Holders interface {
	Commitment(ctx context.Context) (erasure.Commitment, error)
	Chunk(ctx context.Context, row, chunk int) (erasure.Commitment, erasure.Chunk, error)
}

const (
	// a light sampler asks for 11 chunks of a healthy blob, for 256 at most
	burstSeconds   = 4 // of the allowance may come at once
	shareOfAHost   = 4 // one host gets a quarter
	hostsKept      = 10_000
	locatedKept    = 64 // blobs; a quorum of 4096 seats takes about 100 KiB
	locatedFor     = time.Minute
	notFoundFor    = 5 * time.Second
	locatingAtOnce = 16
	searchesAtOnce = 4 // for roots of no record: members of many quorums are asked
)

// samples is the door for light samplers: who holds what, and how often it may be
// asked. Nobody shows a token there.
type samples struct {
	locator   Locator
	recorded  func(ctx context.Context, root Root) bool // on chain
	now       func() time.Time
	locating  chan struct{}
	searching chan struct{}

	mu    sync.Mutex // guards the rest
	order *list.List // of *place, newest first
	of    map[Root]*list.Element
	all   *rate.Limiter // nil: shut
	hosts map[netip.Prefix]*rate.Limiter
}

// place is who holds a blob, or why that is not known.
type place struct {
	root    Root
	ready   chan struct{} // closed when the rest is filled in
	until   time.Time
	holders Holders
	err     error
}

func newSamples(locator Locator, recorded func(context.Context, Root) bool, perSecond uint32, now func() time.Time) *samples {
	s := &samples{
		locator: locator, recorded: recorded, now: now,
		locating: make(chan struct{}, locatingAtOnce), searching: make(chan struct{}, searchesAtOnce),
		order: list.New(), of: make(map[Root]*list.Element), hosts: make(map[netip.Prefix]*rate.Limiter),
	}
	if locator != nil && perSecond > 0 {
		s.all = rate.NewLimiter(rate.Limit(perSecond), burstSeconds*int(perSecond))
	}
	return s
}

// admit takes one request off the allowances, of the host first.
func (s *samples) admit(from netip.Addr) error {
	if s.all == nil {
		return fmt.Errorf("%w: this server has no door for light samplers", ErrNotFound)
	}
	now := s.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	host := daemon.HostOf(from)
	limiter := s.hosts[host]
	if limiter == nil {
		if len(s.hosts) >= hostsKept {
			clear(s.hosts) // the allowance of all together holds on
		}
		limiter = rate.NewLimiter(s.all.Limit()/shareOfAHost, max(1, s.all.Burst()/shareOfAHost))
		s.hosts[host] = limiter
	}
	for _, one := range []*rate.Limiter{limiter, s.all} {
		if !one.AllowN(now, 1) {
			return &Busy{What: "too many chunks are asked for", After: time.Second, Quota: true}
		}
	}
	return nil
}

// holders returns who holds a blob, asked for once by all who want to know.
func (s *samples) holders(ctx context.Context, root Root) (Holders, error) {
	p, mine := s.place(root)
	if mine {
		go s.locate(context.WithoutCancel(ctx), p)
	}
	select {
	case <-p.ready:
		return p.holders, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// place returns what is known of a root; mine: nothing yet, the caller has to ask.
func (s *samples) place(root Root) (p *place, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if element, ok := s.of[root]; ok {
		p := element.Value.(*place)
		if p.until.IsZero() || now.Before(p.until) {
			s.order.MoveToFront(element)
			return p, false
		}
		s.drop(element)
	}
	p = &place{root: root, ready: make(chan struct{})}
	s.of[root] = s.order.PushFront(p)
	if s.order.Len() > locatedKept {
		s.drop(s.order.Back())
	}
	return p, true
}

// drop needs s.mu.
func (s *samples) drop(element *list.Element) {
	delete(s.of, s.order.Remove(element).(*place).root)
}

// locate fills in a place.
func (s *samples) locate(ctx context.Context, p *place) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	slots := s.locating
	if !s.recorded(ctx, p.root) { // strangers with roots of nothing wait for each other only
		slots = s.searching
	}
	holders, err := Holders(nil), error(&Busy{What: "too many blobs are looked for", After: busyAfter})
	select {
	case slots <- struct{}{}:
		holders, err = s.locator.Holders(ctx, chain.Hash(p.root))
		<-slots
	case <-ctx.Done():
	}
	life := locatedFor
	if err != nil {
		life = notFoundFor
		if errors.Is(err, client.ErrNotFound) || errors.Is(err, chain.ErrNotFound) {
			err = fmt.Errorf("%w: %w", ErrNotFound, err)
		}
	}
	s.mu.Lock()
	p.holders, p.err, p.until = holders, err, s.now().Add(life)
	s.mu.Unlock()
	close(p.ready)
}
