package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const (
	followInterval = 2 * time.Second // between looks when no block comes
	maxAskedBlobs  = 256             // of those that wait, at one look
	askLaterBlocks = 50              // before asking again for what the chain does not know
)

// follower keeps the view up to date and the store in step with the chain.
//
// It needs no cursor: what waits for a confirmation is in the store, and the
// chain is asked for each of it by name. A node that was away catches up with
// the first look.
type follower struct {
	client  Chain
	store   *Store
	view    *view
	address chain.Address
	log     *slog.Logger

	later  map[uint64]int64 // blob id → height before which it is not asked for
	turn   uint64           // blob id at which the next look begins
	pruned uint64           // epochs below are pruned
	window uint64           // blocks in which a challenge must be answered
	seats  quorumID         // for which seats were counted last: epoch and number of quorums

	mu      sync.Mutex
	trouble error // of the last look
}

func newFollower(client Chain, store *Store, view *view, address chain.Address, log *slog.Logger) *follower {
	return &follower{client: client, store: store, view: view, address: address, log: log, later: map[uint64]int64{}}
}

// run looks at the chain at each block, or now and then when none comes.
func (f *follower) run(ctx context.Context) {
	blocks := f.client.Blocks(ctx)
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	for {
		f.note(ctx, f.look(ctx))
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		case _, ok := <-blocks:
			if !ok {
				blocks = nil // ctx has ended
			}
		}
	}
}

func (f *follower) note(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	f.mu.Lock()
	before := f.trouble
	f.trouble = err
	f.mu.Unlock()
	switch {
	case err != nil && (before == nil || before.Error() != err.Error()):
		f.log.Warn("following the chain", "err", err)
	case err == nil && before != nil:
		f.log.Info("following the chain again")
	}
}

// health is the trouble of the last look, nil when it went well.
func (f *follower) health() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.trouble
}

// look brings view and store up to the chain's newest block.
func (f *follower) look(ctx context.Context) error {
	status, err := f.client.Status(ctx)
	if err != nil {
		return err
	}
	height, epoch, limits, known := f.view.now()
	if known && status.Height == height && f.health() == nil {
		return nil
	}
	if !known || status.Height >= epoch.NextHeight || status.Height < height || status.Height%askLaterBlocks == 0 {
		if epoch, err = f.client.DAEpoch(ctx); err != nil {
			return err
		}
		if limits, err = f.client.DALimits(ctx); err != nil {
			return err
		}
		if f.window, err = f.client.DAChallengeWindow(ctx); err != nil {
			return err
		}
	}
	f.view.update(status.Height, epoch, limits)
	return errors.Join(f.settle(ctx, status.Height), f.prune(ctx, epoch, limits), f.countSeats(ctx, epoch))
}

// settle asks for the blobs that wait: those confirmed get their place under the
// block's root, those lapsed are deleted.
func (f *follower) settle(ctx context.Context, height int64) error {
	confirmed := map[int64][]uint64{}
	for _, id := range f.due(height) {
		blob, err := f.client.DABlob(ctx, id)
		if errors.Is(err, chain.ErrNotFound) { // its record is gone: what it came to is not known here
			f.later[id] = height + askLaterBlocks
			continue
		}
		if err != nil {
			return err
		}
		switch blob.Status {
		case chain.DABlobConfirmed:
			confirmed[blob.ConfirmHeight] = append(confirmed[blob.ConfirmHeight], id)
		case chain.DABlobLapsed:
			if err := f.store.Drop(ctx, id); err != nil {
				return err
			}
			delete(f.later, id)
			f.log.Info("blob lapsed, its rows are deleted", "blob", id)
		}
	}
	for at, ids := range confirmed {
		if err := f.confirm(ctx, at, ids); err != nil {
			for _, id := range ids {
				f.later[id] = height + askLaterBlocks
			}
			return err
		}
	}
	return nil
}

