package gpu

// Tables that the kernels read, in words of 32 bits.
//
// The tower: y = y0 + y1·X with y0, y1 in GF(2^8) and X = b₈, so X² = X + b₇. An
// element whose Leopard bytes are (low, high) has y1 = high and
// y0 = low + Σ highᵢ·(b₈₊ᵢ + bᵢ·b₈): the matrix at index towerMatrix, its own
// inverse.

const (
	matrixWords = 64       // word 8j+i: all ones if input bit j goes to output bit i
	towerMatrix = subfield // after the 256 multiplications
	maxSkew     = 1 << 13  // points of profile 1 are below 2·4096
)

// matrices are the multiplications by every element of GF(2^8) as masks, and the
// change of basis: 257 × 64 words.
func (f *field) matrices() []uint32 {
	words := make([]uint32, 0, (subfield+1)*matrixWords)
	for c := range uint16(subfield) {
		words = appendMatrix(words, func(j int) uint16 { return f.mul(c, 1<<j) })
	}
	return appendMatrix(words, f.towerColumn)
}

func appendMatrix(words []uint32, column func(j int) uint16) []uint32 {
	for j := range 8 {
		for i := range 8 {
			words = append(words, -uint32(column(j)>>i&1))
		}
	}
	return words
}

// towerColumn is b₈₊ⱼ + bⱼ·b₈, an element of GF(2^8).
func (f *field) towerColumn(j int) uint16 { return 1<<(8+j) ^ f.mul(1<<j, 1<<8) }

// skews are the constants of butterflies: for c = c0 + c1·X the bytes c0, c0 + c1
// and b₇·c1, low byte first.
func (f *field) skews() []uint32 {
	words := make([]uint32, maxSkew)
	for c := range words {
		c0, c1 := uint16(c)%subfield, uint16(c)/subfield
		for j := range 8 {
			if c1>>j&1 == 1 {
				c0 ^= f.towerColumn(j)
			}
		}
		words[c] = uint32(c0) | uint32(c0^c1)<<8 | uint32(f.mul(c1, 1<<7))<<16
	}
	return words
}

// factor is what the polynomial of the data is worth on piece q of the parity.
// Leopard's polynomial takes the data at points m…m+k-1 and zero up to 2m-1: it is
// the one of degree below k through the data, times one that depends only on
// point/k: 1 at m/k and 0 at its other m/k - 1 values.
func (f *field) factor(m, k, q int) uint16 {
	top, bottom := uint16(1), uint16(1)
	for o := 1; o < m/k; o++ {
		top = f.mul(top, uint16(q^(m/k+o)))
		bottom = f.mul(bottom, uint16(o))
	}
	return f.mul(top, f.inverse(bottom))
}
