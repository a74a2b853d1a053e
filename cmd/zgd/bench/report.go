package bench

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report of a run. Latencies run from when a transaction was due to when its
// receipt could be read.
type Report struct {
	Sent            int     `json:"sent"`
	Committed       int     `json:"committed"`
	Refused         int     `json:"refused"` // by the node, at sending
	Lost            int     `json:"lost"`    // accepted, and in no block when the run ended
	RatePerS        float64 `json:"rate_per_s"`
	CommittedPerS   float64 `json:"committed_per_s"`
	BlockIntervalMS float64 `json:"block_interval_ms"`
	P50MS           float64 `json:"p50_ms"`
	P90MS           float64 `json:"p90_ms"`
	P99MS           float64 `json:"p99_ms"`
	MaxMS           float64 `json:"max_ms"`
	FirstRefusal    string  `json:"first_refusal,omitempty"`
}

func (r *run) report() Report {
	r.mu.Lock()
	defer r.mu.Unlock()
	report := Report{Sent: len(r.samples), RatePerS: r.RatePerS}
	var latencies []time.Duration
	var last time.Time
	for _, s := range r.samples {
		switch {
		case s.err != nil:
			if report.Refused++; report.FirstRefusal == "" {
				report.FirstRefusal = s.err.Error()
			}
		case s.committed.IsZero():
			report.Lost++
		default:
			latencies = append(latencies, s.committed.Sub(s.due))
			if s.committed.After(last) {
				last = s.committed
			}
		}
	}
	report.Committed = len(latencies)
	if r.blocks > 1 {
		report.BlockIntervalMS = ms(r.last.Sub(r.first)) / float64(r.blocks-1)
	}
	if len(latencies) > 0 {
		report.CommittedPerS = float64(len(latencies)) / last.Sub(r.samples[0].due).Seconds()
	}
	slices.Sort(latencies)
	report.P50MS, report.P90MS = ms(Percentile(latencies, 50)), ms(Percentile(latencies, 90))
	report.P99MS, report.MaxMS = ms(Percentile(latencies, 99)), ms(Percentile(latencies, 100))
	return report
}

// Percentile is the nearest rank: the least value that p percent of the sorted
// values do not exceed; zero of none.
func Percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// String is the report as a table.
func (r Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "sent %d at %.1f/s, committed %d (%.1f/s), refused %d, lost %d\n",
		r.Sent, r.RatePerS, r.Committed, r.CommittedPerS, r.Refused, r.Lost)
	if r.FirstRefusal != "" {
		fmt.Fprintf(&b, "first refusal: %s\n", r.FirstRefusal)
	}
	fmt.Fprintf(&b, "block interval   %8.1f ms\n", r.BlockIntervalMS)
	fmt.Fprintf(&b, "due -> receipt   p50 %.1f ms   p90 %.1f ms   p99 %.1f ms   max %.1f ms", r.P50MS, r.P90MS, r.P99MS, r.MaxMS)
	return b.String()
}