// due picks waiting blobs to ask for, in turns when there are many.
func (f *follower) due(height int64) []uint64 {
	waiting := f.store.Waiting()
	at := 0
	for at < len(waiting) && waiting[at] < f.turn {
		at++
	}
	var due []uint64
	for i := range waiting {
		id := waiting[(at+i)%len(waiting)]
		if f.later[id] > height {
			continue
		}
		if len(due) == maxAskedBlobs {
			f.turn = id
			return due
		}
		due = append(due, id)
	}
	f.turn = 0
	return due
}

// confirm notes the leaves of blobs under the root of the block that confirmed
// them, which outlives their records (protocol-da.md §6f).
func (f *follower) confirm(ctx context.Context, height int64, ids []uint64) error {
	blobs, err := f.client.DAConfirmedIn(ctx, height)
	if err != nil {
		return fmt.Errorf("blobs confirmed at height %d: %w", height, err)
	}
	root, err := f.client.DAConfirmedRoot(ctx, height)
	if err != nil {
		return fmt.Errorf("confirmed root of height %d: %w", height, err)
	}
	place := map[uint64]int{}
	leaves := make([]erasure.Hash, len(blobs))
	for i, blob := range blobs {
		place[blob.ID] = i
		leaves[i] = erasure.ConfirmedLeaf(blob.ID, blob.Root, blob.Epoch, blob.QuorumID)
	}
	if len(leaves) == 0 || erasure.MerkleRoot(append([]erasure.Hash(nil), leaves...)) != root.Root {
		return fmt.Errorf("the %d blobs confirmed at height %d do not hash to its root", len(blobs), height)
	}
	var records []*Record
	for _, id := range ids {
		r, err := f.store.Record(id)
		i, ok := place[id]
		if err == nil && ok && blobs[i].Root != r.Root() {
			ok = false
		}
		if err != nil || !ok {
			return errors.Join(err, fmt.Errorf("blob %d is confirmed at height %d, among its %d blobs is not the one held here", id, height, len(blobs)))
		}
		r.ConfirmHeight, r.LeafIndex = height, uint32(i)
		r.LeafPath = erasure.MerklePath(append([]erasure.Hash(nil), leaves...), i)
		records = append(records, r)
	}
	if err := f.store.Confirm(ctx, records...); err != nil {
		return err
	}
	for _, id := range ids {
		delete(f.later, id)
	}
	f.log.Info("blobs confirmed", "height", height, "held", len(ids), "blobs", len(blobs))
	return nil
}

// promiseEpochs is how long after its epoch a blob is kept: the retention, the
// window in which it may be confirmed, and the one in which a challenge of the
// last moment must be answered.
func promiseEpochs(limits chain.DALimits, challengeBlocks uint64) uint64 {
	length := max(limits.EpochBlocks, 1)
	return limits.RetentionEpochs + (limits.ConfirmWindowBlocks+length-1)/length + (challengeBlocks+length-1)/length
}

// prune deletes what nobody may ask for any more.
func (f *follower) prune(ctx context.Context, epoch chain.DAEpoch, limits chain.DALimits) error {
	promise := promiseEpochs(limits, f.window)
	if epoch.Number <= promise || epoch.Number-promise <= f.pruned {
		return nil
	}
	before := epoch.Number - promise
	blobs, err := f.store.Prune(ctx, before)
	if err != nil {
		return err
	}
	f.pruned = before
	for id := range f.later {
		if _, err := f.store.Record(id); errors.Is(err, ErrNotHeld) {
			delete(f.later, id)
		}
	}
	if blobs > 0 {
		f.log.Info("expired blobs deleted", "blobs", blobs, "before_epoch", before)
	}
	return nil
}

// countSeats counts this signer's seats in the quorums of a new epoch.
func (f *follower) countSeats(ctx context.Context, epoch chain.DAEpoch) error {
	counted := quorumID{epoch.Number + 1, epoch.Quorums} // +1: the zero value is of no epoch
	if f.seats == counted {
		return nil
	}
	seats := uint32(0)
	for id := range epoch.Quorums {
		quorum, err := f.view.quorum(ctx, epoch.Number, id)
		if err != nil {
			return err
		}
		for _, member := range quorum.Members {
			if member.Address == f.address {
				seats += member.Seats
			}
		}
	}
	f.view.noteSeats(seats)
	f.seats = counted
	return nil
}
