package gpu

import (
	"fmt"
	"math/bits"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Flags of a launch; kernels.cu has the same.
const (
	flagLow = 1 << iota
	flagHigh
	flagFirst
	flagLast
	flagScale
)

// Sizes of a launch.
const (
	lanes      = 32 // threads that work on one group of columns
	warps      = 4  // of a block
	groupBytes = lanes * erasure.RowUnit
	maxPieces  = 4 // factors are the bytes of one word
)

// places are where rows lie in the memory of a queue, in bytes from its start.
// Chunks are rows as erasure has them, planes are bit-sliced and padded to whole
// groups.
type places struct{ data, coefficients, work, parity, size int }

// launch is one call of a kernel. From and to are places.
type launch struct {
	kernel   string
	from, to int
	grid     [3]uint32
	// words are the arguments after the four addresses: width, rows, low, base,
	// flags, factors.
	words [6]uint32
}

// plan is how one profile is encoded at one row size.
type plan struct {
	places
	dataBytes, parityBytes int
	launches               []launch
}

// newPlan lays out memory and launches: the inverse transform of the k data rows
// at point m, then the transforms of their coefficients at points 0, k, 2k…
func newPlan(f *field, p erasure.Profile, rowSize int) (*plan, error) {
	pieces := (p.N - p.K) / p.K
	m := 1 << bits.Len(uint(p.N-p.K-1))
	if p.K < 4 || p.K&(p.K-1) != 0 || pieces*p.K != p.N-p.K || pieces > maxPieces || 2*m > maxSkew || m/p.K > 16 {
		return nil, fmt.Errorf("%w: %d of %d rows have no plan on a graphics card: use --codec cpu", erasure.ErrUnknownShape, p.K, p.N)
	}
	groups := (rowSize + groupBytes - 1) / groupBytes
	pl := &plan{dataBytes: p.K * rowSize, parityBytes: (p.N - p.K) * rowSize}
	planes := p.K * groups * groupBytes
	pl.coefficients = align(pl.dataBytes)
	pl.work = pl.coefficients + planes
	pl.parity = pl.work + pieces*planes
	pl.size = pl.parity + align(pl.parityBytes)

	var factors uint32
	for q := range pieces {
		factors |= uint32(f.factor(m, p.K, q)) << (8 * q)
	}
	add := func(kernel string, count int, s step, words [6]uint32) {
		words[0], words[1], words[2] = uint32(rowSize/erasure.RowUnit), uint32(p.K), uint32(s.low)
		words[4] |= uint32(s.levels)
		fours := (p.K/4 + warps - 1) / warps
		pl.launches = append(pl.launches, launch{kernel: kernel, grid: [3]uint32{uint32(groups), uint32(fours), uint32(count)}, words: words})
	}
	steps := stepsOf(bits.Len(uint(p.K)) - 1)
	for _, s := range steps {
		add("ifft", 1, s, [6]uint32{3: uint32(m)})
	}
	for i := range steps {
		add("fft", pieces, steps[len(steps)-1-i], [6]uint32{5: factors})
	}
	pl.connect(len(steps))
	return pl, nil
}

// connect says where each launch reads and writes.
func (pl *plan) connect(inverse int) {
	for i := range pl.launches {
		l := &pl.launches[i]
		switch {
		case i < inverse:
			l.from, l.to = pl.coefficients, pl.coefficients
		case i == inverse:
			l.from, l.to = pl.coefficients, pl.work
			l.words[4] |= flagScale
		default:
			l.from, l.to = pl.work, pl.work
		}
	}
	first, last := &pl.launches[0], &pl.launches[len(pl.launches)-1]
	first.from, last.to = pl.data, pl.parity
	first.words[4] |= flagFirst
	last.words[4] |= flagLast
}

// step is up to two levels of a transform: rows 2^low apart and 2^(low+1).
type step struct{ low, levels int }

// stepsOf divides the levels of a transform of 2^levels rows, lowest first. An odd
// one out is the upper of the last step.
func stepsOf(levels int) (steps []step) {
	for low := 0; low+1 < levels; low += 2 {
		steps = append(steps, step{low, flagLow | flagHigh})
	}
	if levels%2 == 1 {
		steps = append(steps, step{levels - 2, flagHigh})
	}
	return steps
}

// align rounds up to the border of a group.
func align(size int) int { return (size + groupBytes - 1) / groupBytes * groupBytes }
