package erasure

import "encoding/binary"

// Rows are hashed in pairs where the processor gains by it: all rows have one
// length, so that their chunks and nodes pair up. The bytes are those of HashRow.

// twoStates is two SHA-256 under way, 8 words each in the order F E B A H G D C.
type twoStates [16]uint32

var freshStates = twoStates{
	0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667, 0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372,
	0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667, 0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372,
}

// sums are the digests.
func (s *twoStates) sums() (a, b Hash) {
	for i, at := range [8]int{3, 2, 7, 6, 1, 0, 5, 4} {
		binary.BigEndian.PutUint32(a[4*i:], s[at])
		binary.BigEndian.PutUint32(b[4*i:], s[8+at])
	}
	return a, b
}

// hashRows2 is HashRow of two rows of one length, a multiple of RowUnit.
func hashRows2(a, b []byte) (Hash, Hash) {
	var as, bs [MaxRowSize / ChunkSize]Hash
	n := 0
	for len(a) > 0 {
		size := min(len(a), ChunkSize)
		as[n], bs[n] = hashLeaves2(a[:size], b[:size])
		a, b = a[size:], b[size:]
		n++
	}
	for n > 1 { // the levels of root
		half := n / 2
		for i := range half {
			as[i], bs[i] = hashPairs2(as[2*i:2*i+2], bs[2*i:2*i+2])
		}
		if n%2 == 1 {
			as[half], bs[half] = as[n-1], bs[n-1]
			half++
		}
		n = half
	}
	return as[0], bs[0]
}

// hashLeaves2 is hashLeaf of two chunks of one length, a multiple of RowUnit. The
// prefix shifts the data by a byte: the first block and the last are put together
// here, those between are read where they lie.
func hashLeaves2(a, b []byte) (Hash, Hash) {
	const unit = RowUnit
	states := freshStates
	var firstA, firstB, lastA, lastB [unit]byte
	firstA[0], firstB[0] = leafPrefix, leafPrefix
	copy(firstA[1:], a)
	copy(firstB[1:], b)
	blocks2((*[16]uint32)(&states), &firstA[0], &firstB[0], 1)
	if whole := len(a)/unit - 1; whole > 0 {
		blocks2((*[16]uint32)(&states), &a[unit-1], &b[unit-1], whole)
	}
	lastA[0], lastB[0] = a[len(a)-1], b[len(b)-1]
	lastA[1], lastB[1] = 0x80, 0x80
	bits := uint64(1+len(a)) * 8
	binary.BigEndian.PutUint64(lastA[unit-8:], bits)
	binary.BigEndian.PutUint64(lastB[unit-8:], bits)
	blocks2((*[16]uint32)(&states), &lastA[0], &lastB[0], 1)
	return states.sums()
}

// hashPairs2 is hashPair of two pairs of nodes.
func hashPairs2(a, b []Hash) (Hash, Hash) {
	states := freshStates
	var bufA, bufB [2 * RowUnit]byte
	for _, one := range []struct {
		buf   *[2 * RowUnit]byte
		nodes []Hash
	}{{&bufA, a}, {&bufB, b}} {
		one.buf[0] = nodePrefix
		copy(one.buf[1:], one.nodes[0][:])
		copy(one.buf[33:], one.nodes[1][:])
		one.buf[65] = 0x80
		binary.BigEndian.PutUint64(one.buf[2*RowUnit-8:], 65*8)
	}
	blocks2((*[16]uint32)(&states), &bufA[0], &bufB[0], 2)
	return states.sums()
}
