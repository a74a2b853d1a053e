package encode_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
	"testing"
	"time"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// size32 is the largest blob of profile 1 with rows of 32 KiB.
const size32 = 32<<20 - erasure.HeaderSize

func shapes() []erasure.Profile { return []erasure.Profile{erasure.Production, erasure.Parity} }

func named(p erasure.Profile) string { return fmt.Sprintf("rows=%d-of-%d", p.K, p.N) }

// best is the shortest of some runs on one core: what the machine can do when
// others let it. It counts the time of this thread alone, where the system tells.
func best(runs int, do func()) time.Duration {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return shortest(runs, threadTime, do)
}

func shortest(runs int, clock func() time.Duration, do func()) time.Duration {
	least := time.Duration(1 << 62)
	for range runs {
		began := clock()
		do()
		least = min(least, clock()-began)
	}
	return least
}

var start = time.Now()

func wallTime() time.Duration { return time.Since(start) }

func mbps(bytes int, d time.Duration) float64 { return float64(bytes) / 1e6 / d.Seconds() }

func encoded(tb testing.TB, p erasure.Profile, payload []byte, workers int) *erasure.Blob {
	blob, err := encode.Encode(context.Background(), erasure.CPU, p, 1, payload, workers)
	if err != nil {
		tb.Fatal(err)
	}
	return blob
}

// limits are the parts that the whole encoder is held to, measured apart on one
// core in the same run: the library alone at its best stripe, SHA-256 alone, the
// combinations.
type limits struct{ copying, rs, sha, rlc time.Duration }

// composed is the time of all parts one after another.
func (l limits) composed() time.Duration { return l.rs + l.sha + l.rlc }

func measure(b *testing.B, p erasure.Profile, payload []byte) (l limits) {
	b.Helper()
	blob := encoded(b, p, payload, 1)
	defer encode.Recycle(blob)
	l.copying = best(5, func() { copy(blob.Memory(), payload) })
	l.sha = best(3, func() {
		for rest := blob.Memory(); len(rest) >= erasure.ChunkSize; rest = rest[erasure.ChunkSize:] {
			sha256.Sum256(rest[:erasure.ChunkSize])
		}
	})
	l.rlc = best(3, func() { blob.CombineRows(0, p.K) })
	codec, err := reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithMaxGoroutines(1))
	if err != nil {
		b.Fatal(err)
	}
	l.rs = time.Duration(1 << 62)
	for _, stripe := range []int{1024, 2048, 4096, 8192} {
		l.rs = min(l.rs, best(3, func() {
			part := make([][]byte, p.N)
			for at := 0; at < blob.RowSize; at += stripe {
				for i, row := range blob.Rows {
					part[i] = row[at : at+stripe]
				}
				if err := codec.Encode(part); err != nil {
					b.Fatal(err)
				}
			}
		}))
	}
	return l
}

// BenchmarkWhole is B4: the whole encoder on one core against its composed limit,
// with what that is made of, in MB/s of payload.
//
// mission D12 (one core of the encoder)
func BenchmarkWhole(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			payload := noise(size32, 1)
			l := measure(b, p, payload)
			b.SetBytes(size32)
			b.ResetTimer()
			least := time.Duration(1 << 62)
			for b.Loop() {
				least = min(least, best(1, func() { encode.Recycle(encoded(b, p, payload, 1)) }))
			}
			b.ReportMetric(mbps(size32, least), "best-MB/s")
			b.ReportMetric(mbps(size32, l.composed()), "limit-MB/s")
			b.ReportMetric(l.composed().Seconds()/least.Seconds(), "of-limit")
			b.ReportMetric(mbps(size32, l.copying), "memcpy-MB/s")
			b.ReportMetric(mbps(size32, l.rs), "raw-rs-MB/s")
			b.ReportMetric(mbps(size32*p.N/p.K, l.sha), "sha256-MB/s")
			b.ReportMetric(mbps(size32, l.rlc), "rlc-MB/s")
		})
	}
}

