package encoder

import (
	"errors"
	"math/big"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

type metrics struct {
	puts      *prometheus.CounterVec // by outcome
	states    *prometheus.CounterVec // blobs that came into a state
	reads     *prometheus.CounterVec // by where from
	samples   *prometheus.CounterVec // chunks for light samplers, by outcome
	faults    *prometheus.CounterVec // of members, by kind
	bytes     prometheus.Counter     // of payload coded
	seconds   prometheus.Counter     // of coding
	fees      prometheus.Counter     // zg
	dispersal prometheus.Histogram   // seconds
}

func newMetrics(s *Service, registry *prometheus.Registry) *metrics {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: "zg_da_encoder_" + name, Help: help})
	}
	vector := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "zg_da_encoder_" + name, Help: help}, []string{label})
	}
	gauge := func(name, help string, read func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "zg_da_encoder_" + name, Help: help}, read)
	}
	m := &metrics{
		puts:    vector("puts_total", "payloads offered, by outcome", "outcome"),
		states:  vector("blobs_total", "blobs that came into a state", "state"),
		reads:   vector("reads_total", "payloads read, by where from", "from"),
		samples: vector("chunks_total", "chunks for light samplers, by outcome", "outcome"),
		faults:  vector("member_faults_total", "members that did not do their part", "kind"),
		bytes:   counter("encoded_bytes_total", "bytes of payload coded"),
		seconds: counter("encode_seconds_total", "time spent coding"),
		fees:    counter("fees_zg_total", "fees of orders, without gas"),
		dispersal: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "zg_da_encoder_dispersal_seconds", Help: "bringing a batch to its quorum and its signatures back",
			Buckets: []float64{0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60},
		}),
	}
	registry.MustRegister(m.puts, m.states, m.reads, m.samples, m.faults, m.bytes, m.seconds, m.fees, m.dispersal,
		gauge("pending_blobs", "blobs on their way", func() float64 { return float64(s.pending()) }),
		gauge("spool_bytes", "payloads that are not confirmed", func() float64 { return float64(s.disk.inUse()) }),
		gauge("memory_bytes", "requests and coded blobs in memory", func() float64 { return float64(s.memory.inUse()) }))
	return m
}

// count notes the outcome of a Put.
func (m *metrics) count(err error, fresh bool) {
	var busy *Busy
	outcome := "accepted"
	switch {
	case errors.As(err, &busy) && busy.Quota:
		outcome = "over_quota"
	case errors.As(err, &busy):
		outcome = "busy"
	case errors.Is(err, erasure.ErrEmptyBlob), errors.Is(err, erasure.ErrBlobTooLarge):
		outcome = "bad_size"
	case err != nil:
		outcome = "failed"
	case !fresh:
		outcome = "known"
	}
	m.puts.WithLabelValues(outcome).Inc()
}

func (m *metrics) encoded(bytes int, took time.Duration) {
	m.bytes.Add(float64(bytes))
	m.seconds.Add(took.Seconds())
}

func (m *metrics) paid(azg *big.Int) {
	if azg == nil {
		return
	}
	zg, _ := new(big.Float).Quo(new(big.Float).SetInt(azg), big.NewFloat(1e18)).Float64()
	m.fees.Add(zg)
}

func (m *metrics) faulty(faults []client.Fault) {
	for _, f := range faults {
		m.faults.WithLabelValues(string(f.Kind)).Inc()
	}
}
