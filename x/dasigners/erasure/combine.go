package erasure

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/klauspost/reedsolomon"
)

// Combination is the random linear combination of a row's symbols: 8 symbols of
// GF(2^16), little-endian each.
type Combination = [CombinationSize]byte

const rlcDomain = "zgd/da/rlc/v1"

// lanes is how many rows share one pass: Leopard keeps 32 low bytes, then 32
// high bytes.
const lanes = 32

// coefficients follow from the row root: one vector of 8 symbols for each symbol
// of a row (Fiat-Shamir, random-oracle model).
func coefficients(p Profile, rowSize int, rowRoot Hash) [][8]uint16 {
	seed := append([]byte(rlcDomain), p.ID)
	seed = binary.BigEndian.AppendUint32(seed, uint32(p.K))
	seed = binary.BigEndian.AppendUint32(seed, uint32(p.N))
	seed = binary.BigEndian.AppendUint32(seed, uint32(rowSize))
	digest := sha256.Sum256(append(seed, rowRoot[:]...))

	input := append(digest[:], 0, 0, 0, 0)
	coeffs := make([][8]uint16, rowSize/2)
	for i := range rowSize / 4 {
		binary.BigEndian.PutUint32(input[32:], uint32(i))
		h := sha256.Sum256(input)
		for j := range 8 {
			coeffs[2*i][j] = binary.LittleEndian.Uint16(h[2*j:])
			coeffs[2*i+1][j] = binary.LittleEndian.Uint16(h[16+2*j:])
		}
	}
	return coeffs
}

// turned is how many chunks of a row are turned over at once: long enough to read
// memory in order, short enough for the columns to stay in the second cache.
const turned = 8

// combine computes the combinations of rows into out. The kernel multiplies one
// symbol position of many rows by eight scalars at once, so rows are turned over,
// some Leopard chunks of 64 bytes at a time.
func combine(coeffs [][8]uint16, rows [][]byte, out []Combination) {
	if len(rows) == 0 {
		return
	}
	groups := (len(rows) + lanes - 1) / lanes
	width := groups * RowUnit
	stride := width + RowUnit                    // not a power of two: columns must not share cache sets
	columns := make([]byte, turned*lanes*stride) // symbol position → rows
	sums := make([]byte, 8*width)
	var outs [8][]byte
	for k := range outs {
		outs[k] = sums[k*width : (k+1)*width]
	}
	var kernel reedsolomon.LowLevel
	for at := 0; at < len(rows[0]); at += turned * RowUnit {
		chunks := min(turned, (len(rows[0])-at)/RowUnit)
		for g := range groups {
			turnGroup(rows[g*lanes:min((g+1)*lanes, len(rows))], at, chunks, columns[g*RowUnit:], stride)
		}
		for j := range chunks * lanes {
			kernel.GF16MulSliceXor8(&coeffs[at/2+j], columns[j*stride:j*stride+width], &outs)
		}
	}
	for i := range rows {
		lane := i/lanes*RowUnit + i%lanes
		for k := range outs {
			out[i][2*k], out[i][2*k+1] = outs[k][lane], outs[k][lane+lanes]
		}
	}
}

// turnGroup writes some chunks of up to 32 rows as columns.
func turnGroup(rows [][]byte, at, chunks int, columns []byte, stride int) {
	if !hasTurn || len(rows) < lanes {
		for c := range chunks {
			turn(rows, at+c*RowUnit, columns[c*lanes*stride:], stride)
		}
		return
	}
	for r := 0; r < lanes; r += 16 {
		var starts [16]*byte
		for i := range starts {
			starts[i] = &rows[r+i][0]
		}
		turn16(&starts, at, &columns[r], stride, chunks)
	}
}

// turn writes the 64 bytes at offset at of up to 32 rows as columns: byte j of
// row r goes to byte r of column j; the high bytes follow 32 further on. Rows
// that are missing stay zero.
func turn(rows [][]byte, at int, columns []byte, stride int) {
	for half := 0; half < RowUnit; half += lanes {
		for r := 0; r < len(rows); r += 8 {
			for c := 0; c < lanes; c += 8 {
				var block [8]uint64
				for i := range min(8, len(rows)-r) {
					block[i] = binary.LittleEndian.Uint64(rows[r+i][at+half+c:])
				}
				transpose8(&block)
				for i := range 8 {
					binary.LittleEndian.PutUint64(columns[(c+i)*stride+half+r:], block[i])
				}
			}
		}
	}
}

// transpose8 turns an 8×8 matrix of bytes over, by swapping ever larger squares
// (Warren, Hacker's Delight §7-3).
func transpose8(m *[8]uint64) {
	for _, step := range [3]struct {
		distance int
		shift    uint
		mask     uint64
	}{{1, 8, 0x00ff00ff00ff00ff}, {2, 16, 0x0000ffff0000ffff}, {4, 32, 0x00000000ffffffff}} {
		for i := range 8 {
			if i&step.distance != 0 {
				continue
			}
			a, b := m[i], m[i+step.distance]
			t := (a>>step.shift ^ b) & step.mask
			m[i], m[i+step.distance] = a^t<<step.shift, b^t
		}
	}
}
