package client

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// uploadWindowBytes is how much of the data is begun at once: many small files
// side by side, large ones one after another.
const uploadWindowBytes = 64 << 20

// uploader is the upload of one put.
type uploader struct {
	*Client
	pool   *pool
	resume *resumeFile
}

// uploadAll brings every item to enough nodes.
func (c *Client) uploadAll(ctx context.Context, pool *pool, p *plan, r *resumeFile) error {
	u := &uploader{Client: c, pool: pool, resume: r}
	var total uint64
	for _, it := range p.items {
		total += it.tree.Size() * uint64(c.opts.Replicas)
	}
	c.opts.Progress.Stage(StageUpload, total)
	window := semaphore.NewWeighted(uploadWindowBytes)
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(64)
	for _, it := range p.items {
		weight := int64(min(max(it.tree.Size(), 1<<20), uploadWindowBytes))
		if window.Acquire(inner, weight) != nil {
			break // the group has the error
		}
		group.Go(func() error {
			defer window.Release(weight)
			return u.uploadItem(inner, it)
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	return ctx.Err()
}

// uploadItem stores one entry on as many nodes as copies are wanted, others
// stepping in for those that fail.
func (u *uploader) uploadItem(ctx context.Context, it *item) error {
	finished := map[*node]bool{}
	for {
		targets, err := u.pool.cover(it, u.opts.Replicas)
		if err != nil {
			return err
		}
		group, inner := errgroup.WithContext(ctx)
		var mu sync.Mutex
		for _, n := range targets {
			mu.Lock()
			skip := finished[n]
			mu.Unlock()
			if skip {
				continue
			}
			group.Go(func() error {
				err := u.uploadTo(inner, n, it)
				if err == nil {
					mu.Lock()
					finished[n] = true
					mu.Unlock()
				}
				if !n.alive() && ctx.Err() == nil && !errors.Is(err, ErrChanged) {
					return nil // cover chooses another
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return err
		}
		done := true
		for _, n := range targets {
			done = done && finished[n]
		}
		if done {
			return nil
		}
	}
}

// cover chooses nodes so that every segment of the item has so many owners:
// those that hold most first, and only ones that add something.
func (p *pool) cover(it *item, replicas int) ([]*node, error) {
	alive := p.alive()
	modulus := uint64(1)
	for _, n := range alive {
		modulus = max(modulus, min(n.shard.NumShard, 1<<16))
	}
	first, segments := it.firstSegment(), it.tree.NumSegments()
	wanted := min(modulus, segments)
	copies := make([]int, wanted) // of segments first+i, and all that repeat it
	var chosen []*node
	for numShard := uint64(1); numShard <= modulus; numShard *= 2 {
		for _, n := range alive {
			if n.shard.NumShard != numShard {
				continue
			}
			adds := false
			for i := range wanted {
				adds = adds || (n.shard.Owns(first+i) && copies[i] < replicas)
			}
			if !adds {
				continue
			}
			chosen = append(chosen, n)
			for i := range wanted {
				if n.shard.Owns(first + i) {
					copies[i]++
				}
			}
		}
	}
	for i := range wanted {
		if copies[i] < replicas {
			return nil, fmt.Errorf("%w: %s: %d of %d copies possible with the nodes left: %s", ErrPartial, it.label, copies[i], replicas, p.why())
		}
	}
	return chosen, nil
}

// firstSegment is the flow segment of the item's first one; large entries start
// on a boundary, small ones lie inside one.
func (it *item) firstSegment() uint64 { return it.placed.startSector / layout.SectorsPerLoad }

// uploadTo brings an item's segments to one node. An error leaves the node
// dropped, except when it was the context's or the source's.
func (u *uploader) uploadTo(ctx context.Context, n *node, it *item) error {
	info, err := u.waitFor(ctx, n, it, u.opts.Visible, func(*nodeapi.FileInfo) bool { return true })
	if err != nil {
		return u.giveUp(ctx, n, err)
	}
	segments := it.tree.NumSegments()
	done := u.resume.done(it.root, it.placed.txSeq, n.url(), segments)
	if info.UploadedSegNum < done.count() {
		clear(done) // the node has lost what it had
	}
	if info.Finalized {
		u.opts.Progress.Add(it.tree.Size())
		return nil
	}
	if err := u.sendSegments(ctx, n, it, done); err != nil {
		return u.giveUp(ctx, n, err)
	}
	if _, err := u.waitFor(ctx, n, it, u.opts.Visible, func(info *nodeapi.FileInfo) bool { return info.Finalized }); err != nil {
		u.resume.setDone(it.root, n.url(), newBitmap(segments)) // send all again next time
		return u.giveUp(ctx, n, err)
	}
	return u.giveUp(ctx, n, u.probe(ctx, n, it))
}

// giveUp drops the node unless the failure was not its own.
func (u *uploader) giveUp(ctx context.Context, n *node, err error) error {
	if err != nil && ctx.Err() == nil && !errors.Is(err, ErrChanged) {
		u.pool.drop(n, brief(err), errors.Is(err, ErrVerify))
	}
	return err
}

// waitFor polls the node's view of an entry until it satisfies enough.
func (u *uploader) waitFor(ctx context.Context, n *node, it *item, limit time.Duration, enough func(*nodeapi.FileInfo) bool) (*nodeapi.FileInfo, error) {
	deadline := time.Now().Add(limit)
	known := false
	for attempt := 0; ; attempt++ {
		call, cancel := context.WithTimeout(ctx, u.opts.Stall)
		info, err := n.api.GetFileInfoByTxSeq(call, it.placed.txSeq)
		cancel()
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil && (!isTransient(err) || attempt >= u.opts.Attempts):
			return nil, err
		case err == nil && info != nil && info.Tx.DataMerkleRoot != nodeapi.Hash(it.root):
			return nil, fmt.Errorf("%w: it has root %s for entry %d, the chain has %s: it follows another chain", ErrVerify, info.Tx.DataMerkleRoot, it.placed.txSeq, nodeapi.Hash(it.root))
		case err == nil && info != nil && enough(info):
			return info, nil
		}
		known = known || (err == nil && info != nil)
		if time.Now().After(deadline) {
			if known {
				return nil, fmt.Errorf("entry %d is not final there %s after its last segment", it.placed.txSeq, limit)
			}
			return nil, fmt.Errorf("it does not know entry %d after %s: it lags behind the chain", it.placed.txSeq, limit)
		}
		if err := pause(ctx, min(attempt, 3)); err != nil {
			return nil, err
		}
	}
}

// sendSegments uploads what is not done, several segments at once.
func (u *uploader) sendSegments(ctx context.Context, n *node, it *item, done bitmap) error {
	reader, closer, err := it.from.open()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrChanged, err)
	}
	defer closer.Close()
	var mu sync.Mutex // guards done
	var next atomic.Uint64
	segments := it.tree.NumSegments()
	group, inner := errgroup.WithContext(ctx)
	for range min(uint64(u.opts.Parallel), segments) {
		group.Go(func() error {
			for {
				index := next.Add(1) - 1
				if index >= segments || inner.Err() != nil {
					return inner.Err()
				}
				start, end := segmentSpan(it.tree.Size(), index)
				mu.Lock()
				skip := done.get(index)
				mu.Unlock()
				if n.shard.Owns(it.firstSegment()+index) && !skip {
					if err := u.sendSegment(inner, n, it, reader, index); err != nil {
						return err
					}
				}
				u.opts.Progress.Add(end - start)
				mu.Lock()
				done.set(index)
				u.resume.setDone(it.root, n.url(), done)
				mu.Unlock()
				if err := u.resume.save(false); err != nil {
					return err
				}
			}
		})
	}
	return group.Wait()
}

// sendSegment uploads one segment, trying again while the node is silent or busy.
func (u *uploader) sendSegment(ctx context.Context, n *node, it *item, reader readerAt, index uint64) error {
	buffer, err := u.takeBuffer(ctx)
	if err != nil {
		return err
	}
	defer u.giveBuffer(buffer)
	raw, err := readSegment(reader, it.tree.Size(), index, buffer)
	if err != nil {
		return fmt.Errorf("%s: %w", it.label, err)
	}
	data, proof := padToSector(raw), wireProof(it.tree.Proof(index))
	err = u.retry(ctx, u.opts.Attempts, func() error {
		call, cancel := context.WithTimeout(ctx, u.opts.Stall)
		defer cancel()
		began := n.begin()
		err := u.offer(call, n, it, index, data, proof)
		if n.end(began, err) {
			return fmt.Errorf("stalled: %d calls in a row without an answer", strikesToDrop)
		}
		return err
	})
	if err == nil || nodeapi.IsAlreadyStored(err) {
		return nil
	}
	var refusal *nodeapi.RPCError
	if errors.As(err, &refusal) && u.changed(it, index, data) {
		return fmt.Errorf("%w: %s", ErrChanged, it.label)
	}
	return fmt.Errorf("segment %d of entry %d: %w", index, it.placed.txSeq, err)
}

// offer sends a segment through the fast door, or by JSON-RPC where there is none.
func (u *uploader) offer(ctx context.Context, n *node, it *item, index uint64, data []byte, proof nodeapi.Proof) error {
	if !n.isRPCOnly() {
		err := n.api.PutSegment(ctx, it.placed.txSeq, index, data, proof)
		if !errors.Is(err, nodeapi.ErrNoDoor) {
			return err
		}
		n.setRPCOnly()
	}
	return n.api.UploadSegmentsByTxSeq(ctx, []nodeapi.SegmentWithProof{{
		Root: nodeapi.Hash(it.root), Data: data, Index: index, Proof: proof, FileSize: it.tree.Size(),
	}}, it.placed.txSeq)
}

// changed says whether data is not what was hashed before it was paid for.
func (u *uploader) changed(it *item, index uint64, data []byte) bool {
	return merkle.VerifySegment(it.root, it.tree.Size(), index, data, it.tree.Proof(index)) != nil
}

// probe reads one segment back, chosen at random, so that a node which takes
// data and keeps nothing is found out early.
func (u *uploader) probe(ctx context.Context, n *node, it *item) error {
	owned := make([]uint64, 0, 64)
	segments := it.tree.NumSegments()
	start := rand.Uint64N(segments)
	for i := uint64(0); i < min(segments, n.shard.NumShard) && len(owned) == 0; i++ {
		if index := (start + i) % segments; n.shard.Owns(it.firstSegment() + index) {
			owned = append(owned, index)
		}
	}
	if len(owned) == 0 {
		return nil
	}
	buffer, err := u.takeBuffer(ctx)
	if err != nil {
		return err
	}
	defer u.giveBuffer(buffer)
	return u.retry(ctx, u.opts.Attempts, func() error {
		call, cancel := context.WithTimeout(ctx, u.opts.Stall)
		defer cancel()
		_, _, err := fetchVerified(call, n, it.root, it.tree.Size(), it.placed.txSeq, owned[0], buffer)
		return err
	})
}

func wireProof(p merkle.Proof) nodeapi.Proof {
	out := nodeapi.Proof{Lemma: make([]nodeapi.Hash, len(p.Lemma)), Path: p.Path}
	for i, hash := range p.Lemma {
		out.Lemma[i] = nodeapi.Hash(hash)
	}
	return out
}

func merkleProof(p nodeapi.Proof) merkle.Proof {
	out := merkle.Proof{Lemma: make([]merkle.Hash, len(p.Lemma)), Path: p.Path}
	for i, hash := range p.Lemma {
		out.Lemma[i] = merkle.Hash(hash)
	}
	return out
}
