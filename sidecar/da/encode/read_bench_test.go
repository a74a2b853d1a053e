package encode_test

import (
	"crypto/sha256"
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// BenchmarkRead is B7, one core, MB/s of payload: the data rows checked and
// joined, held to SHA-256 over them; and rebuilding from parity alone, the worst
// case, held to the library.
func BenchmarkRead(b *testing.B) {
	for _, p := range shapes() {
		payload := noise(size32, 1)
		b.Run("B7-systematic/"+named(p), func(b *testing.B) {
			blob := encoded(b, p, payload, 2)
			defer encode.Recycle(blob)
			rows := make([]erasure.Row, p.K)
			for i := range rows {
				rows[i] = blob.Row(i)
			}
			limit := best(3, func() {
				for rest := blob.Memory()[:p.K*blob.RowSize]; len(rest) > 0; rest = rest[erasure.ChunkSize:] {
					sha256.Sum256(rest[:erasure.ChunkSize])
				}
			})
			part(b, p, payload, limit, func(*erasure.Blob) error {
				v, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
				if err != nil {
					return err
				}
				for _, err := range v.CheckAll(rows) {
					if err != nil {
						return err
					}
				}
				_, err = blob.Payload(blob.Rows[:p.K])
				return err
			})
		})
		b.Run("B7-worst-decode/"+named(p), func(b *testing.B) {
			blob := encoded(b, p, payload, 2)
			defer encode.Recycle(blob)
			rows := make([]erasure.Row, p.K)
			shards := make([][]byte, p.N)
			for i := range rows {
				rows[i] = erasure.Row{Index: p.N - p.K + i, Data: blob.Rows[p.N-p.K+i]}
			}
			codec, err := reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithMaxGoroutines(1))
			if err != nil {
				b.Fatal(err)
			}
			limit := best(2, func() {
				clear(shards)
				copy(shards[p.N-p.K:], blob.Rows[p.N-p.K:])
				if err := codec.ReconstructData(shards); err != nil {
					b.Fatal(err)
				}
			})
			part(b, p, payload, limit, func(*erasure.Blob) error {
				_, err := blob.Rebuild(erasure.CPU, rows)
				return err
			})
		})
	}
}
