package evmload

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
)

// sample is one item of a run.
type sample struct {
	due  time.Time
	done time.Time // zero: no receipt, no answer
	gas  uint64
	bad  bool  // a receipt that says failed
	err  error // of sending
}

// watch notes which transactions came into which block, and when their receipts
// could be read.
type watch struct {
	node     *node
	poll     time.Duration
	next     uint64 // block to read
	finished chan struct{}
	inFlight *window

	mu       sync.Mutex // guards what follows
	samples  []sample
	index    map[common.Hash]int
	left     int
	blocks   int // that hold any of ours
	progress time.Time
	trouble  error // of the last block that could not be read
}

func newWatch(n *node, txs []signed, inFlight int, poll time.Duration) *watch {
	w := &watch{
		node: n, poll: poll, inFlight: newWindow(inFlight), finished: make(chan struct{}), samples: make([]sample, len(txs)),
		index: make(map[common.Hash]int, len(txs)), left: len(txs), progress: time.Now(),
	}
	for i, tx := range txs {
		w.index[tx.Hash] = i
	}
	return w
}

// begin finds the block to start from.
func (w *watch) begin(ctx context.Context) error {
	head, err := w.node.eth.BlockNumber(ctx)
	if err != nil {
		return fmt.Errorf("latest block: %w", err)
	}
	w.next = head + 1
	return nil
}

// due notes when item i should leave; before it is sent, as the block may be
// faster than the answer.
func (w *watch) due(i int, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.samples[i].due = at
}

// answered notes the node's answers to items from first on.
func (w *watch) answered(first int, answers []error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for k, err := range answers {
		if s := &w.samples[first+k]; err != nil && s.done.IsZero() {
			s.err = err
			w.settled(1)
		}
	}
}

// settled counts n items as through; mu is held.
func (w *watch) settled(n int) {
	if n == 0 {
		return
	}
	w.progress = time.Now()
	if w.left -= n; w.left == 0 {
		close(w.finished)
	}
	w.inFlight.give(n)
}

// note keeps an answer that no receipts could be read from, in case it is the
// reason why a run finds none.
func (w *watch) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.trouble = err
}

// run reads blocks until the context ends.
func (w *watch) run(ctx context.Context) {
	tick := time.NewTicker(w.poll)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		head, err := w.node.eth.BlockNumber(ctx)
		for err == nil && w.next <= head { // an error: a node that is behind; the next tick asks again
			if err = w.readBlock(ctx, w.next); err == nil {
				w.next++
			} else {
				w.note(err)
			}
		}
	}
}

func (w *watch) readBlock(ctx context.Context, number uint64) error {
	var receipts []receipt
	if err := w.node.rpc.CallContext(ctx, &receipts, "eth_getBlockReceipts", hexutil.Uint64(number)); err != nil {
		return err
	}
	now := time.Now()
	w.mu.Lock()
	defer w.mu.Unlock()
	ours := 0
	for _, r := range receipts {
		i, known := w.index[r.TransactionHash]
		if !known || !w.samples[i].done.IsZero() || w.samples[i].err != nil {
			continue
		}
		s := &w.samples[i]
		s.done, s.gas, s.bad = now, uint64(r.GasUsed), r.Status == 0
		ours++
	}
	if ours > 0 {
		w.blocks++
	}
	w.settled(ours)
	return nil
}

// giveUpAfter ends the run when nothing happened for a while: what is left is lost.
func (w *watch) giveUpAfter(ctx context.Context, limit time.Duration) {
	for {
		w.mu.Lock()
		left, rest := w.left, limit-time.Since(w.progress)
		if left > 0 && rest <= 0 {
			w.left = 0
			close(w.finished)
			w.inFlight.close()
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-w.finished:
			return
		case <-time.After(max(rest, w.poll)):
		}
	}
}
