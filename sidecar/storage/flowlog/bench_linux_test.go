package flowlog_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sort"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"golang.org/x/sys/unix"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const benchLoads = 1024 // 256 MiB

func benchOptions(role flowlog.Role) flowlog.Options {
	return flowlog.Options{Role: role, SlotsPerPack: 1024, Direct: true, Logger: quiet}
}

// benchStore is a store of sealed loads 0..benchLoads-1.
func benchStore(b *testing.B) (*flowlog.Store, string) {
	dir := b.TempDir()
	store := mustOpen(b, dir, benchOptions(flowlog.RoleSealed))
	data := content(1, 1)
	var answers []<-chan error
	for load := range uint64(benchLoads) {
		answers = append(answers, store.WriteSealedAsync(ctx, load, data, flowlog.SealMeta{}))
	}
	for _, answer := range answers {
		if err := <-answer; err != nil {
			b.Fatal(err)
		}
	}
	return store, dir
}

// ratio is the median over turns of other time / engine time: how fast the engine
// is, as a part of the other. Turns lie next to each other, so that what else the
// machine does falls out.
func ratio(other, engine []time.Duration) float64 {
	ratios := make([]float64, len(engine))
	for i := range ratios {
		ratios[i] = float64(other[i]) / float64(engine[i])
	}
	sort.Float64s(ratios)
	return ratios[len(ratios)/2]
}

// BenchmarkMiningRead reads random loads through the engine and with a bare pread
// of the same pack in the same mode, in turns; ratio is raw time / engine time,
// wanted at least 0.9 (protocol-kv.md 5.2).
func BenchmarkMiningRead(b *testing.B) {
	store, dir := benchStore(b)
	raw, err := os.OpenFile(filepath.Join(dir, "chunks", "00000000.zgc"), os.O_RDONLY|unix.O_DIRECT, 0)
	mode := "O_DIRECT"
	if err != nil {
		b.Logf("no O_DIRECT here: %v", err)
		mode = "buffered"
		if raw, err = os.Open(filepath.Join(dir, "chunks", "00000000.zgc")); err != nil {
			b.Fatal(err)
		}
	}
	defer raw.Close()
	buffer := flowlog.AlignedBuffer(layout.LoadSize)
	random := rand.New(rand.NewPCG(1, 1))
	const burst = 8
	run := func(read func(load uint64) error) time.Duration {
		start := time.Now()
		for range burst {
			if err := read(random.Uint64N(benchLoads)); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start) / burst
	}
	engine := func(load uint64) error { return store.ReadLoadDirect(load, buffer) }
	bare := func(load uint64) error {
		_, err := raw.ReadAt(buffer, int64(load)*layout.LoadSize)
		return err
	}
	var engineTimes, rawTimes []time.Duration
	b.SetBytes(2 * layout.LoadSize * burst) // both
	for b.Loop() {
		engineTimes = append(engineTimes, run(engine))
		rawTimes = append(rawTimes, run(bare))
	}
	b.ReportMetric(ratio(rawTimes, engineTimes), "ratio-to-"+mode+"-pread")
}

