package erasure_test

import (
	"crypto/sha256"
	"encoding/binary"
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// A second, slow implementation from the text of SPEC.md: GF(2^16) in the
// polynomial basis, parity by Lagrange interpolation. It shares no code with the
// library or with this package.

// cantor is the basis in which Leopard writes elements: b₀ = 1, bᵢ² + bᵢ = bᵢ₋₁.
var cantor = [16]uint16{
	0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012,
	0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E,
}

// polyMul multiplies modulo x^16 + x^5 + x^3 + x^2 + 1.
func polyMul(a, b uint16) uint16 {
	var product uint32
	for i := range 16 {
		if b>>i&1 == 1 {
			product ^= uint32(a) << i
		}
	}
	for i := 31; i >= 16; i-- {
		if product>>i&1 == 1 {
			product ^= 0x1002D << (i - 16)
		}
	}
	return uint16(product)
}

// field does Leopard's arithmetic by conversion; tables of 64 Ki entries.
type field struct{ to, from [1 << 16]uint16 }

func newField() *field {
	f := &field{}
	for v := range 1 << 16 {
		var e uint16
		for i := range 16 {
			if v>>i&1 == 1 {
				e ^= cantor[i]
			}
		}
		f.to[v], f.from[e] = e, uint16(v)
	}
	return f
}

func (f *field) mul(a, b uint16) uint16 { return f.from[polyMul(f.to[a], f.to[b])] }

func (f *field) inverse(a uint16) uint16 { // a^(2^16-2)
	result := uint16(1)
	for i := 1; i < 16; i++ {
		a = f.mul(a, a)
		result = f.mul(result, a)
	}
	return result
}

// weights[j][i]: parity symbol j is the sum of weights times data symbols. The
// polynomial of degree below m takes the data at points m…m+k-1 and zero up to
// 2m-1; parity j is its value at point j.
func (f *field) weights(p erasure.Profile) [][]uint16 {
	m := 1
	for m < p.N-p.K {
		m *= 2
	}
	rows := make([][]uint16, p.N-p.K)
	for j := range rows {
		rows[j] = make([]uint16, p.K)
		for i := range p.K {
			top, bottom := uint16(1), uint16(1)
			for o := range m {
				if o == i {
					continue
				}
				top = f.mul(top, uint16(j)^uint16(m+o))
				bottom = f.mul(bottom, uint16(m+i)^uint16(m+o))
			}
			rows[j][i] = f.mul(top, f.inverse(bottom))
		}
	}
	return rows
}

func symbol(row []byte, s int) uint16 {
	at := s/32*64 + s%32
	return uint16(row[at]) | uint16(row[at+32])<<8
}

func TestTheFieldIsLeopards(t *testing.T) {
	for i := 1; i < 16; i++ {
		if got := polyMul(cantor[i], cantor[i]) ^ cantor[i]; got != cantor[i-1] {
			t.Errorf("b%d² + b%d = %#x, want b%d", i, i, got, i-1)
		}
	}
	f := newField()
	for _, pair := range [][2]uint16{{0, 7}, {1, 0xffff}, {2, 2}, {0x1234, 0xabcd}, {0xffff, 0xffff}} {
		if got, want := f.mul(pair[0], pair[1]), (reedsolomon.LowLevel{}).GF16Mul(pair[0], pair[1]); got != want {
			t.Errorf("%#x · %#x = %#x, the library says %#x", pair[0], pair[1], got, want)
		}
	}
}

// mission D01 (half: the pure package)
func TestTheSlowReferenceEncodesAndCombinesTheSame(t *testing.T) {
	f := newField()
	for _, p := range []erasure.Profile{erasure.Test, erasure.Dev} {
		b, err := erasure.Encode(erasure.CPU, p, 16601, noise(60*p.K, p.ID))
		if err != nil {
			t.Fatal(err)
		}
		for j, weights := range f.weights(p) {
			for s := range b.RowSize / 2 {
				var want uint16
				for i, w := range weights {
					want ^= f.mul(w, symbol(b.Rows[i], s))
				}
				if got := symbol(b.Rows[p.K+j], s); got != want {
					t.Fatalf("profile %d: symbol %d of parity row %d is %#x, want %#x", p.ID, s, j, got, want)
				}
			}
		}
		for i := range b.RLC {
			if want := f.combination(p, b.RowSize, b.RowRoot, b.Rows[i]); b.RLC[i] != want {
				t.Fatalf("profile %d: combination of row %d is %x, want %x", p.ID, i, b.RLC[i], want)
			}
		}
	}
}

// combination follows SPEC.md step 5 symbol by symbol.
func (f *field) combination(p erasure.Profile, rowSize int, rowRoot erasure.Hash, row []byte) (out erasure.Combination) {
	seed := append([]byte("zgd/da/rlc/v1"), p.ID)
	for _, v := range []int{p.K, p.N, rowSize} {
		seed = binary.BigEndian.AppendUint32(seed, uint32(v))
	}
	digest := sha256.Sum256(append(seed, rowRoot[:]...))
	var sums [8]uint16
	for s := range rowSize / 2 {
		h := sha256.Sum256(binary.BigEndian.AppendUint32(digest[:32:32], uint32(s/2)))
		for k := range sums {
			sums[k] ^= f.mul(binary.LittleEndian.Uint16(h[s%2*16+2*k:]), symbol(row, s))
		}
	}
	for k, sum := range sums {
		binary.LittleEndian.PutUint16(out[2*k:], sum)
	}
	return out
}
