package evmload

import (
	"context"
	"sync"
	"time"
)

// startDelay lets the first item be due in the future.
const startDelay = 50 * time.Millisecond

// transact sends signed transactions, waits for their blocks and reports.
func (r *run) transact(ctx context.Context, txs []signed) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := newWatch(r.node, txs, max(r.Window, r.Batch), r.Poll)
	if err := w.begin(ctx); err != nil {
		return Report{}, err
	}
	watched := make(chan struct{})
	go func() { defer close(watched); w.run(ctx) }()
	go w.giveUpAfter(ctx, r.Drain)

	meter, err := startMeter(r.PID)
	if err != nil {
		return Report{}, err
	}
	if r.max() {
		r.sendMax(ctx, w, txs)
	} else {
		r.sendAtRate(ctx, w, txs)
	}
	<-w.finished
	report := Report{Workload: r.Workload, RatePerS: r.RatePerS}
	err = meter.stop(&report)
	cancel()
	<-watched
	w.mu.Lock()
	defer w.mu.Unlock()
	report.add(w.samples, w.blocks)
	if report.Lost > 0 && w.trouble != nil && report.FirstRefusal == "" {
		report.FirstRefusal = w.trouble.Error()
	}
	return report, err
}

// sendAtRate sends on a schedule that nothing holds up.
func (r *run) sendAtRate(ctx context.Context, w *watch, txs []signed) {
	s := Schedule{Start: time.Now().Add(startDelay), RatePerS: r.RatePerS, Batch: r.Batch}
	s.Run(ctx, len(txs), func(span Span) {
		for i := span.From; i < span.To; i++ {
			w.due(i, s.Due(i))
		}
		w.answered(span.From, r.node.send(ctx, txs[span.From:span.To]))
	})
}

// sendMax keeps a window of transactions in flight. An item is due when the
// window has room for it. A worker has accounts of its own, so that the
// transactions of one account arrive in order.
func (r *run) sendMax(ctx context.Context, w *watch, txs []signed) {
	workers := min(r.Workers, len(r.accounts))
	var sending sync.WaitGroup
	for worker := range workers {
		sending.Add(1)
		go func() {
			defer sending.Done()
			var mine []int
			for i := range txs {
				if i%len(r.accounts)%workers == worker {
					mine = append(mine, i)
				}
			}
			for _, span := range Spans(len(mine), r.Batch) {
				r.sendWhenRoom(ctx, w, txs, mine[span.From:span.To])
			}
		}()
	}
	sending.Wait()
}

func (r *run) sendWhenRoom(ctx context.Context, w *watch, txs []signed, which []int) {
	if !w.inFlight.take(len(which)) {
		return
	}
	now := time.Now()
	batch := make([]signed, len(which))
	for k, i := range which {
		w.due(i, now)
		batch[k] = txs[i]
	}
	for k, err := range r.node.send(ctx, batch) {
		w.answered(which[k], []error{err})
	}
}
