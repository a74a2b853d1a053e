//go:build unix

package client_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// BenchmarkSustained is B10's sustained half without the chain: one disperser and
// four real members over TLS and with stores on disk, in one process, held to what
// coding and checking alone would cost, and to that with the rows moved.
// tests/e2e has it with four validators.
func BenchmarkSustained(b *testing.B) {
	const members, size = 4, 512 << 20
	limit := clienttest.Limit(b, members)
	net := clienttest.New(b, clienttest.Params{Signers: members, Seed: 7, Chain: datest.DAParams{Profile: erasure.Production}})
	net.UseReal(nil)
	c := net.Client(func(o *client.Options) { patient(o); o.MemoryMiB = 1024 })
	b.SetBytes(size)
	seed, seconds, cpu := byte(0), 0.0, time.Duration(0)
	for b.Loop() {
		b.StopTimer()
		seed++
		file := clienttest.File(b, size, seed) // or it would be confirmed already
		b.StartTimer()
		began := clienttest.CPUTime(b)
		result, err := c.Put(b.Context(), file, client.PutOptions{Direct: true})
		if err != nil {
			b.Fatal(err)
		}
		seconds += result.Seconds
		cpu += clienttest.CPUTime(b) - began
	}
	clock, used := size*float64(seed)/seconds, size*float64(seed)/cpu.Seconds()*float64(runtime.GOMAXPROCS(0))
	b.ReportMetric(clock/1e6, "MB/s-put")
	b.ReportMetric(limit.Work/1e6, "work-MB/s")
	b.ReportMetric(limit.Moved/1e6, "moved-MB/s")
	b.ReportMetric(clock/limit.Work, "of-work")
	b.ReportMetric(used/limit.Work, "of-work-by-CPU")
	b.ReportMetric(clock/limit.Moved, "of-moved")
	b.ReportMetric(used/limit.Moved, "of-moved-by-CPU")
}
