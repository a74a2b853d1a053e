package evmload

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/zgd-network/zgd/cmd/zgd/bench"
)

// Report of a run. A latency runs from when an item was due to when its receipt,
// or its answer, could be read.
type Report struct {
	Workload     string  `json:"workload"`
	RatePerS     float64 `json:"rate_per_s"` // 0: max
	Sent         int     `json:"sent"`
	Included     int     `json:"included"` // with a receipt; of calls and logs: answered
	Failed       int     `json:"failed"`   // of these, with a receipt that says so
	Refused      int     `json:"refused"`  // by the node
	Lost         int     `json:"lost"`     // accepted, and in no block when the run gave up
	Seconds      float64 `json:"seconds"`  // from the first due to the last done
	IncludedPerS float64 `json:"included_per_s"`
	Blocks       int     `json:"blocks"` // that hold any of the run
	GasPerTx     float64 `json:"gas_per_tx"`
	GasPerS      float64 `json:"gas_per_s"`
	P50MS        float64 `json:"p50_ms"`
	P90MS        float64 `json:"p90_ms"`
	P99MS        float64 `json:"p99_ms"`
	MaxMS        float64 `json:"max_ms"`
	NodeCPUS     float64 `json:"node_cpu_s"`      // user and system, of --pid
	CPUPerItemMS float64 `json:"cpu_ms_per_item"` // of the node, empty blocks of the run included
	NodeCPUShare float64 `json:"node_cpu_per_s"`  // cores that the node kept busy
	LoadAverage  string  `json:"load_average"`    // of the machine, one minute, at the end
	FirstRefusal string  `json:"first_refusal,omitempty"`
}

// add counts samples into the report.
func (r *Report) add(samples []sample, blocks int) {
	r.Sent, r.Blocks = len(samples), blocks
	var latencies []time.Duration
	var first, last time.Time
	var gas uint64
	for _, s := range samples {
		if !s.due.IsZero() && (first.IsZero() || s.due.Before(first)) {
			first = s.due
		}
		switch {
		case s.err != nil:
			if r.Refused++; r.FirstRefusal == "" {
				r.FirstRefusal = s.err.Error()
			}
		case s.done.IsZero():
			r.Lost++
		default:
			if s.bad {
				r.Failed++
			}
			latencies = append(latencies, s.done.Sub(s.due))
			gas += s.gas
			if s.done.After(last) {
				last = s.done
			}
		}
	}
	if r.Included = len(latencies); r.Included == 0 {
		return
	}
	r.Seconds = last.Sub(first).Seconds()
	r.IncludedPerS, r.GasPerS = float64(r.Included)/r.Seconds, float64(gas)/r.Seconds
	r.GasPerTx = float64(gas) / float64(r.Included)
	r.CPUPerItemMS = 1000 * r.NodeCPUS / float64(r.Included)
	slices.Sort(latencies)
	for _, p := range []struct {
		rank int
		to   *float64
	}{{50, &r.P50MS}, {90, &r.P90MS}, {99, &r.P99MS}, {100, &r.MaxMS}} {
		*p.to = float64(bench.Percentile(latencies, p.rank).Microseconds()) / 1000
	}
}

// String is the report as a table.
func (r Report) String() string {
	var b strings.Builder
	pace := "max"
	if r.RatePerS > 0 {
		pace = fmt.Sprintf("%.1f/s", r.RatePerS)
	}
	fmt.Fprintf(&b, "%s at %s: sent %d, included %d in %.2f s, failed %d, refused %d, lost %d\n",
		r.Workload, pace, r.Sent, r.Included, r.Seconds, r.Failed, r.Refused, r.Lost)
	if r.FirstRefusal != "" {
		fmt.Fprintf(&b, "first refusal: %s\n", r.FirstRefusal)
	}
	fmt.Fprintf(&b, "throughput   %10.1f /s", r.IncludedPerS)
	if r.Blocks > 0 {
		fmt.Fprintf(&b, " in %d blocks, %.0f gas each, %.3g gas/s", r.Blocks, r.GasPerTx, r.GasPerS)
	}
	fmt.Fprintf(&b, "\ndue -> done  p50 %.1f ms   p90 %.1f ms   p99 %.1f ms   max %.1f ms", r.P50MS, r.P90MS, r.P99MS, r.MaxMS)
	if r.NodeCPUS > 0 {
		fmt.Fprintf(&b, "\nnode CPU     %10.3f ms each, %.2f cores busy (load average %s)", r.CPUPerItemMS, r.NodeCPUShare, r.LoadAverage)
	}
	return b.String()
}

// meter measures the node's CPU time over a run.
type meter struct {
	pid    int
	at     time.Time
	before time.Duration
}

func startMeter(pid int) (meter, error) {
	m := meter{pid: pid, at: time.Now()}
	var err error
	if pid != 0 {
		m.before, err = cpuTime(pid)
	}
	return m, err
}

func (m meter) stop(r *Report) error {
	r.LoadAverage = loadAverage()
	if m.pid == 0 {
		return nil
	}
	after, err := cpuTime(m.pid)
	if err != nil {
		return err
	}
	r.NodeCPUS = (after - m.before).Seconds()
	r.NodeCPUShare = r.NodeCPUS / time.Since(m.at).Seconds()
	return nil
}
