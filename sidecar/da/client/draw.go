package client

import (
	"crypto/rand"
	"fmt"
	"io"
	"math/big"
)

// drawer draws numbers below n without replacement: Fisher-Yates from the front.
type drawer struct {
	random io.Reader
	left   []int
}

func newDraw(random io.Reader, n int) *drawer {
	d := &drawer{random: random, left: make([]int, n)}
	for i := range d.left {
		d.left[i] = i
	}
	return d
}

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

// below draws a number in [0, n).
func below(random io.Reader, n int) (int, error) {
	i, err := rand.Int(random, big.NewInt(int64(n)))
	if err != nil {
		return 0, fmt.Errorf("draw a sample: %w", err)
	}
	return int(i.Int64()), nil
}
