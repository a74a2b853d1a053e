package gpu_test

import (
	"math/rand/v2"
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/sidecar/da/gpu"
)

func TestTheFieldIsLeopards(t *testing.T) {
	f, rng := gpu.NewField(), rand.New(rand.NewPCG(1, 1))
	for range 1000 {
		a, b := uint16(rng.Uint32()), uint16(rng.Uint32())
		if got, want := f.Mul(a, b), (reedsolomon.LowLevel{}).GF16Mul(a, b); got != want {
			t.Fatalf("%#x · %#x = %#x, the library says %#x", a, b, got, want)
		}
		if a != 0 && f.Mul(a, f.Inverse(a)) != 1 {
			t.Fatalf("%#x · its inverse = %#x, want 1", a, f.Mul(a, f.Inverse(a)))
		}
	}
}

// tower does what the kernels do with one symbol: the tables and nothing else.
type tower struct {
	gpu.Field
	matrices, skews []uint32
}

func (w tower) apply(matrix uint32, from uint16) (to uint16) {
	for j := range 8 {
		for i := range 8 {
			mask := w.matrices[64*matrix+uint32(8*j+i)]
			to ^= from >> j & 1 & uint16(mask) << i
		}
	}
	return to
}

func (w tower) turn(v uint16) uint16 { return v ^ w.apply(256, v>>8) }

func (w tower) product(c int, v uint16) uint16 {
	s := w.skews[c]
	y := w.turn(v)
	y0, y1 := y&255, y>>8
	common := w.apply(s&255, y0)
	low := common ^ w.apply(s>>16, y1)
	high := common ^ w.apply(s>>8&255, y0^y1)
	return w.turn(low | high<<8)
}

func TestTheTablesMultiplyAsTheFieldDoes(t *testing.T) {
	w := tower{Field: gpu.NewField()}
	w.matrices, w.skews = w.Matrices(), w.Skews()
	rng := rand.New(rand.NewPCG(2, 2))
	for c := range w.skews {
		v := uint16(rng.Uint32())
		if got, want := w.product(c, v), w.Mul(uint16(c), v); got != want {
			t.Fatalf("%#x · %#x = %#x, want %#x", c, v, got, want)
		}
		if got, other := w.product(c, v), w.Mul(uint16(c)^1, v); v != 0 && got == other {
			t.Fatalf("%#x · %#x = %#x, as for the constant one bit away", c, v, got)
		}
	}
}

// The factor of a piece is 1 where the data lies and 0 where Leopard's polynomial
// vanishes.
func TestTheFactorsOfPieces(t *testing.T) {
	f := gpu.NewField()
	for _, ratio := range []int{2, 4, 8} {
		for q := range ratio {
			want := uint16(0)
			if q == 0 {
				want = 1
			}
			if got := f.Factor(ratio*4, 4, ratio+q); got != want {
				t.Errorf("ratio %d: factor at data piece %d is %#x, want %d", ratio, q, got, want)
			}
			if got := f.Factor(ratio*4, 4, q); got == 0 {
				t.Errorf("ratio %d: factor at parity piece %d is 0", ratio, q)
			}
		}
	}
}
