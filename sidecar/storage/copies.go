package storage

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/zgd-network/zgd/x/flow/merkle"
)

// copier completes entries whose file is here already under another entry: the
// same root was paid for twice, nobody has to upload twice.
type copier struct {
	node *Node
	mu   sync.Mutex
	todo map[Hash]struct{}
	wake chan struct{} // 1 deep
}

func newCopier(n *Node) *copier {
	return &copier{node: n, todo: map[Hash]struct{}{}, wake: make(chan struct{}, 1)}
}

// offer queues a root; it costs one lookup if there is nothing to copy.
func (c *copier) offer(root Hash) {
	c.mu.Lock()
	c.todo[root] = struct{}{}
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *copier) next() (root Hash, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for root := range c.todo {
		delete(c.todo, root)
		return root, true
	}
	return root, false
}

func (c *copier) run(ctx context.Context) error {
	if err := c.offerAll(); err != nil {
		c.node.log.Warn("look for files to copy", "error", err)
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-c.wake:
		}
		for root, ok := c.next(); ok && ctx.Err() == nil; root, ok = c.next() {
			if err := c.copyRoot(ctx, root); err != nil && ctx.Err() == nil {
				c.node.log.Warn("copy a file that is here already", "error", err)
			}
		}
	}
}

// offerAll finds the roots with several entries: a crash may have come before
// their copies were made.
func (c *copier) offerAll() error {
	var last Hash
	return c.node.index.meta.Iterate([]byte{'r'}, func(key, _ []byte) (bool, error) {
		if len(key) != 1+32+8 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		root := Hash(key[1:33])
		if root == last {
			c.offer(root)
		}
		last = root
		return true, nil
	})
}

// copyRoot finds finalized entries of the root and copies them to those that are
// not; what no local one has comes from peers.
func (c *copier) copyRoot(ctx context.Context, root Hash) error {
	n := c.node
	seqs, err := n.index.seqsOf(root, maxSameRoot)
	if err != nil || len(seqs) < 2 {
		return err
	}
	var from, to []*entry
	for _, seq := range seqs {
		final, err := n.files.isFinal(seq)
		if err != nil {
			return err
		}
		e, err := n.index.entry(seq)
		if err != nil {
			return err
		}
		if final {
			from = append(from, e)
		} else {
			to = append(to, e)
		}
	}
	for _, e := range to {
		if len(from) == 0 {
			break // the file is new
		}
		for _, old := range from {
			if old.sizeBytes != e.sizeBytes {
				continue
			}
			if err := c.copyEntry(ctx, old, e); err != nil {
				return fmt.Errorf("from entry %d to entry %d: %w", old.seq, e.seq, err)
			}
		}
		if err := c.fetchEntry(ctx, e); err != nil {
			return fmt.Errorf("entry %d from peers: %w", e.seq, err)
		}
	}
	return nil
}

// copyEntry writes what this shard owns of to and has of from.
func (c *copier) copyEntry(ctx context.Context, from, to *entry) error {
	n := c.node
	for segment := range to.dataSegments() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !n.files.shard.Owns(to.startLoad() + segment) {
			continue
		}
		data, proof, err := n.readSegment(ctx, from, segment)
		if err != nil {
			return err
		}
		if data == nil {
			continue // another shard's under the other entry
		}
		finalized, err := n.files.write(ctx, to, segment, data, func(visit func(uint8, uint64, merkle.Hash)) {
			to.proofNodes(segment, proof, visit)
		})
		if err != nil && !errors.Is(err, errStored) {
			return err
		}
		if finalized {
			n.metrics.finalized.Inc()
		}
	}
	return nil
}
