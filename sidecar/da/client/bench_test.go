package client_test

import (
	"crypto/sha256"
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// B7 of protocol-da.md §6n: what a read costs one core, in MB/s of payload, with
// SHA-256, memcpy and klauspost's ReconstructData beside. Run with -cpu 1.
const benchBytes = 32<<20 - erasure.HeaderSize

func benchBlob(b *testing.B) (*erasure.Blob, *erasure.Verifier) {
	b.Helper()
	blob, err := encode.Encode(b.Context(), erasure.CPU, erasure.Production, 1, clienttest.Noise(benchBytes, 1), 0)
	if err != nil {
		b.Fatal(err)
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(benchBytes)
	b.ResetTimer()
	return blob, verifier
}

func benchRows(blob *erasure.Blob, from, to int) []erasure.Row {
	rows := make([]erasure.Row, 0, to-from)
	for i := from; i < to; i++ {
		rows = append(rows, blob.Row(i))
	}
	return rows
}

// Systematic rows: paths, coding, copy.
func BenchmarkReadSystematic(b *testing.B) {
	blob, verifier := benchBlob(b)
	rows := benchRows(blob, 0, erasure.Production.K)
	whole := func(rows []erasure.Row) error {
		for _, err := range verifier.CheckAll(rows) {
			if err != nil {
				return err
			}
		}
		return nil
	}
	for _, one := range []struct {
		name  string
		group int // rows of one answer
		read  func(rows []erasure.Row) error
	}{
		{"paths-and-coding/group=64", 64, whole}, {"paths-and-coding/group=256", 256, whole}, {"paths-and-coding/group=1024", 1024, whole},
		{"paths", 64, func(rows []erasure.Row) error {
			for _, row := range rows {
				if err := blob.CheckPath(row); err != nil {
					return err
				}
			}
			return nil
		}},
	} {
		b.Run(one.name, func(b *testing.B) {
			b.SetBytes(benchBytes)
			for b.Loop() {
				for from := 0; from < len(rows); from += one.group {
					if err := one.read(rows[from : from+one.group]); err != nil {
						b.Fatal(err)
					}
				}
				data, err := blob.Rebuild(erasure.CPU, rows)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := blob.Payload(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("sha256", func(b *testing.B) {
		b.SetBytes(benchBytes)
		for b.Loop() {
			for _, row := range rows {
				for at := 0; at < len(row.Data); at += erasure.ChunkSize {
					sink = sha256.Sum256(row.Data[at : at+erasure.ChunkSize])
				}
			}
		}
	})
	b.Run("memcpy", func(b *testing.B) {
		into := make([]byte, blob.RowSize*erasure.Production.K)
		b.SetBytes(benchBytes)
		for b.Loop() {
			for i, row := range rows {
				copy(into[i*blob.RowSize:], row.Data)
			}
		}
	})
}

var sink [32]byte

// The worst case: no data row, all from parity.
func BenchmarkReadRebuilt(b *testing.B) {
	blob, _ := benchBlob(b)
	p := erasure.Production
	rows := benchRows(blob, p.N-p.K, p.N)
	b.Run("rebuild", func(b *testing.B) {
		b.SetBytes(benchBytes)
		for b.Loop() {
			if _, err := blob.Rebuild(erasure.CPU, rows); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("klauspost", func(b *testing.B) {
		coder, err := reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithMaxGoroutines(1))
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(benchBytes)
		for b.Loop() {
			for from := 0; from < blob.RowSize; from += erasure.StripeSize {
				shards := make([][]byte, p.N)
				for _, row := range rows {
					shards[row.Index] = row.Data[from:min(from+erasure.StripeSize, blob.RowSize)]
				}
				if err := coder.ReconstructData(shards); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
