package miner

import (
	"context"
	"time"
)

// loader reads loads for all workers: at most depth reads are under way, which
// is what a disk needs to be busy (protocol-kv.md 5.1: four give the most) and
// what bounds the memory.
type loader struct {
	store Store
	queue chan *probe
	note  func(d time.Duration, err error)
}

func newLoader(store Store, depth int, note func(time.Duration, error)) *loader {
	return &loader{store: store, queue: make(chan *probe, depth), note: note}
}

// run is one reader; start depth of them.
func (l *loader) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-l.queue:
			began := time.Now()
			p.err = l.store.Read(p.load, p.buffer)
			l.note(time.Since(began), p.err)
			select {
			case p.done <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}
}

// fetch asks for the probe's load; false when ctx ended before.
func (l *loader) fetch(ctx context.Context, p *probe) bool {
	select {
	case l.queue <- p:
		return true
	case <-ctx.Done():
		return false
	}
}

// wait returns when the probe's read is over. A read that was asked for always
// ends while the readers run; ctx is theirs.
func (p *probe) wait(ctx context.Context) bool {
	select {
	case <-p.done:
		return true
	case <-ctx.Done():
		return false
	}
}