// BenchmarkParts are B1, B2 and B3: our parity against the library alone, our row
// tree against SHA-256 alone, the combinations.
func BenchmarkParts(b *testing.B) {
	for _, p := range shapes() {
		payload := noise(size32, 1)
		var l limits
		b.Run("B1-parity/"+named(p), func(b *testing.B) {
			l = measure(b, p, payload)
			part(b, p, payload, l.rs, func(blob *erasure.Blob) error {
				for i := range blob.Stripes() {
					if err := blob.EncodeStripe(erasure.CPU, i); err != nil {
						return err
					}
				}
				return nil
			})
		})
		b.Run("B2-tree/"+named(p), func(b *testing.B) {
			part(b, p, payload, l.sha, func(blob *erasure.Blob) error { blob.HashRows(0, p.N); return nil })
		})
		b.Run("B3-rlc/"+named(p), func(b *testing.B) {
			part(b, p, payload, l.rlc, func(blob *erasure.Blob) error { blob.CombineRows(0, p.K); return nil })
		})
	}
}

// part times one step on a coded blob against a limit.
func part(b *testing.B, p erasure.Profile, payload []byte, limit time.Duration, do func(*erasure.Blob) error) {
	blob := encoded(b, p, payload, 1)
	defer encode.Recycle(blob)
	b.SetBytes(size32)
	least := time.Duration(1 << 62)
	for b.Loop() {
		least = min(least, best(1, func() {
			if err := do(blob); err != nil {
				b.Fatal(err)
			}
		}))
	}
	b.ReportMetric(mbps(size32, least), "best-MB/s")
	b.ReportMetric(limit.Seconds()/least.Seconds(), "of-limit")
}

// BenchmarkCores is B5: the whole encoder on c cores against one, by the clock. On
// a shared machine the clock tells about the others; "work" tells whether c cores
// together need more processor time than one, and "serial" what one does alone:
// the two things that can keep an idle machine from c times the speed.
//
// mission D19 (encode)
func BenchmarkCores(b *testing.B) {
	payload := noise(size32, 1)
	run := func(c int) { encode.Recycle(encoded(b, erasure.Production, payload, c)) }
	one, work := shortest(5, wallTime, func() { run(1) }), shortest(8, processTime, func() { run(1) })
	blob := encoded(b, erasure.Production, payload, 1)
	alone := best(5, func() { blob.FixRows(); blob.Fix() })
	encode.Recycle(blob)
	serial := alone.Seconds() / best(5, func() { run(1) }).Seconds()
	for c := 1; c <= min(runtime.GOMAXPROCS(0), 8); c *= 2 {
		b.Run(fmt.Sprintf("cores=%d", c), func(b *testing.B) {
			b.SetBytes(size32)
			least, used := time.Duration(1<<62), time.Duration(1<<62)
			for b.Loop() {
				used = min(used, shortest(1, processTime, func() { least = min(least, shortest(1, wallTime, func() { run(c) })) }))
			}
			grown := used.Seconds() / work.Seconds()
			b.ReportMetric(mbps(size32, least), "best-MB/s")
			b.ReportMetric(one.Seconds()/least.Seconds()/float64(c), "of-linear")
			b.ReportMetric(float64(least.Microseconds())/1000, "best-ms")
			b.ReportMetric(grown, "work-of-one")
			b.ReportMetric(100*serial, "serial-%")
			b.ReportMetric(1/(float64(c)*serial+(1-serial)*grown), "computed-of-linear")
		})
	}
}

// B12: one blob of 32 MiB is coded in four times its size and 64 MiB more, and
// the next in the same memory.
func TestMemoryOfOneBlob(t *testing.T) {
	payload := noise(size32, 1)
	encode.Recycle(encoded(t, erasure.Production, payload[:1], 1)) // the library's tables, 70 MiB once
	runtime.GC()
	debug.FreeOSMemory()
	before := heapBytes()
	var peak atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
				peak.Store(max(peak.Load(), heapBytes()))
			}
		}
	}()
	for range 3 {
		encode.Recycle(encoded(t, erasure.Production, payload, 2))
	}
	close(stop)
	<-done
	const limit = 4*32<<20 + 64<<20
	used := peak.Load() - min(before, peak.Load())
	t.Logf("three blobs of 32 MiB, one after another: %d MiB beside the payload, limit %d", used>>20, limit>>20)
	if used > limit {
		t.Errorf("got %d bytes, want at most %d", used, limit)
	}
}

// heapBytes is what objects and the space between them take.
func heapBytes() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/unused:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64() + samples[1].Value.Uint64()
}
