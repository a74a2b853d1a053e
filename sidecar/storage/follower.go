package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// ErrWrongChain: the chain is not the one this store belongs to. Nothing heals
// that but another address or another home, so the node stops.
var ErrWrongChain = errors.New("chain does not match this store")

// pageEntries is the most the chain gives at once.
const pageEntries = 1000

// follower brings the chain's entries into the index. One goroutine runs it;
// everything else reads its state through methods.
type follower struct {
	chain   chain.Client
	flowID  uint64
	store   *flowlog.Store
	index   index
	log     *slog.Logger
	metrics *metrics
	added   func(context.Context, []*entry) // after entries became visible

	mu        sync.Mutex
	at        cursor // guarded by mu; only run writes
	tip       int64  // highest block heard of
	lastSync  time.Time
	heard     time.Time // of the last block
	trouble   error     // of the last attempt, nil when it worked
	lastEpoch uint64
	// catchingUp: the chain's own node is behind its chain.
	catchingUp bool
}

func newFollower(client chain.Client, flowID uint64, store *flowlog.Store, log *slog.Logger, m *metrics) (*follower, error) {
	f := &follower{
		chain: client, flowID: flowID, store: store, index: index{store.Meta()}, log: log, metrics: m,
		added: func(context.Context, []*entry) {},
	}
	row, err := f.index.get(rowCursor)
	switch {
	case errors.Is(err, errNoRow):
		f.at = cursor{nextSeq: 1, frontier: merkle.NewFrontier()}
	case err != nil:
		return nil, err
	default:
		if f.at, err = decodeCursor(row); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// state returns a copy of the cursor.
func (f *follower) state() cursor {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// run follows until the context ends or the chain proves to be another one.
// Trouble with the chain is waited out: it is kept for the health report.
func (f *follower) run(ctx context.Context) error {
	blocks := f.chain.Blocks(ctx)
	const eager, patient = 250 * time.Millisecond, 5 * time.Second
	pause := eager
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case block, ok := <-blocks:
			if !ok {
				blocks = nil // closes with the context
				continue
			}
			f.noteBlock(block)
		case <-timer.C: // no block feed, or the last attempt failed
		}
		err := f.sync(ctx)
		f.note(err)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, ErrWrongChain):
			return err
		case err != nil:
			pause = min(2*pause, patient)
		default:
			pause = patient
		}
		timer.Reset(pause)
		if err == nil {
			pause = eager
		}
	}
}

func (f *follower) noteBlock(block chain.Block) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tip = max(f.tip, block.Height)
	f.heard = time.Now()
}

// note keeps the outcome of an attempt and logs changes only.
func (f *follower) note(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err == nil && f.trouble != nil {
		f.log.Info("following the chain again", "height", f.at.height, "next_tx_seq", f.at.nextSeq)
	}
	if err != nil && (f.trouble == nil || f.trouble.Error() != err.Error()) {
		f.log.Warn("cannot follow the chain, trying again", "error", err)
	}
	f.trouble = err
	if err == nil {
		f.lastSync = time.Now()
	}
}

// sync catches up with the chain's head.
func (f *follower) sync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 60*time.Second)
	defer cancel()
	status, err := f.chain.Status(ctx)
	if err != nil {
		return fmt.Errorf("chain status: %w", err)
	}
	if err := f.bind(ctx, status); err != nil {
		return err
	}
	for {
		from := f.state().nextSeq
		entries, next, err := f.chain.Entries(ctx, f.flowID, from, pageEntries)
		if err != nil {
			return fmt.Errorf("entries from %d: %w", from, err)
		}
		if next < from {
			return f.behind(ctx, from, next)
		}
		if len(entries) == 0 {
			break
		}
		if err := f.apply(ctx, entries); err != nil {
			return err
		}
		if f.state().nextSeq >= next {
			break
		}
	}
	if err := f.checkContext(ctx); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at.height, f.at.blockHash = status.Height, status.BlockHash
	f.catchingUp = status.CatchingUp
	f.tip = max(f.tip, status.Height)
	return nil
}

