package miner

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// BenchOptions size a benchmark.
type BenchOptions struct {
	Dir       string        // on the disk to be measured
	SizeBytes int64         // of the file that is read, a multiple of 256 KiB
	Threads   int           // search workers
	Depth     int           // reads under way
	Spell     time.Duration // of each measurement
}

// BenchReport is what a machine can do. MB are 10^6 bytes.
type BenchReport struct {
	Direct            bool    `json:"direct"` // reads went past the page cache
	SequentialMB      float64 `json:"sequential_mb_per_second"`
	RandomMB          float64 `json:"random_mb_per_second"`
	RandomShare       float64 `json:"random_to_sequential"` // one read at a time
	RandomDeepMB      float64 `json:"random_deep_mb_per_second"`
	Depth             int     `json:"depth"`
	SealMB            float64 `json:"seal_mb_per_second_per_core"`
	IterationsPerCore float64 `json:"iterations_per_second_per_core"`
	Iterations        float64 `json:"iterations_per_second"`
	Threads           int     `json:"threads"`
	SearchMB          float64 `json:"search_mb_per_second"` // what that many iterations read
	DiskIterations    float64 `json:"disk_iterations_per_second"`
	Bottleneck        string  `json:"bottleneck"` // disk or cpu
}

// Bench measures disk, sealing and searching (mission R09).
func Bench(ctx context.Context, o BenchOptions, progress func(step string)) (BenchReport, error) {
	if o.SizeBytes < 4*layout.LoadSize || o.SizeBytes%layout.LoadSize != 0 || o.Threads < 1 || o.Depth < 1 {
		return BenchReport{}, fmt.Errorf("bench: %d bytes, %d threads, depth %d: want at least 1 MiB in whole loads of 256 KiB, 1 thread, depth 1", o.SizeBytes, o.Threads, o.Depth)
	}
	report := BenchReport{Depth: o.Depth, Threads: o.Threads}
	if err := benchDisk(ctx, o, &report, progress); err != nil {
		return BenchReport{}, err
	}
	progress("sealing on one core")
	report.SealMB = repeat(ctx, o.Spell, newSealRun()) * layout.LoadSize / 1e6
	progress("searching on one core")
	report.IterationsPerCore = searchRate(ctx, o.Spell, 1)
	progress(fmt.Sprintf("searching with %d threads", o.Threads))
	report.Iterations = searchRate(ctx, o.Spell, o.Threads)
	report.SearchMB = report.Iterations * layout.LoadSize / 1e6
	report.DiskIterations = report.RandomDeepMB * 1e6 / layout.LoadSize
	report.Bottleneck = "cpu"
	if report.DiskIterations < report.Iterations {
		report.Bottleneck = "disk"
	}
	return report, ctx.Err()
}

// benchDisk reads a file of random bytes, in order and out of order.
func benchDisk(ctx context.Context, o BenchOptions, report *BenchReport, progress func(string)) (err error) {
	dir, err := os.MkdirTemp(o.Dir, "zg-miner-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer os.RemoveAll(dir)
	disk, path := flowlog.OS(), filepath.Join(dir, "loads")
	progress(fmt.Sprintf("writing %d MiB", o.SizeBytes>>20))
	if err := writeBenchFile(ctx, disk, path, o.SizeBytes); err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	file, err := disk.OpenDirect(path)
	report.Direct = err == nil
	if errors.Is(err, flowlog.ErrNoDirect) {
		file, err = disk.Open(path)
	}
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer file.Close()
	loads := o.SizeBytes / layout.LoadSize
	order := rand.New(rand.NewPCG(1, 2)).Perm(int(loads))
	inOrder := func(i int64) int64 { return i % loads }
	shuffled := func(i int64) int64 { return int64(order[i%loads]) }
	for _, m := range []struct {
		what  string
		depth int
		place func(int64) int64
		into  *float64
	}{
		{"reading in order, one at a time", 1, inOrder, &report.SequentialMB},
		{"reading at random, one at a time", 1, shuffled, &report.RandomMB},
		{fmt.Sprintf("reading at random, %d at a time", o.Depth), o.Depth, shuffled, &report.RandomDeepMB},
	} {
		progress(m.what)
		file.DropCache(0, o.SizeBytes)
		rate, err := readRate(ctx, file, o.Spell, m.depth, m.place)
		if err != nil {
			return fmt.Errorf("bench: %w", err)
		}
		*m.into = rate * layout.LoadSize / 1e6
	}
	if report.SequentialMB > 0 {
		report.RandomShare = report.RandomMB / report.SequentialMB
	}
	return nil
}

func writeBenchFile(ctx context.Context, disk flowlog.FS, path string, sizeBytes int64) error {
	file, err := disk.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	buffer := flowlog.AlignedBuffer(layout.LoadSize)
	source := rand.NewChaCha8([32]byte{3})
	for at := int64(0); at < sizeBytes && ctx.Err() == nil; at += layout.LoadSize {
		_, _ = source.Read(buffer)
		if _, err := file.WriteAt(buffer, at); err != nil {
			return err
		}
	}
	return errors.Join(file.SyncData(), ctx.Err())
}

// readRate returns loads read per second with depth readers.
func readRate(ctx context.Context, file flowlog.File, spell time.Duration, depth int, place func(int64) int64) (float64, error) {
	limit, cancel := context.WithTimeout(ctx, spell)
	defer cancel()
	var next atomic.Int64
	var done atomic.Uint64
	var wait sync.WaitGroup
	failures := make(chan error, depth)
	began := time.Now()
	for range depth {
		wait.Go(func() {
			buffer := flowlog.AlignedBuffer(layout.LoadSize)
			for limit.Err() == nil {
				if _, err := file.ReadAt(buffer, place(next.Add(1)-1)*layout.LoadSize); err != nil {
					failures <- err
					return
				}
				done.Add(1)
			}
		})
	}
	wait.Wait()
	select {
	case err := <-failures:
		return 0, err
	default:
		return float64(done.Load()) / time.Since(began).Seconds(), ctx.Err()
	}
}

// repeat returns how many times per second run runs.
func repeat(ctx context.Context, spell time.Duration, run func()) float64 {
	began, count := time.Now(), 0
	for time.Since(began) < spell && ctx.Err() == nil {
		run()
		count++
	}
	return float64(count) / time.Since(began).Seconds()
}

func newSealRun() func() {
	plain, sealed := new(mine.Load), new(mine.Load)
	var digests [layout.SealsPerLoad]mine.Hash
	load := uint64(0)
	return func() {
		seeds := mine.SealSeeds(mine.Hash{1}, &digests, load)
		mine.SealLoad(sealed, plain, &seeds)
		load++
	}
}

// searchRate returns iterations per second over memory, no disk.
func searchRate(ctx context.Context, spell time.Duration, threads int) float64 {
	job := &Job{Work: mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 1 << 25}}}
	nonces := NewNonceSource([24]byte{9})
	limit, cancel := context.WithTimeout(ctx, spell)
	defer cancel()
	var count atomic.Uint64
	var wait sync.WaitGroup
	began := time.Now()
	for range threads {
		wait.Go(func() {
			v := new(volley)
			for i := range v.probes {
				v.probes[i] = &probe{buffer: new(mine.Load)}
			}
			for limit.Err() == nil {
				if _, err := v.aim(job, nonces, func(uint64) bool { return true }); err != nil {
					return
				}
				for _, p := range v.probes {
					p.judge(job)
				}
				count.Add(lanes)
			}
		})
	}
	wait.Wait()
	return float64(count.Load()) / time.Since(began).Seconds()
}
