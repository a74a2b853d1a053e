package rpc

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics are the doors' counters.
type Metrics struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	bytesOut prometheus.Counter
	handler  http.Handler
}

// NewMetrics registers the doors' metrics.
func NewMetrics(registry *prometheus.Registry) *Metrics {
	m := &Metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "zg_storage_rpc_requests_total", Help: "Calls answered, by method and JSON-RPC error code (0: success).",
		}, []string{"method", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "zg_storage_rpc_seconds", Help: "Time to answer a call, by method.", Buckets: prometheus.ExponentialBuckets(0.0005, 4, 9),
		}, []string{"method"}),
		bytesOut: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "zg_storage_served_bytes_total", Help: "Bytes of file data sent.",
		}),
		handler: promhttp.HandlerFor(registry, promhttp.HandlerOpts{}),
	}
	registry.MustRegister(m.requests, m.seconds, m.bytesOut)
	return m
}

// Handler serves the registry.
func (m *Metrics) Handler() http.Handler { return m.handler }

// observe counts a call. method is one of ours, never a caller's string: labels
// are memory.
func (m *Metrics) observe(method string, elapsed time.Duration, refusal *Error) {
	code := 0
	if refusal != nil {
		code = refusal.Code
	}
	m.requests.WithLabelValues(method, strconv.Itoa(code)).Inc()
	if elapsed > 0 {
		m.seconds.WithLabelValues(method).Observe(elapsed.Seconds())
	}
}

func (m *Metrics) served(bytes int) { m.bytesOut.Add(float64(bytes)) }

// byteCount writes a size for people.
func byteCount(bytes int64) string { return strconv.FormatInt(bytes>>20, 10) + " MiB" }
