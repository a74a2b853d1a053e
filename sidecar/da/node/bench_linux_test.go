package node_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
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

// perCore runs a benchmark's loop and returns and reports bytes per second of CPU
// time.
func perCore(b *testing.B, bytes int64, work func()) float64 {
	b.SetBytes(bytes)
	loops, before := 0, clienttest.CPUTime(b)
	for b.Loop() {
		work()
		loops++
	}
	rate := float64(bytes) * float64(loops) / (clienttest.CPUTime(b) - before).Seconds()
	b.ReportMetric(rate/1e6, "MB/cpu-s")
	return rate
}

// BenchmarkVerify is B6: what one core checks of a blob of 32 MiB when it holds 41
// or 410 of 4096 rows, from their arrival to the extent that goes to disk, with
// the hashes of SHA-256 in the same run. The ratio is to hashing the rows once.
func BenchmarkVerify(b *testing.B) {
	blob := benchBlob(b)
	for _, m := range []int{41, 410, 4096} {
		rows := make([]erasure.Row, m)
		for i := range m {
			rows[i] = blob.Row(i * blob.Profile.N / m)
		}
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
				if err := clienttest.Check(blob, rows); err != nil {
					b.Fatal(err)
				}
			})
			if sha > 0 {
				b.ReportMetric(rate/sha, "of-sha256")
			}
		})
	}
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
