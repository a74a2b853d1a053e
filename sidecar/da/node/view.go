package node

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// view is what the node knows of its chain: the height that the follower saw
// last, and what does not change within an epoch.
type view struct {
	reader chain.DAReader

	mu      sync.Mutex
	height  int64
	epoch   chain.DAEpoch
	limits  chain.DALimits
	known   bool          // epoch and limits
	moved   chan struct{} // closed when the height grows
	quorums map[quorumID]chain.DAQuorum
	order   []quorumID // of quorums, the oldest first

	registered uint64 // newest epoch that this signer is registered for
	seats      uint32 // of this signer in the quorums of the epoch
}

type quorumID struct {
	epoch uint64
	id    uint32
}

// maxQuorums bounds those remembered: about 200 KiB each.
const maxQuorums = 32

func newView(reader chain.DAReader) *view {
	return &view{reader: reader, moved: make(chan struct{}), quorums: map[quorumID]chain.DAQuorum{}}
}

// update takes what the follower read.
func (v *view) update(height int64, epoch chain.DAEpoch, limits chain.DALimits) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.epoch, v.limits, v.known = epoch, limits, true
	if height > v.height {
		v.height = height
		close(v.moved)
		v.moved = make(chan struct{})
	}
}

func (v *view) at() (height int64, moved <-chan struct{}) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.height, v.moved
}

func (v *view) now() (height int64, epoch chain.DAEpoch, limits chain.DALimits, known bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.height, v.epoch, v.limits, v.known
}

// parameters are the chain's, as of the last block at the latest.
func (v *view) parameters(ctx context.Context) (chain.DALimits, error) {
	if _, _, limits, known := v.now(); known {
		return limits, nil
	}
	return v.reader.DALimits(ctx)
}

// blob reads a blob; one that the chain node has not seen is waited for, but not
// longer than wait. ErrUnseen then, and when the chain's node does not answer.
func (v *view) blob(ctx context.Context, id uint64, wait time.Duration) (chain.DABlob, error) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	for {
		_, moved := v.at()
		blob, err := v.reader.DABlob(ctx, id)
		switch {
		case err == nil:
			return blob, nil
		case !errors.Is(err, chain.ErrNotFound):
			return blob, fmt.Errorf("%w: blob %d: %w", ErrUnseen, id, err)
		}
		select {
		case <-ctx.Done():
			return blob, fmt.Errorf("%w: blob %d is not on this node's chain", ErrUnseen, id)
		case <-moved:
		case <-time.After(askAgain):
		}
	}
}

// askAgain bounds how stale "not found" gets, should the follower lag.
const askAgain = 500 * time.Millisecond

// tip asks for the chain's height, which the follower may not have seen yet.
func (v *view) tip(ctx context.Context) (int64, error) {
	status, err := v.reader.Status(ctx)
	if err != nil {
		return 0, fmt.Errorf("%w: %w", ErrUnseen, err)
	}
	return status.Height, nil
}

// quorum reads a drawn quorum, which never changes but for its sockets.
func (v *view) quorum(ctx context.Context, epoch uint64, id uint32) (chain.DAQuorum, error) {
	key := quorumID{epoch, id}
	v.mu.Lock()
	quorum, ok := v.quorums[key]
	v.mu.Unlock()
	if ok {
		return quorum, nil
	}
	quorum, err := v.reader.DAQuorum(ctx, epoch, id)
	if err != nil {
		return quorum, fmt.Errorf("%w: %w", ErrUnseen, err)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if _, ok := v.quorums[key]; !ok {
		v.quorums[key] = quorum
		if v.order = append(v.order, key); len(v.order) > maxQuorums {
			delete(v.quorums, v.order[0])
			v.order = v.order[1:]
		}
	}
	return quorum, nil
}

// noteSeats remembers how many seats this signer has in the running epoch.
func (v *view) noteSeats(seats uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seats = seats
}

func (v *view) noteRegistered(epoch uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.registered = max(v.registered, epoch)
}

// standing says whether this signer takes part in the next epoch, and its seats
// in this one.
func (v *view) standing() (registeredNext bool, seats uint32) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.known && v.registered > v.epoch.Number, v.seats
}

func parseAmount(text string) (*big.Int, error) {
	amount, ok := new(big.Int).SetString(text, 10)
	if !ok || amount.Sign() < 0 {
		return nil, fmt.Errorf("%q, want a whole number of azg", text)
	}
	return amount, nil
}
