package erasure_test

import (
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// A processor without SHA-256 instructions makes the same blob and judges it alike.
func TestPlainGoMakesTheSameBlob(t *testing.T) {
	for _, size := range []int{1, 1000, 100_000, 32*4160 - 16} {
		fast, err := erasure.Encode(erasure.CPU, erasure.Dev, 1, noise(size, 1))
		if err != nil {
			t.Fatal(err)
		}
		erasure.WithoutTwoHash(func() {
			plain, err := erasure.Encode(erasure.CPU, erasure.Dev, 1, noise(size, 1))
			if err != nil || plain.Commitment != fast.Commitment {
				t.Errorf("%d bytes: got %+v %v, want %+v", size, plain.Commitment, err, fast.Commitment)
			}
			v, err := erasure.NewVerifier(erasure.CPU, fast.Commitment, fast.RLC)
			if err != nil {
				t.Fatal(err)
			}
			for i, err := range v.CheckAll([]erasure.Row{fast.Row(0), fast.Row(5), fast.Row(127)}) {
				if err != nil {
					t.Errorf("%d bytes, row %d of three: %v", size, i, err)
				}
			}
		})
	}
}
