// Package scrub runs a store's scrubber at idle priority: everything is read and
// checked again and again, slowly, so that rot is found while other copies of
// the data exist. It knows no store; each daemon brings its own step.
package scrub

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// DefaultMiBPerSecond is the paper's choice: a full pass over 8 TiB in 12 days.
const DefaultMiBPerSecond = 8

// MaxMiBPerSecond bounds the setting.
const MaxMiBPerSecond = 1 << 20

// Totals are counts since the scrubber was made.
type Totals struct {
	Bytes  uint64 // read and checked
	Rotten uint64 // loads found corrupt, and quarantined
	Passes uint64 // times it came to the end of the store
}

// Step checks the next load and says how long to wait before the next step.
type Step func() (total Totals, wait time.Duration, err error)

// Runner runs a scrubber and remembers its counts. The zero value is ready.
type Runner struct {
	mu     sync.Mutex
	status nodeapi.ScrubStatus
}

// Run steps until ctx ends; rotten is called after each step that found rot. It
// keeps its thread, which gets the CPU and the disk when nobody else wants them.
func (r *Runner) Run(ctx context.Context, log *slog.Logger, step Step, rotten func(context.Context)) {
	runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, its priority too
	if err := idlePriority(); err != nil {
		log.Warn("scrubbing at normal priority", "err", err)
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	var before Totals
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		total, wait, err := step()
		if err != nil {
			log.Warn("scrubbing", "err", err)
		}
		r.note(before, total)
		if total.Rotten > before.Rotten {
			rotten(ctx)
		}
		before = total
		timer.Reset(wait)
	}
}

func (r *Runner) note(before, total Totals) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Bytes += total.Bytes - before.Bytes
	r.status.Rotten += total.Rotten - before.Rotten
	if total.Passes > before.Passes {
		r.status.LastFullPass = time.Now().Unix()
	}
}

// Status is what was done so far.
func (r *Runner) Status() nodeapi.ScrubStatus {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status
}

// Register exports the counts as <namespace>_scrub_….
func (r *Runner) Register(registry prometheus.Registerer, namespace string) {
	counter := func(name, help string, value func(nodeapi.ScrubStatus) uint64) prometheus.Collector {
		return prometheus.NewCounterFunc(prometheus.CounterOpts{Namespace: namespace, Subsystem: "scrub", Name: name, Help: help},
			func() float64 { return float64(value(r.Status())) })
	}
	registry.MustRegister(
		counter("bytes_total", "Bytes read back and checked in the background.", func(s nodeapi.ScrubStatus) uint64 { return s.Bytes }),
		counter("rotten_total", "Loads found corrupt in the background.", func(s nodeapi.ScrubStatus) uint64 { return s.Rotten }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Namespace: namespace, Subsystem: "scrub", Name: "last_full_pass_seconds", Help: "Unix time at which everything had been checked; 0: not yet.",
		}, func() float64 { return float64(r.Status().LastFullPass) }),
	)
}
