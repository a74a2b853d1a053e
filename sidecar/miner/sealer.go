package miner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// loadHeight is log2(SectorsPerLoad).
const loadHeight = 10

// ErrWrongData: the storage node's load does not lie in the flow.
var ErrWrongData = errors.New("storage node sent a load that is not in the flow")

// Source is the storage node, as far as the miner needs it.
type Source interface {
	FetchLoad(ctx context.Context, load uint64, flowRoot nodeapi.Hash, buffer []byte) ([]byte, nodeapi.LoadProof, error)
	GetSectorProof(ctx context.Context, sector uint64, flowRoot *nodeapi.Hash) (*nodeapi.FlowProof, error)
	GetNodeStatus(ctx context.Context) (nodeapi.NodeStatus, error)
}

// sealer turns plain loads of the storage node into sealed ones of the store.
// Several may run; each has its own buffers.
type sealer struct {
	plan     *plan
	source   Source
	store    Store
	contexts *contexts
	minerID  chain.Hash
	newest   func() (chain.MiningContext, bool) // of the flow
	report   func(load uint64, err error)       // nil: sealed and stored
	wake     <-chan struct{}                    // something may have become sealable
	now      func() time.Time
}

// run seals until ctx ends.
func (s *sealer) run(ctx context.Context) {
	buffer := make([]byte, layout.LoadSize)
	sealed := s.store.Buffer()
	for ctx.Err() == nil {
		load, ok, wait := s.plan.next(s.now())
		if !ok {
			s.rest(ctx, wait)
			continue
		}
		err := s.sealOne(ctx, load, buffer, sealed)
		if err != nil {
			s.plan.failed(load, s.now())
		} else {
			s.plan.done(load)
		}
		if ctx.Err() == nil {
			s.report(load, err)
		}
	}
}

// rest waits for work: for a wake, or until the next delayed load is due.
func (s *sealer) rest(ctx context.Context, wait time.Duration) {
	if wait <= 0 {
		wait = time.Minute
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-s.wake:
	}
}

// sealOne fetches, verifies, seals and stores one load.
func (s *sealer) sealOne(ctx context.Context, load uint64, buffer []byte, sealed *mine.Load) error {
	flow, ok := s.newest()
	if !ok {
		return fmt.Errorf("seal load %d: no context known", load)
	}
	plain, root, err := fetchLoad(ctx, s.source, load, flow, buffer)
	if err != nil {
		return fmt.Errorf("seal load %d: %w", load, err)
	}
	seals, err := s.contexts.seals(ctx, s.minerID, load)
	if err != nil {
		return fmt.Errorf("seal load %d: %w", load, err)
	}
	seeds := mine.SealSeeds(s.minerID, &seals.Digests, load)
	mine.SealLoad(sealed, plain, &seeds)
	if err := s.store.Write(ctx, load, sealed, root, seals); err != nil {
		return fmt.Errorf("store sealed load %d: %w", load, err)
	}
	return nil
}

// fetchLoad downloads a load and believes it only with a path to the flow root
// of a context.
func fetchLoad(ctx context.Context, source Source, load uint64, flow chain.MiningContext, buffer []byte) (*mine.Load, mine.Hash, error) {
	data, proof, err := source.FetchLoad(ctx, load, nodeapi.Hash(flow.FlowRoot), buffer)
	if err != nil {
		return nil, mine.Hash{}, err
	}
	if len(data) != layout.LoadSize {
		return nil, mine.Hash{}, fmt.Errorf("%w: load %d has %d bytes, want %d", ErrWrongData, load, len(data), layout.LoadSize)
	}
	root := merkle.LoadRoot(data, load)
	if err := merkle.VerifyFlow(flow.FlowRoot, flow.FlowLengthSectors, loadHeight, load, root, hashes(proof.Siblings)); err != nil {
		return nil, mine.Hash{}, fmt.Errorf("%w: load %d: %w", ErrWrongData, load, err)
	}
	return (*mine.Load)(data), root, nil
}

func hashes(in []nodeapi.Hash) []merkle.Hash {
	out := make([]merkle.Hash, len(in))
	for i := range in {
		out[i] = merkle.Hash(in[i])
	}
	return out
}

// noteSealed hears from the sealers.
func (n *Node) noteSealed(ctx context.Context, load uint64, err error) {
	if err == nil {
		n.counts.sealed.Add(1)
		n.rate.note(time.Now())
		n.storageAnswered(ctx, nil)
		n.progress(ctx)
		return
	}
	n.counts.sealErrors.Add(1)
	n.noteError("seal", err)
	switch {
	case errors.Is(err, chain.ErrUnavailable):
	case errors.Is(err, nodeapi.ErrUnavailable), errors.Is(err, ErrWrongData), errors.Is(err, nodeapi.ErrMalformed):
		n.storageAnswered(ctx, err)
	default: // it answered: not uploaded yet, or it lags behind the chain
		n.storageAnswered(ctx, nil)
	}
}

// storageAnswered notes whether the storage node works for us; when it is back,
// what failed is tried again at once.
func (n *Node) storageAnswered(ctx context.Context, err error) {
	n.mu.Lock()
	was := n.core.storageErr
	n.mu.Unlock()
	n.step(ctx, EventStorage{err})
	if was != nil && err == nil {
		n.plan.hurry()
		n.wakeSealers()
	}
}

// sealRate measures the bytes sealed per second over the last minute or so.
type sealRate struct {
	mu    sync.Mutex
	since time.Time
	loads float64
}

// note counts one sealed load.
func (r *sealRate) note(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.since.IsZero() || now.Sub(r.since) > 2*time.Minute {
		r.since, r.loads = now, 0
	}
	if age := now.Sub(r.since); age > time.Minute { // keep the last half
		r.since, r.loads = now.Add(-age/2), r.loads/2
	}
	r.loads++
}

// perSecond returns loads per second, 0 while not known.
func (r *sealRate) perSecond(now time.Time) float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	age := now.Sub(r.since).Seconds()
	if r.since.IsZero() || age < 0.05 || age > 120 {
		return 0
	}
	return r.loads / age
}
