package client

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// RetrieverOptions say how hard reads try. Zero values are good.
type RetrieverOptions struct {
	TryTimeout time.Duration // 10 s; of one request
	FirstHedge time.Duration // 1 s; before a request is doubted while nothing is known of the pace
	Jobs       int           // 16; requests on their way at once
	JobBytes   int           // 2 MiB; of rows in one request
	Workers    int           // cores to check and rebuild on
}

func (o RetrieverOptions) withDefaults() RetrieverOptions {
	if o.TryTimeout <= 0 {
		o.TryTimeout = 10 * time.Second
	}
	if o.FirstHedge <= 0 {
		o.FirstHedge = time.Second
	}
	if o.Jobs <= 0 {
		o.Jobs = 16
	}
	if o.JobBytes <= 0 {
		o.JobBytes = 2 << 20
	}
	return o
}

// Retrieved is a blob that was read back.
type Retrieved struct {
	Payload    []byte
	Blob       chain.DABlob
	Proven     bool // by the confirmed root of its block: the record is gone
	Rows       int  // that came and were right
	Rebuilt    int  // data rows that were computed from others
	FetchTime  time.Duration
	DecodeTime time.Duration
	Faults     []Fault
}

// Retrieve reads one blob: any k rows that lead to the root and obey the coding
// make it, whoever they come from. A payload that no encoder writes is
// ErrMalformedBlob, for every reader alike.
func (c *Client) Retrieve(ctx context.Context, root chain.Hash) (*Retrieved, error) {
	return c.retrieve(ctx, root, true, c.opts.Progress)
}

// retrieve is Retrieve; stage says whether this blob is a stage of progress or
// part of one.
func (c *Client) retrieve(ctx context.Context, root chain.Hash, stage bool, progress Progress) (*Retrieved, error) {
	evmChainID, err := c.network(ctx)
	if err != nil {
		return nil, err
	}
	readers, err := c.peersFor(ctx)
	if err != nil {
		return nil, err
	}
	l, err := c.locate(ctx, root)
	if err != nil {
		return nil, err
	}
	if err := l.load(ctx, readers, evmChainID, c.opts.Retriever); err != nil {
		return nil, err
	}
	if stage {
		progress.Stage(StageFetch, uint64(l.commit.Profile.K*l.commit.RowSize))
	}
	began := time.Now()
	f := newFetching(l, readers, c.opts.Retriever, progress)
	rows, err := f.run(ctx)
	out := &Retrieved{Blob: l.blob, Proven: l.proven, Rows: len(rows), FetchTime: time.Since(began), Faults: append(l.faults, f.blamed()...)}
	if err != nil {
		return out, err
	}
	began = time.Now()
	for _, row := range rows[:l.commit.Profile.K] {
		if row.Index >= l.commit.Profile.K {
			out.Rebuilt++
		}
	}
	data, err := l.commit.Rebuild(erasure.CPU, rows)
	if err == nil {
		out.Payload, err = l.commit.Payload(data)
	}
	out.DecodeTime = time.Since(began)
	return out, err
}

// load asks members for the commitment and the combinations, a few at a time,
// until one has those of the root.
func (l *located) load(ctx context.Context, p *peers, evmChainID uint64, o RetrieverOptions) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type answer struct {
		member int
		err    error
		use    func() error
	}
	answers := make(chan answer, len(l.quorum.Members))
	ask := func(m int) {
		r, err := record(ctx, p, l.quorum.Members[m], l.root, true, o)
		answers <- answer{m, err, func() error { return l.loadVerifier(r, evmChainID) }}
	}
	next, running := 0, 0
	start := func() {
		if next < len(l.quorum.Members) {
			go ask(next)
			next, running = next+1, running+1
		}
	}
	hedge := time.NewTicker(o.FirstHedge)
	defer hedge.Stop()
	for start(); running > 0; {
		select {
		case a := <-answers:
			running--
			if a.err == nil {
				a.err = a.use()
				if a.err == nil {
					return nil
				}
				l.blame(a.member, FaultBadRows, reason(a.err))
			} else if kind, _ := classify(a.err); ctx.Err() == nil {
				l.blame(a.member, kind, reason(a.err))
			}
			start()
		case <-hedge.C:
			start()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return fmt.Errorf("%w: no member has the combinations of %s: %s", ErrTooFewRows, hexRoot(l.root), names(l.faults))
}

func (l *located) blame(m int, kind FaultKind, why string) {
	l.faults = append(l.faults, *faultOf(l.quorum.Members[m], kind, why))
}

// plan lists the rows of each member in the order they are wanted: those that
// hold the payload first.
func (l *located) plan() (systematic, parity [][]uint32) {
	systematic, parity = make([][]uint32, len(l.quorum.Members)), make([][]uint32, len(l.quorum.Members))
	for row, m := range l.holders {
		if row < l.commit.Profile.K {
			systematic[m] = append(systematic[m], uint32(row))
		} else {
			parity[m] = append(parity[m], uint32(row))
		}
	}
	return systematic, parity
}

// p95 is the 95th percentile of some times, at least a millisecond.
func p95(times []time.Duration) time.Duration {
	sorted := slices.Clone(times)
	slices.Sort(sorted)
	return max(sorted[len(sorted)*95/100], time.Millisecond)
}
