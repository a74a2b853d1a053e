package encoder

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// shape is what the chain wants of new blobs.
type shape struct {
	profile    erasure.Profile
	evmChainID uint64
	maxPayload uint64 // bytes
	limits     chain.DALimits
	epoch      uint64
}

// shapeLife is how old an answer of the chain may be. A blob that was coded for
// another shape than the epoch's is refused by the chain, not lost in it.
const shapeLife = 5 * time.Second

// network remembers the chain's answers for a moment.
type network struct {
	chain chain.DAReader
	now   func() time.Time

	mu    sync.Mutex
	last  shape
	asked time.Time
}

// shape asks the chain; when it does not answer, what it last said holds for new
// blobs, too: they wait on disk.
func (n *network) shape(ctx context.Context) (shape, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last.evmChainID != 0 && n.now().Sub(n.asked) < shapeLife {
		return n.last, nil
	}
	s, err := n.ask(ctx)
	if err == nil {
		n.last, n.asked = s, n.now()
		return s, nil
	}
	if n.last.evmChainID != 0 && errors.Is(err, chain.ErrUnavailable) {
		return n.last, nil
	}
	return shape{}, fmt.Errorf("%w: %w", ErrUnavailable, err)
}

func (n *network) ask(ctx context.Context) (s shape, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	status, err := n.chain.Status(ctx)
	if err != nil {
		return s, fmt.Errorf("chain status: %w", err)
	}
	if s.limits, err = n.chain.DALimits(ctx); err != nil {
		return s, fmt.Errorf("parameters of the chain: %w", err)
	}
	epoch, err := n.chain.DAEpoch(ctx)
	if err != nil {
		return s, fmt.Errorf("epoch of the chain: %w", err)
	}
	s.epoch, s.evmChainID = epoch.Number, status.EVMChainID
	s.profile, err = erasure.ProfileByID(s.limits.Profile)
	s.maxPayload = s.profile.MaxPayload()
	if most := s.limits.MaxBlobBytes; most > erasure.HeaderSize {
		s.maxPayload = min(s.maxPayload, most-erasure.HeaderSize)
	}
	return s, err
}

// kept says whether a blob confirmed for an epoch is still to be kept by its
// quorum.
func (s shape) kept(epoch uint64) bool { return s.epoch <= epoch+s.limits.RetentionEpochs }
