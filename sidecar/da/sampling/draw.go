package sampling

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
)

// Sample is one draw and what came of it.
type Sample struct {
	Row, Chunk int
	Bytes      uint64 // that came
	Err        error  // nil: the chunk came and leads to the root
}

// laterRound is how many samples are asked for at once after the first round,
// which has as many as it takes when all succeed.
const laterRound = 8

// Plan says what is drawn from.
type Plan struct {
	Judge  *Judge
	Random io.Reader
	Chunks int // of a row
	Most   int // samples
}

// Run draws rows without replacement, of each one chunk, until the judge is
// content, has no hope, or there were most samples. ask fills in the outcome of
// all samples of a round; counted hears of those that the judge was told of, in
// the order they were drawn: which rows are drawn never depends on what came.
func (p Plan) Run(ctx context.Context, ask func(context.Context, []Sample), counted func(*Sample)) error {
	draw := newDrawer(p.Random, p.Judge.n)
	for size := p.Judge.AllSuccess(); ; size = laterRound {
		done := p.Judge.successes + p.Judge.failures
		size = min(size, min(p.Most, p.Judge.n)-done)
		if size <= 0 || p.Judge.Shown() || p.Judge.Hopeless() {
			return nil
		}
		round, err := p.draw(draw, size)
		if err != nil {
			return err
		}
		ask(ctx, round)
		if err := ctx.Err(); err != nil {
			return err
		}
		for i := range round {
			p.Judge.Add(round[i].Err == nil)
			counted(&round[i])
			if p.Judge.Shown() || p.Judge.Hopeless() { // what came beyond that is not looked at
				return nil
			}
		}
	}
}

func (p Plan) draw(rows *drawer, size int) (round []Sample, err error) {
	round = make([]Sample, size)
	for i := range round {
		if round[i].Row, err = rows.next(); err != nil {
			return nil, err
		}
		if round[i].Chunk, err = below(p.Random, p.Chunks); err != nil {
			return nil, err
		}
	}
	return round, nil
}

// drawer draws numbers below n without replacement: Fisher-Yates.
type drawer struct {
	random io.Reader
	left   []int
}

func newDrawer(random io.Reader, n int) *drawer {
	d := &drawer{random: random, left: make([]int, n)}
	for i := range d.left {
		d.left[i] = i
	}
	return d
}

// next is called n times at most.
func (d *drawer) next() (int, error) {
	at, err := below(d.random, len(d.left))
	if err != nil {
		return 0, err
	}
	row := d.left[at]
	d.left[at] = d.left[len(d.left)-1]
	d.left = d.left[:len(d.left)-1]
	return row, nil
}

// below draws a number in [0, n), n at least 1.
func below(random io.Reader, n int) (int, error) {
	i, err := rand.Int(random, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("draw a sample: %w", err)
	}
	return int(i.Int64()), nil
}
