package node

import (
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
)

func (n *Node) registerMetrics(registry prometheus.Registerer) {
	counter := func(name, help string, value *atomic.Uint64) {
		registry.MustRegister(prometheus.NewCounterFunc(
			prometheus.CounterOpts{Namespace: "zg_da_node", Name: name, Help: help},
			func() float64 { return float64(value.Load()) }))
	}
	counter("batches_signed_total", "Signatures given.", &n.counts.signed)
	counter("blobs_signed_total", "Blobs in the batches signed.", &n.counts.signedBlobs)
	counter("submissions_accepted_total", "Blobs whose rows were checked and stored, or were here already.", &n.counts.accepted)
	counter("submissions_refused_total", "Submissions refused because of what was sent, or by whom.", &n.counts.refused)
	counter("calls_busy_total", "Calls refused because of a limit.", &n.counts.busy)
	counter("rows_stored_total", "Rows made durable.", &n.counts.acceptedRows)
	counter("bytes_checked_total", "Bytes of rows checked.", &n.counts.checkedBytes)
	counter("rows_served_total", "Rows sent to readers.", &n.counts.servedRows)
	counter("bytes_served_total", "Bytes of rows and paths sent to readers.", &n.counts.servedBytes)
	counter("chunks_served_total", "Chunks sent to readers.", &n.counts.servedChunks)
	counter("lost_rows_total", "Reads of rows that rot took.", &n.counts.lost)
	counter("samples_paid_total", "Chunks that won the lottery and that the chain took.", &n.counts.samplesPaid)
	counter("sample_winners_total", "Chunks found that win.", &n.counts.sampleWinners)
	counter("challenges_answered_total", "Challenges answered.", &n.counts.challengesAnswered)
	counter("challenges_failed_total", "Challenges that could not be answered.", &n.counts.challengesFailed)
	n.scrub.Register(registry, "zg_da_node")
	gauge := func(name, help string, value func(Status) float64) {
		registry.MustRegister(prometheus.NewGaugeFunc(
			prometheus.GaugeOpts{Namespace: "zg_da_node", Name: name, Help: help},
			func() float64 { return value(n.Status()) }))
	}
	gauge("blobs", "Blobs held.", func(s Status) float64 { return float64(s.Blobs.Held) })
	gauge("waiting_blobs", "Blobs held that are not confirmed.", func(s Status) float64 { return float64(s.Blobs.Waiting) })
	gauge("stored_bytes", "Bytes on disk.", func(s Status) float64 { return float64(s.Blobs.Bytes) })
	gauge("chain_height", "Height of the chain's node.", func(s Status) float64 { return float64(s.Height) })
	gauge("epoch", "Running quorum epoch.", func(s Status) float64 { return float64(s.Epoch) })
	gauge("seats", "Seats in the running epoch.", func(s Status) float64 { return float64(s.Seats) })
	gauge("registered_next", "1 when registered for the next epoch.", func(s Status) float64 {
		if s.NextEpoch {
			return 1
		}
		return 0
	})
}
