package storage

import (
	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/internal/daemon"
	"github.com/zgd-network/zgd/sidecar/storage/rpc"
)

// metrics are the node's counters; those of the doors are in rpc. Gauges of the
// node's state are read from it when they are scraped (node.go).
type metrics struct {
	registry       *prometheus.Registry
	entries        prometheus.Counter
	rootMismatches prometheus.Counter
	visible        prometheus.Histogram
	segments       *prometheus.CounterVec
	bytesIn        prometheus.Counter
	corrupt        prometheus.Counter
	finalized      prometheus.Counter
	cacheEvicted   prometheus.Counter
	payloads       *prometheus.CounterVec
	doors          *rpc.Metrics
}

func newMetrics() *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "zg_storage_" + name, Help: help})
	}
	m := &metrics{
		registry:       daemon.NewRegistry(),
		entries:        counter("entries_followed_total", "Entries of the flow taken from the chain."),
		rootMismatches: counter("root_mismatches_total", "Entries or contexts that contradict the store."),
		visible: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zg_storage_visible_seconds", Help: "From hearing of a block to its entries being visible.", Buckets: prometheus.ExponentialBuckets(0.001, 2, 12),
		}),
		segments: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zg_storage_segments_total", Help: "Segments offered, by what became of them.",
		}, []string{"outcome"}),
		bytesIn:   counter("stored_bytes_total", "Bytes of file data written."),
		corrupt:   counter("corrupt_segments_total", "Segments found corrupt when read, and quarantined."),
		finalized: counter("files_finalized_total", "Files completed."),
		payloads: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zg_storage_da_payloads_total", Help: "Payloads of confirmed blobs, by what became of an attempt to fetch them.",
		}, []string{"outcome"}),
		cacheEvicted: counter("cache_evicted_total", "Segments ahead of their transaction that were dropped."),
	}
	m.registry.MustRegister(m.entries, m.rootMismatches, m.visible, m.segments, m.bytesIn, m.corrupt, m.finalized, m.cacheEvicted, m.payloads)
	m.doors = rpc.NewMetrics(m.registry)
	return m
}
