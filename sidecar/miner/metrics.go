package miner

import (
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// counters are what the hot paths count; metrics and status read them.
type counters struct {
	iterations atomic.Uint64 // loads hashed, 64 tries each
	skipped    atomic.Uint64 // nonces that recalled a load we do not hold
	reads      atomic.Uint64
	readErrors atomic.Uint64
	sealed     atomic.Uint64
	sealErrors atomic.Uint64
	found      atomic.Uint64
	accepted   atomic.Uint64
	late       atomic.Uint64
	refused    atomic.Uint64
	unproven   atomic.Uint64
}

func (n *Node) registerMetrics(registry prometheus.Registerer) {
	counter := func(name, help string, value *atomic.Uint64) {
		registry.MustRegister(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "zg_miner", Name: name, Help: help},
			func() float64 { return float64(value.Load()) }))
	}
	counter("iterations_total", "Loads hashed; each is 64 tries of 4 KiB.", &n.counts.iterations)
	counter("skipped_nonces_total", "Nonces that recalled a load without data or not sealed yet.", &n.counts.skipped)
	counter("reads_total", "Loads of 256 KiB read for searching.", &n.counts.reads)
	counter("read_errors_total", "Failed reads of sealed loads.", &n.counts.readErrors)
	counter("sealed_loads_total", "Loads sealed since the start.", &n.counts.sealed)
	counter("seal_errors_total", "Loads that could not be sealed, to be tried again.", &n.counts.sealErrors)
	counter("found_total", "Pieces that met the target.", &n.counts.found)
	counter("proofs_accepted_total", "Proofs that the chain accepted.", &n.counts.accepted)
	counter("proofs_late_total", "Proofs that came after others had closed the epoch.", &n.counts.late)
	counter("proofs_refused_total", "Proofs that the chain refused.", &n.counts.refused)
	counter("proofs_unproven_total", "Solutions that could not be proven or sent.", &n.counts.unproven)
	n.scrub.Register(registry, "zg_miner")
	gauge := func(name, help string, value func(Status) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Namespace: "zg_miner", Name: name, Help: help},
			func() float64 { return value(n.Status()) }))
	}
	gauge("wanted_loads", "Loads of the claim that can be mined.", func(s Status) float64 { return float64(s.Loads.Wanted) })
	gauge("sealed_loads", "Those of them that are sealed here.", func(s Status) float64 { return float64(s.Loads.Sealed) })
	gauge("searching", "1 while an epoch is being searched.", func(s Status) float64 {
		if s.State == StateMining {
			return 1
		}
		return 0
	})
	gauge("chain_height", "Height of the work last read.", func(s Status) float64 { return float64(s.Height) })
	n.readTime = prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "zg_miner", Name: "read_seconds", Help: "Time of one load's read.",
		Buckets: prometheus.ExponentialBuckets(0.0001, 2, 16),
	})
	registry.MustRegister(n.readTime)
}

// noteRead counts a read of the loader.
func (n *Node) noteRead(d time.Duration, err error) {
	n.counts.reads.Add(1)
	if err != nil {
		n.counts.readErrors.Add(1)
	}
	n.readTime.Observe(d.Seconds())
}
