package evmload

import (
	"context"
	"sync"
	"time"
)

// Schedule says when each of a number of items is due.
type Schedule struct {
	Start    time.Time
	RatePerS float64
	Batch    int // items that leave together, when the last of them is due
}

// Due is the moment at which item i should leave.
func (s Schedule) Due(i int) time.Time {
	return s.Start.Add(time.Duration(float64(i) / s.RatePerS * float64(time.Second)))
}

// Span is a run of items [From, To) that leave together.
type Span struct{ From, To int }

// Spans cut total items into batches.
func Spans(total, batch int) []Span {
	spans := make([]Span, 0, (total+batch-1)/batch)
	for from := 0; from < total; from += batch {
		spans = append(spans, Span{from, min(from+batch, total)})
	}
	return spans
}

// Run calls send for every batch when it is due, each in a goroutine of its own:
// a slow answer does not hold up the next one. It returns when all have returned.
func (s Schedule) Run(ctx context.Context, total int, send func(Span)) {
	var sending sync.WaitGroup
	defer sending.Wait()
	for _, span := range Spans(total, s.Batch) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(s.Due(span.To - 1))):
		}
		sending.Add(1)
		go func() { defer sending.Done(); send(span) }()
	}
}

// window bounds the transactions in flight.
type window struct {
	mu   sync.Mutex
	room *sync.Cond
	free int
	shut bool
}

func newWindow(size int) *window {
	w := &window{free: size}
	w.room = sync.NewCond(&w.mu)
	return w
}

// take waits for room for n; false when the window was closed.
func (w *window) take(n int) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.free < n && !w.shut {
		w.room.Wait()
	}
	w.free -= n
	return !w.shut
}

func (w *window) give(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.free += n
	w.room.Broadcast()
}

func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shut = true
	w.room.Broadcast()
}