// bind ties the store to the first chain it meets and refuses any other.
func (f *follower) bind(ctx context.Context, status chain.Status) error {
	at := f.state()
	if at.chainID == "" {
		at.chainID, at.evmChainID = status.ChainID, status.EVMChainID
		empty := merkle.NewFrontier()
		var batch flowlog.Batch
		batch.Set(rowCursor, at.encode())
		batch.Set(rowFlowRoot(empty.Root()), encodeUint64(empty.LengthSectors))
		if err := f.store.Commit(ctx, &batch); err != nil {
			return fmt.Errorf("bind store to chain: %w", err)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.at = at
		f.log.Info("store belongs to chain from now on", "chain_id", at.chainID)
		return nil
	}
	if status.ChainID != at.chainID || status.EVMChainID != at.evmChainID {
		return fmt.Errorf("%w: the chain answers as %s (EVM %d), the store belongs to %s (EVM %d): point --chain-grpc at the right node, or use another --home",
			ErrWrongChain, status.ChainID, status.EVMChainID, at.chainID, at.evmChainID)
	}
	return nil
}

// behind handles a chain that knows fewer entries than the store: a node that
// is catching up, or a chain that was started anew under the same name.
func (f *follower) behind(ctx context.Context, ours, theirs uint64) error {
	if theirs > 1 {
		if err := f.compare(ctx, theirs-1); err != nil {
			return err
		}
	}
	return fmt.Errorf("chain node has %d entries, the store %d: waiting for it to catch up (if the chain was reset, use another --home)", theirs-1, ours-1)
}

// compare checks that a chain's entry is the one in the store.
func (f *follower) compare(ctx context.Context, seq uint64) error {
	ours, err := f.index.entry(seq)
	if err != nil {
		return fmt.Errorf("entry %d: %w", seq, err)
	}
	theirs, err := f.chain.Entry(ctx, f.flowID, seq)
	if err != nil {
		return fmt.Errorf("entry %d: %w", seq, err)
	}
	if theirs.FlowRoot != ours.flowRoot || theirs.Root != ours.root {
		return fmt.Errorf("%w: at entry %d the chain's flow root is %x, the store's %x: this is another chain, or it was reset; use another --home", ErrWrongChain, seq, theirs.FlowRoot, ours.flowRoot)
	}
	return nil
}

// apply verifies a page and makes it visible.
func (f *follower) apply(ctx context.Context, page []chain.Entry) error {
	at := f.state()
	at.frontier = copyFrontier(at.frontier)
	var batch flowlog.Batch
	entries := make([]*entry, 0, len(page))
	for _, from := range page {
		e, err := applyOne(&at, from, &batch)
		if err != nil {
			return f.diverged(ctx, at.nextSeq, err)
		}
		entries = append(entries, e)
	}
	batch.Set(rowCursor, at.encode())
	if err := f.store.Commit(ctx, &batch); err != nil {
		return fmt.Errorf("write entries %d to %d: %w", page[0].TxSeq, at.nextSeq-1, err)
	}
	f.mu.Lock()
	f.at.frontier, f.at.nextSeq = at.frontier, at.nextSeq
	heard := f.heard
	f.mu.Unlock()
	if len(page) < pageEntries && !heard.IsZero() { // else it is catching up, which says nothing
		f.metrics.visible.Observe(time.Since(heard).Seconds())
	}
	f.metrics.entries.Add(float64(len(entries)))
	f.added(ctx, entries)
	return nil
}

// errEntry: an entry contradicts the flow so far.
var errEntry = errors.New("entry does not fit the flow")

// applyOne adds the rows of one entry and moves the cursor.
func applyOne(at *cursor, from chain.Entry, batch *flowlog.Batch) (*entry, error) {
	if from.TxSeq != at.nextSeq {
		return nil, fmt.Errorf("%w: got entry %d, want %d", errEntry, from.TxSeq, at.nextSeq)
	}
	e, err := entryFromChain(from)
	if err != nil {
		return nil, fmt.Errorf("%w: entry %d: %w", errEntry, from.TxSeq, err)
	}
	start, err := extend(&at.frontier, e.nodes, func(height uint8, index uint64, root Hash) {
		batch.Set(rowNode(height, index), root[:])
	})
	if err != nil {
		return nil, fmt.Errorf("%w: entry %d: %w", errEntry, e.seq, err)
	}
	if start != e.startSector {
		return nil, fmt.Errorf("%w: entry %d starts at sector %d, want %d", errEntry, e.seq, e.startSector, start)
	}
	if root := at.frontier.Root(); root != e.flowRoot {
		return nil, fmt.Errorf("%w: after entry %d the chain's flow root is %x, the node computes %x", errEntry, e.seq, e.flowRoot, root)
	}
	at.nextSeq++
	setEntry(batch, e, at.frontier.LengthSectors)
	notePayload(batch, e.seq, from.Tags)
	return e, nil
}

// diverged tells a chain that changed under the store from one bad answer: if
// the chain still agrees about the last common entry, it is tried again.
func (f *follower) diverged(ctx context.Context, seq uint64, cause error) error {
	if !errors.Is(cause, errEntry) {
		return cause
	}
	f.metrics.rootMismatches.Inc()
	f.log.Error("an entry of the chain does not fit the store", "tx_seq", seq, "error", cause)
	if last := f.state().nextSeq - 1; last > 0 {
		if err := f.compare(ctx, last); err != nil {
			return err
		}
	}
	return cause
}

// checkContext compares the newest mining context with the store: its root
// must be one the flow had, at the same length.
func (f *follower) checkContext(ctx context.Context) error {
	flow, err := f.chain.Flow(ctx, f.flowID)
	if err != nil {
		return fmt.Errorf("flow: %w", err)
	}
	at := f.state()
	if flow.NextTxSeq == at.nextSeq && flow.Root != at.frontier.Root() {
		f.metrics.rootMismatches.Inc()
		return fmt.Errorf("%w: flow root is %x on chain and %x here, both before entry %d: use another --home", ErrWrongChain, flow.Root, at.frontier.Root(), at.nextSeq)
	}
	if flow.Epoch == f.lastEpoch {
		return nil
	}
	opened, err := f.chain.Context(ctx, f.flowID, flow.Epoch)
	if errors.Is(err, chain.ErrNotFound) { // no epoch has opened yet
		return nil
	}
	if err != nil {
		return fmt.Errorf("context of epoch %d: %w", flow.Epoch, err)
	}
	length, err := f.index.lengthAt(opened.FlowRoot)
	if errors.Is(err, errNoRow) && opened.FlowLengthSectors > at.frontier.LengthSectors {
		return nil // opened after the entries were read; the next block has it
	}
	if err != nil {
		return fmt.Errorf("%w: the context of epoch %d has flow root %x, which the store never had: use another --home", ErrWrongChain, flow.Epoch, opened.FlowRoot)
	}
	f.log.Debug("mining context agrees", "epoch", flow.Epoch, "length_sectors", length)
	f.lastEpoch = flow.Epoch
	return nil
}