// BenchmarkServingRead reads with checksums, warm, against a bare warm pread and
// against pebble holding the same loads as values.
func BenchmarkServingRead(b *testing.B) {
	dir := b.TempDir()
	store := mustOpen(b, dir, benchOptions(flowlog.RolePlain))
	db, err := pebble.Open(filepath.Join(dir, "blobs"), &pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const loads = 256
	for load := range uint64(loads) {
		data := content(load, 1)
		if err := store.WriteSectors(ctx, load, 0, data); err != nil {
			b.Fatal(err)
		}
		if err := db.Set(fmt.Appendf(nil, "%08d", load), data, pebble.NoSync); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Flush(); err != nil {
		b.Fatal(err)
	}
	raw, err := os.Open(filepath.Join(dir, "chunks", "00000000.zgc"))
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	buffer := flowlog.AlignedBuffer(layout.LoadSize)
	random := rand.New(rand.NewPCG(1, 1))
	once := func(read func(load uint64) error) time.Duration {
		start := time.Now()
		for range 16 {
			if err := read(random.Uint64N(loads)); err != nil {
				b.Fatal(err)
			}
		}
		return time.Since(start) / 16
	}
	var engineTimes, rawTimes, pebbleTimes []time.Duration
	b.SetBytes(layout.LoadSize * 16)
	for b.Loop() {
		engineTimes = append(engineTimes, once(func(load uint64) error { return store.ReadSectors(load, 0, layout.SectorsPerLoad, buffer) }))
		b.StopTimer()
		rawTimes = append(rawTimes, once(func(load uint64) error { _, err := raw.ReadAt(buffer, int64(load)*layout.LoadSize); return err }))
		pebbleTimes = append(pebbleTimes, once(func(load uint64) error {
			value, closer, err := db.Get(fmt.Appendf(nil, "%08d", load))
			if err != nil {
				return err
			}
			copy(buffer, value)
			return closer.Close()
		}))
		b.StartTimer()
	}
	b.ReportMetric(ratio(rawTimes, engineTimes), "ratio-to-pread")
	b.ReportMetric(ratio(pebbleTimes, engineTimes), "ratio-to-pebble")
}

// BenchmarkIngest writes 64 loads in groups of 32 through the engine, then the
// same bytes into a flat preallocated file with as many fdatasyncs, then into
// pebble as values, in turns. Wanted: 0.8 of flat (protocol-kv.md 5.2).
func BenchmarkIngest(b *testing.B) {
	const loads, group = 64, 32
	dir := b.TempDir()
	store := mustOpen(b, dir, benchOptions(flowlog.RolePlain))
	db, err := pebble.Open(filepath.Join(dir, "blobs"), &pebble.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	data := content(1, 1)
	if err := store.WriteSectors(ctx, 0, 0, data); err != nil { // makes the pack
		b.Fatal(err)
	}
	// As the engine does, the flat file goes on into fresh blocks and fresh pages
	// of the page cache; writing the same ones again would be far cheaper.
	flat, err := os.Create(filepath.Join(dir, "flat"))
	if err != nil {
		b.Fatal(err)
	}
	defer flat.Close()
	var flatEnd int64
	newFlat := func() {
		if err := unix.Fallocate(int(flat.Fd()), 0, flatEnd, loads*layout.LoadSize); err != nil {
			b.Fatal(err)
		}
		if err := flat.Sync(); err != nil {
			b.Fatal(err)
		}
	}
	next := uint64(1)
	engine := func() {
		answers := make([]<-chan error, loads)
		for i := range answers {
			answers[i] = store.WriteSectorsAsync(ctx, next, 0, data)
			next++
		}
		for _, answer := range answers {
			if err := <-answer; err != nil {
				b.Fatal(err)
			}
		}
	}
	bare := func() {
		for i := range loads {
			if _, err := flat.WriteAt(data, flatEnd); err != nil {
				b.Fatal(err)
			}
			flatEnd += layout.LoadSize
			if i%group == group-1 {
				if err := unix.Fdatasync(int(flat.Fd())); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	blobs := func() {
		for range loads / group {
			batch := db.NewBatch()
			for range group {
				if err := batch.Set(fmt.Appendf(nil, "%08d", next), data, nil); err != nil {
					b.Fatal(err)
				}
				next++
			}
			if err := batch.Commit(pebble.Sync); err != nil {
				b.Fatal(err)
			}
		}
	}
	timed := func(do func()) time.Duration { start := time.Now(); do(); return time.Since(start) }
	var engineTimes, rawTimes, pebbleTimes []time.Duration
	b.SetBytes(loads * layout.LoadSize)
	for b.Loop() {
		engineTimes = append(engineTimes, timed(engine))
		b.StopTimer()
		newFlat()
		rawTimes = append(rawTimes, timed(bare))
		pebbleTimes = append(pebbleTimes, timed(blobs))
		b.StartTimer()
	}
	b.ReportMetric(ratio(rawTimes, engineTimes), "ratio-to-flat")
	b.ReportMetric(ratio(pebbleTimes, engineTimes), "ratio-to-pebble")
}

// BenchmarkIngestBlobs writes blobs of 34 MiB, each one batch that ends inside a
// load, as a node of the data availability network does: through the page cache
// and past it, in turns, each into a fresh store (fresh blocks, fresh pages).
func BenchmarkIngestBlobs(b *testing.B) {
	const blobs = 6
	blob := noise(1, 34<<20/layout.SectorSize+5)
	var cached, direct []cost
	b.SetBytes(2 * blobs * int64(len(blob)))
	for b.Loop() {
		cached = append(cached, ingestBlobs(b, blob, blobs, false))
		direct = append(direct, ingestBlobs(b, blob, blobs, true))
	}
	gib := float64(blobs*len(blob)) / (1 << 30)
	for name, costs := range map[string][]cost{"cached": cached, "direct": direct} {
		wall, cpu := medians(costs)
		b.ReportMetric(gib*(1<<30)/1e6/wall.Seconds(), name+"-MB/s")
		b.ReportMetric(cpu.Seconds()/gib, name+"-cpu-s/GiB")
	}
}

// cost is what a stretch of work took, and how much of the processors.
type cost struct{ wall, cpu time.Duration }

func medians(costs []cost) (wall, cpu time.Duration) {
	by := func(of func(cost) time.Duration) time.Duration {
		sort.Slice(costs, func(i, j int) bool { return of(costs[i]) < of(costs[j]) })
		return of(costs[len(costs)/2])
	}
	return by(func(c cost) time.Duration { return c.wall }), by(func(c cost) time.Duration { return c.cpu })
}

func ingestBlobs(b *testing.B, blob []byte, blobs int, direct bool) cost {
	b.StopTimer()
	defer b.StartTimer()
	dir, err := os.MkdirTemp(b.TempDir(), "")
	if err != nil {
		b.Fatal(err)
	}
	opts := benchOptions(flowlog.RolePlain)
	opts.DirectWrites = direct
	store := mustOpen(b, dir, opts)
	if err := store.WriteSectors(ctx, 0, 0, noise(2, 7)); err != nil { // makes the pack
		b.Fatal(err)
	}
	b.StartTimer()
	start, used := time.Now(), processorTime(b)
	sector := 7
	for range blobs {
		var batch flowlog.Batch
		for rest := blob; len(rest) > 0; {
			load, first := uint64(sector/layout.SectorsPerLoad), sector%layout.SectorsPerLoad
			count := min(len(rest)/layout.SectorSize, layout.SectorsPerLoad-first)
			batch.WriteSectors(load, first, rest[:count*layout.SectorSize])
			rest, sector = rest[count*layout.SectorSize:], sector+count
		}
		if err := store.Commit(ctx, &batch); err != nil {
			b.Fatal(err)
		}
	}
	took := cost{time.Since(start), processorTime(b) - used}
	b.StopTimer()
	if err := errors.Join(store.Close(), os.RemoveAll(dir)); err != nil {
		b.Fatal(err)
	}
	return took
}

// processorTime is what all threads of the process used, in and out of the kernel.
func processorTime(b *testing.B) time.Duration {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// BenchmarkSmallWrites is a caller that waits for each 4 KiB.
func BenchmarkSmallWrites(b *testing.B) {
	store := mustOpen(b, b.TempDir(), benchOptions(flowlog.RolePlain))
	data := content(1, 1)
	b.SetBytes(4096)
	i := 0
	for b.Loop() {
		first := i % 64 * 16
		if err := store.WriteSectors(ctx, uint64(i/64), first, sectors(data, first, 16)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkReopen opens a store of 10,000 and of 100,000 loads; wanted at most 1 s
// (protocol-kv.md 5.2). The loads hold one sector each: rows are what costs.
func BenchmarkReopen(b *testing.B) {
	for _, loads := range []uint64{10_000, 100_000} {
		b.Run(fmt.Sprintf("loads=%d", loads), func(b *testing.B) {
			d := newDisk() // many rows, little data
			opts := flowlog.Options{Role: flowlog.RolePlain, FS: d, Logger: quiet}
			store := mustOpen(b, "data", opts)
			sector := noise(1, 1)
			for load := uint64(0); load < loads; {
				var batch flowlog.Batch
				for range 1000 {
					batch.WriteSectors(load, int(load%1024), sector)
					load++
				}
				if err := store.Commit(ctx, &batch); err != nil {
					b.Fatal(err)
				}
			}
			for b.Loop() {
				if err := store.Close(); err != nil {
					b.Fatal(err)
				}
				store = mustOpen(b, "data", opts)
			}
			stats, err := store.Inspect()
			if err != nil || stats.Loads != int(loads) {
				b.Fatalf("%d loads, want %d: %v", stats.Loads, loads, err)
			}
			b.ReportMetric(float64(stats.MetaBytes)/float64(loads), "metaB/load")
		})
	}
}
