package miner

import (
	"context"
	"sync"
	"time"
)

// board shows the workers what to search. Setting a job ends the one before.
type board struct {
	mu      sync.Mutex
	job     *Job
	ctx     context.Context // ends with the job
	cancel  context.CancelFunc
	changed chan struct{}
}

func newBoard() *board { return &board{changed: make(chan struct{})} }

// set shows a job, nil for none.
func (b *board) set(job *Job) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.cancel != nil {
		b.cancel()
	}
	b.job, b.ctx, b.cancel = job, nil, nil
	if job != nil {
		b.ctx, b.cancel = context.WithCancel(context.Background())
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// wait blocks until there is a job; nil when ctx ends.
func (b *board) wait(ctx context.Context) (*Job, context.Context) {
	for {
		b.mu.Lock()
		job, jobCtx, changed := b.job, b.ctx, b.changed
		b.mu.Unlock()
		if job != nil {
			return job, jobCtx
		}
		select {
		case <-ctx.Done():
			return nil, nil
		case <-changed:
		}
	}
}

// worker searches with one core. It keeps several nonces ahead: while it hashes
// one load, the next ones are being read.
type worker struct {
	board  *board
	loader *loader
	nonces *NonceSource
	held   func(load uint64) bool
	counts *counters
	found  func(*Candidate)
	broken func(load uint64, err error) // a read failed
	failed func(job *Job, err error)    // the job cannot be searched at all
	duty   int                          // percent
	ring   []*volley
}

// run searches whatever the board shows until ctx ends. Without a job it sleeps.
func (w *worker) run(ctx context.Context) {
	for {
		job, jobCtx := w.board.wait(ctx)
		if job == nil || ctx.Err() != nil { // the readers end with ctx
			return
		}
		w.search(ctx, jobCtx, job)
	}
}

// search goes on until the job ends. No read is left under way.
func (w *worker) search(ctx, jobCtx context.Context, job *Job) {
	defer context.AfterFunc(ctx, w.board.clear)()
	free, flying := append([]*volley(nil), w.ring...), make([]*volley, 0, len(w.ring))
	rest := pacer{duty: w.duty}
	for jobCtx.Err() == nil {
		began := time.Now()
		v := free[len(free)-1] // never empty: below, a full flight is followed by a landing
		skipped, err := v.aim(job, w.nonces, w.held)
		if err != nil {
			w.failed(job, err)
			break
		}
		w.counts.skipped.Add(uint64(skipped))
		rest.worked(jobCtx, time.Since(began))
		if skipped == lanes {
			continue
		}
		w.launch(jobCtx, v)
		if free, flying = free[:len(free)-1], append(flying, v); len(free) > 0 {
			continue // fill the ring first
		}
		if !w.land(ctx, jobCtx, job, flying[0], &rest) {
			return // the readers are gone too
		}
		flying, free = flying[1:], append(free, flying[0])
	}
	for _, v := range flying {
		if !w.land(ctx, jobCtx, job, v, &rest) {
			return
		}
	}
}

// launch asks for the loads of a volley. Once the job has ended it asks for none.
func (w *worker) launch(jobCtx context.Context, v *volley) {
	for _, p := range v.probes {
		p.held = p.held && w.loader.fetch(jobCtx, p)
	}
}

// land waits for a volley's reads and hashes what came; false when ctx ended.
func (w *worker) land(ctx, jobCtx context.Context, job *Job, v *volley, rest *pacer) bool {
	for _, p := range v.probes {
		if !p.held {
			continue
		}
		if !p.wait(ctx) {
			return false
		}
		began := time.Now()
		w.judge(jobCtx, job, p)
		rest.worked(jobCtx, time.Since(began))
	}
	return true
}

func (w *worker) judge(jobCtx context.Context, job *Job, p *probe) {
	if p.err != nil {
		w.broken(p.load, p.err)
		return
	}
	if jobCtx.Err() != nil {
		return
	}
	w.counts.iterations.Add(1)
	if candidate := p.judge(job); candidate != nil {
		w.found(candidate)
	}
}

// clear ends the job for good, at shutdown.
func (b *board) clear() { b.set(nil) }

// pacer makes a worker rest so that it works only a share of the time.
type pacer struct {
	duty int
	owed time.Duration
}

func (p *pacer) worked(ctx context.Context, d time.Duration) {
	if p.duty >= 100 {
		return
	}
	p.owed += d * time.Duration(100-p.duty) / time.Duration(p.duty)
	if p.owed < 5*time.Millisecond { // shorter sleeps are not kept
		return
	}
	_ = pause(ctx, p.owed)
	p.owed = 0
}
