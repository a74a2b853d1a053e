package encoder

import (
	"context"
	"sync"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// budget counts bytes that are held. What does not fit is refused or waits; it
// never grows.
type budget struct {
	mu      sync.Mutex
	size    uint64
	used    uint64
	waiting int           // those who wait go before new work
	changed chan struct{} // closed when some is given back
}

func newBudget(size uint64) *budget { return &budget{size: size, changed: make(chan struct{})} }

// take reserves n bytes for new work, or says no at once.
func (b *budget) take(n uint64) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.waiting == 0 && b.reserve(n)
}

// force reserves what is there already, room or not.
func (b *budget) force(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used += n
}

// reserve needs b.mu.
func (b *budget) reserve(n uint64) bool {
	if b.used > b.size || n > b.size-b.used {
		return false
	}
	b.used += n
	return true
}

// wait reserves n bytes when there is room for them. More than the whole waits
// for the whole: one blob at a time is always possible.
func (b *budget) wait(ctx context.Context, n uint64) (uint64, error) {
	n = min(n, b.size)
	b.mu.Lock()
	b.waiting++
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.waiting--
		b.mu.Unlock()
	}()
	for {
		b.mu.Lock()
		changed := b.changed
		done := b.reserve(n)
		b.mu.Unlock()
		if done {
			return n, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-changed:
		}
	}
}

func (b *budget) give(n uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used -= n
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *budget) inUse() uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.used
}

// rowOverhead is what a row costs beside its bytes: slice header, node, and its
// share of the tree.
const rowOverhead = 128

// codedBytes is the memory of a coded blob.
func codedBytes(p erasure.Profile, rowSize int) uint64 {
	return uint64(p.N) * uint64(rowSize+rowOverhead)
}
