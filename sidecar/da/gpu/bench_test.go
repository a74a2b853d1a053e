package gpu_test

import (
	"errors"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/gpu"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const (
	benchRow    = 32 << 10 // bytes: a blob of 32 MiB at k = 1024
	inFlight    = 4        // encodes at once, end to end
	kernelRuns  = 20       // encodes in one submission, kernels alone
	stripeBytes = erasure.StripeSize
)

// BenchmarkEncode is B13: the parity of 32 MiB by the kernels alone, from and to
// page-locked memory, from and to rows anywhere, beside the copies alone and the
// CPU on all cores, in MB/s of data. Without a card only the CPU is measured.
//
// mission D08 (the measurement; no figure of a card yet)
func BenchmarkEncode(b *testing.B) {
	p := erasure.Production
	rows := randomRows(p, benchRow)
	b.Run("cpu", func(b *testing.B) { report(b, p, 1, func() error { return onCores(erasure.CPU, p, rows) }) })
	codec, err := gpu.New()
	if errors.Is(err, gpu.ErrNoCUDA) {
		b.Log(err)
		return
	}
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name            string
		copies, encodes int
	}{{"kernels", 0, kernelRuns}, {"copies", 1, 0}, {"pinned", 1, 1}} {
		b.Run(c.name, func(b *testing.B) { benchQueues(b, codec, rows, c.copies, c.encodes) })
	}
	b.Run("rows", func(b *testing.B) { report(b, p, 1, func() error { return onCores(codec, p, rows) }) })
}

// benchQueues runs jobs on queues of their own: kernels alone have one queue and
// copy next to nothing.
func benchQueues(b *testing.B, codec erasure.Codec, rows [][]byte, copies, encodes int) {
	queues, each := inFlight, max(encodes, 1)
	if copies == 0 {
		queues = 1
	}
	jobs := make([]func() error, queues)
	for i := range jobs {
		q, job, err := gpu.Prepare(codec, erasure.Production, benchRow)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := q.Free(); err != nil {
				b.Error(err)
			}
		})
		for j, row := range rows[:erasure.Production.K] {
			copy(job.Data.Host[j*benchRow:], row)
		}
		if err := q.Run(job); err != nil { // the card has real data from here on
			b.Fatal(err)
		}
		calls := job.Calls
		job.Calls = nil
		for range encodes {
			job.Calls = append(job.Calls, calls...)
		}
		if copies == 0 {
			job.Data.Host, job.Parity.Host = job.Data.Host[:erasure.RowUnit], job.Parity.Host[:erasure.RowUnit]
		}
		jobs[i] = func() error { return q.Run(job) }
	}
	report(b, erasure.Production, queues*each, func() error { return together(jobs) })
}

// report runs do, each time that many encodes of the profile, and reports the best.
func report(b *testing.B, p erasure.Profile, encodes int, do func() error) {
	bytes := p.K * benchRow * encodes
	b.SetBytes(int64(bytes))
	least := time.Duration(1 << 62)
	for b.Loop() {
		began := time.Now()
		if err := do(); err != nil {
			b.Fatal(err)
		}
		least = min(least, time.Since(began))
	}
	b.ReportMetric(float64(bytes)/1e6/least.Seconds(), "best-MB/s")
}

// onCores encodes in stripes, as the encoder does.
func onCores(codec erasure.Codec, p erasure.Profile, rows [][]byte) error {
	stripes := make(chan int, benchRow/stripeBytes)
	for at := 0; at < benchRow; at += stripeBytes {
		stripes <- at
	}
	close(stripes)
	jobs := make([]func() error, runtime.GOMAXPROCS(0))
	for i := range jobs {
		jobs[i] = func() error {
			part := make([][]byte, p.N)
			for at := range stripes {
				for j, row := range rows {
					part[j] = row[at : at+stripeBytes]
				}
				if err := codec.Encode(p, part); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return together(jobs)
}

func together(jobs []func() error) error {
	failures := make([]error, len(jobs))
	var wait sync.WaitGroup
	for i, job := range jobs {
		wait.Go(func() { failures[i] = job() })
	}
	wait.Wait()
	return errors.Join(failures...)
}

func randomRows(p erasure.Profile, rowSize int) [][]byte {
	rng := rand.New(rand.NewPCG(8, uint64(p.ID)))
	rows := make([][]byte, p.N)
	slab := make([]byte, p.N*rowSize)
	for i := range rows {
		rows[i] = slab[i*rowSize : (i+1)*rowSize : (i+1)*rowSize]
		for at := 0; i < p.K && at < rowSize; at++ {
			rows[i][at] = byte(rng.Uint32())
		}
	}
	return rows
}
