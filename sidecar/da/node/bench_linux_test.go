package node_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// benchBlob is a blob of 32 MiB in the production shape.
func benchBlob(b *testing.B) *erasure.Blob {
	b.Helper()
	blob, err := erasure.Encode(erasure.CPU, erasure.Production, 7, payload(32<<20-erasure.HeaderSize, 1))
	if err != nil {
		b.Fatal(err)
	}
	return blob
}

// cpuTime is what this process has used of all cores: on a machine that others
// use, too, it says more than the clock.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// perCore runs a benchmark's loop and returns and reports bytes per second of CPU
// time.
func perCore(b *testing.B, bytes int64, work func()) float64 {
	b.SetBytes(bytes)
	loops, before := 0, cpuTime(b)
	for b.Loop() {
		work()
		loops++
	}
	rate := float64(bytes) * float64(loops) / (cpuTime(b) - before).Seconds()
	b.ReportMetric(rate/1e6, "MB/cpu-s")
	return rate
}

// BenchmarkVerify is B6: what one core checks of a blob of 32 MiB when it holds 41
// or 410 of 4096 rows, from their arrival to the extent that goes to disk, with
// the hashes of SHA-256 in the same run. The ratio is to hashing the rows once.
func BenchmarkVerify(b *testing.B) {
	blob := benchBlob(b)
	for _, m := range []int{41, 410, 4096} {
		a := node.Assignment{}
		rows := make([]erasure.Row, m)
		for i := range m {
			index := i * blob.Profile.N / m
			a.Own = append(a.Own, uint16(index))
			rows[i] = blob.Row(index)
		}
		a.All = a.Own
		bytes := int64(m * blob.RowSize)
		var sha float64
		b.Run(fmt.Sprintf("sha256/rows=%d", m), func(b *testing.B) {
			sha = perCore(b, bytes, func() {
				for _, row := range rows {
					for at := 0; at < len(row.Data); at += erasure.ChunkSize {
						sha256.Sum256(row.Data[at : at+erasure.ChunkSize])
					}
				}
			})
		})
		b.Run(fmt.Sprintf("verify/rows=%d", m), func(b *testing.B) {
			rate := perCore(b, bytes, func() {
				if err := take(blob, a, rows); err != nil {
					b.Fatal(err)
				}
			})
			if sha > 0 {
				b.ReportMetric(rate/sha, "of-sha256")
			}
		})
	}
}

// take does what a submission costs a signer's CPU.
func take(blob *erasure.Blob, a node.Assignment, rows []erasure.Row) error {
	verifier, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
	if err != nil {
		return err
	}
	in := node.NewIntake(blob.Commitment, blob.RLC, a, func(rows []erasure.Row) ([]error, error) { return verifier.CheckAll(rows), nil })
	for _, row := range rows {
		if err := in.Add(row); err != nil {
			return err
		}
	}
	_, err = in.Finish()
	return err
}

// BenchmarkStore writes the rows of blobs of 32 MiB durably, and reads them back.
func BenchmarkStore(b *testing.B) {
	blob := benchBlob(b)
	for _, m := range []int{41, 410} {
		var rows []uint16
		for i := range m {
			rows = append(rows, uint16(i*blob.Profile.N/m))
		}
		store, err := node.OpenStore(b.TempDir(), flowlog.Options{Role: flowlog.RolePlain, SlotsPerPack: 256})
		if err != nil {
			b.Fatal(err)
		}
		id := uint64(0)
		var last *node.Record
		b.Run(fmt.Sprintf("put/rows=%d", m), func(b *testing.B) {
			b.SetBytes(int64(m * blob.RowSize))
			for b.Loop() {
				id++
				last = &node.Record{BlobID: id, Commitment: blob.Commitment, Epoch: 1, Rows: rows}
				if err := store.Put(context.Background(), last, make([]byte, node.ExtentBytes(last))); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("read/rows=%d", m), func(b *testing.B) {
			b.SetBytes(int64(m * blob.RowSize))
			for b.Loop() {
				for _, row := range rows {
					if _, err := store.Row(last, int(row)); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
		if err := store.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
