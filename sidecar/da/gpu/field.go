package gpu

// basis is Cantor's, in which Leopard writes elements of GF(2^16): b₀ = 1 and
// bᵢ² + bᵢ = bᵢ₋₁, modulo x^16 + x^5 + x^3 + x^2 + 1. The first 1, 2, 4 and 8
// span the subfields, and the vanishing polynomial of the first i elements is
// the shift v >> i.
var basis = [16]uint16{
	0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012,
	0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E,
}

const (
	reduction = 0x1002D
	subfield  = 1 << 8 // elements of GF(2^8): those below, in Leopard's basis
)

// field multiplies in Leopard's basis. It makes tables, not symbols: slow is fine.
type field struct{ from [1 << 16]uint16 } // polynomial basis → Leopard's

func newField() *field {
	f := new(field)
	for v := range len(f.from) {
		f.from[toPolynomial(uint16(v))] = uint16(v)
	}
	return f
}

func toPolynomial(v uint16) (e uint16) {
	for i, b := range basis {
		if v>>i&1 == 1 {
			e ^= b
		}
	}
	return e
}

func (f *field) mul(a, b uint16) uint16 {
	x, y, product := toPolynomial(a), toPolynomial(b), uint32(0)
	for i := range 16 {
		if y>>i&1 == 1 {
			product ^= uint32(x) << i
		}
	}
	for i := 31; i >= 16; i-- {
		if product>>i&1 == 1 {
			product ^= reduction << (i - 16)
		}
	}
	return f.from[uint16(product)]
}

// inverse is a^(2^16-2).
func (f *field) inverse(a uint16) uint16 {
	result := uint16(1)
	for range 15 {
		a = f.mul(a, a)
		result = f.mul(result, a)
	}
	return result
}
