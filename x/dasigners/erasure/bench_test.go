package erasure_test

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// size32 is the largest blob of profile 1 with rows of 32 KiB.
const size32 = 32<<20 - erasure.HeaderSize

func noise(n int, seed byte) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{seed}).Read(b)
	return b
}

func shapes() []erasure.Profile { return []erasure.Profile{erasure.Production, erasure.Parity} }

func named(p erasure.Profile) string { return fmt.Sprintf("rows=%d-of-%d/size=32MiB", p.K, p.N) }

// newBlob is laid out but not encoded.
func newBlob(b *testing.B, p erasure.Profile) *erasure.Blob {
	b.Helper()
	blob, err := erasure.NewBlob(p, 1, noise(size32, 1))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size32)
	b.ResetTimer()
	return blob
}

// The whole encoder, then its parts, in MB/s of payload.
func BenchmarkEncode(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			payload := noise(size32, 1)
			b.SetBytes(size32)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := erasure.Encode(erasure.CPU, p, 1, payload); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkParity(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			blob := newBlob(b, p)
			for b.Loop() {
				for i := range blob.Stripes() {
					if err := blob.EncodeStripe(erasure.CPU, i); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// The library alone, whole rows in one call: what BenchmarkParity is held to.
func BenchmarkParityLibrary(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			blob := newBlob(b, p)
			codec, err := reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithMaxGoroutines(1))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := codec.Encode(blob.Rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkHashRows(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			blob := newBlob(b, p)
			for b.Loop() {
				blob.HashRows(0, p.N)
			}
		})
	}
}

// SHA-256 alone over as many bytes, in chunks as the row tree has them.
func BenchmarkSHA256(b *testing.B) {
	data := noise(1<<20, 2)
	b.SetBytes(1 << 20)
	for b.Loop() {
		for at := 0; at < len(data); at += erasure.ChunkSize {
			sha256.Sum256(data[at : at+erasure.ChunkSize])
		}
	}
}

func BenchmarkCombine(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			blob := newBlob(b, p)
			blob.FixRows()
			b.ResetTimer()
			for b.Loop() {
				blob.CombineRows(0, p.K)
			}
		})
	}
}

// A signer checks its rows, MB/s of row bytes.
func BenchmarkCheck(b *testing.B) {
	p := erasure.Production
	blob, err := erasure.Encode(erasure.CPU, p, 1, noise(size32, 1))
	if err != nil {
		b.Fatal(err)
	}
	for _, m := range []int{8, 41, 410} {
		rows := make([]erasure.Row, m)
		for i := range rows {
			rows[i] = blob.Row(i * 9 % p.N)
		}
		b.Run(fmt.Sprintf("rows=%d", m), func(b *testing.B) {
			b.SetBytes(int64(m * blob.RowSize))
			for b.Loop() {
				v, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
				if err != nil {
					b.Fatal(err)
				}
				for _, err := range v.CheckAll(rows) {
					if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// Rebuild from parity rows only: the worst case.
func BenchmarkRebuild(b *testing.B) {
	for _, p := range shapes() {
		b.Run(named(p), func(b *testing.B) {
			blob, err := erasure.Encode(erasure.CPU, p, 1, noise(size32, 1))
			if err != nil {
				b.Fatal(err)
			}
			rows := make([]erasure.Row, p.K)
			for i := range rows {
				rows[i] = erasure.Row{Index: p.K + i, Data: blob.Rows[p.K+i]}
			}
			b.SetBytes(size32)
			for b.Loop() {
				if _, err := blob.Rebuild(erasure.CPU, rows); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
