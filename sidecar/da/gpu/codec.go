package gpu

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// ErrSelfTest says that the card computes other bytes than the CPU.
var ErrSelfTest = errors.New("graphics card fails its self-test: use --codec cpu")

// queuesAtOnce bounds the calls that work on the card: enough to copy in, compute
// and copy out at the same time; the rest wait.
const queuesAtOnce = 4

// codec is an erasure.Codec whose parity is computed on a card.
type codec struct {
	machine         machine
	field           *field
	matrices, skews uint64
	turns           chan struct{}
	lock            sync.Mutex
	idle            []sized         // queues that nobody uses
	plans           map[shape]*plan // by profile and row size
}

type shape struct {
	profile erasure.Profile
	rowSize int
}

// sized is a queue and how much it can take.
type sized struct {
	queue
	hostBytes, deviceBytes int
}

// New returns the codec of the first card, once it has given the CPU's bytes;
// ErrNoCUDA where this build has no driver or this machine no card, ErrSelfTest
// where the bytes differ.
func New() (erasure.Codec, error) {
	m, err := openMachine()
	if err != nil {
		return nil, err
	}
	return newCodec(m)
}

// newCodec puts the tables on the machine and holds it to the CPU.
func newCodec(m machine) (erasure.Codec, error) {
	c := &codec{machine: m, field: newField(), turns: make(chan struct{}, queuesAtOnce), plans: make(map[shape]*plan)}
	var err error
	if c.matrices, err = m.Table(c.field.matrices()); err != nil {
		return nil, err
	}
	if c.skews, err = m.Table(c.field.skews()); err != nil {
		return nil, err
	}
	if err := c.selfTest(); err != nil {
		return nil, err
	}
	return c, nil
}

// Encode fills the parity rows.
func (c *codec) Encode(p erasure.Profile, rows [][]byte) error {
	rowSize, err := checkRows(p, rows)
	if err != nil {
		return err
	}
	pl, err := c.plan(shape{p, rowSize})
	if err != nil {
		return err
	}
	c.turns <- struct{}{}
	defer func() { <-c.turns }()
	q, err := c.take(pl.dataBytes+pl.parityBytes, pl.size)
	if err != nil {
		return err
	}
	host := q.Host()[:pl.dataBytes+pl.parityBytes]
	for i, row := range rows[:p.K] {
		copy(host[i*rowSize:], row)
	}
	if err := q.Run(c.job(pl, host, q.Device())); err != nil {
		return errors.Join(err, q.Free())
	}
	for i, row := range rows[p.K:] {
		copy(row, host[(p.K+i)*rowSize:])
	}
	c.give(q)
	return nil
}

// Rebuild fills the data rows that are missing, on the CPU: readers do it, not
// encoders.
func (c *codec) Rebuild(p erasure.Profile, rows [][]byte) error { return erasure.CPU.Rebuild(p, rows) }

func checkRows(p erasure.Profile, rows [][]byte) (rowSize int, err error) {
	if len(rows) != p.N || p.N == 0 {
		return 0, fmt.Errorf("%d rows, want %d", len(rows), p.N)
	}
	rowSize = len(rows[0])
	if rowSize == 0 || rowSize%erasure.RowUnit != 0 || rowSize > erasure.MaxRowSize {
		return 0, fmt.Errorf("rows of %d bytes, want a multiple of %d up to %d", rowSize, erasure.RowUnit, erasure.MaxRowSize)
	}
	for i, row := range rows {
		if len(row) != rowSize {
			return 0, fmt.Errorf("row %d has %d bytes, want %d as row 0", i, len(row), rowSize)
		}
	}
	return rowSize, nil
}

// job puts a plan at addresses.
func (c *codec) job(pl *plan, host []byte, device uint64) job {
	j := job{
		Data:   span{host[:pl.dataBytes], device + uint64(pl.data)},
		Parity: span{host[pl.dataBytes:], device + uint64(pl.parity)},
	}
	for _, l := range pl.launches {
		addresses := [4]uint64{device + uint64(l.from), device + uint64(l.to), c.matrices, c.skews}
		j.Calls = append(j.Calls, call{l.kernel, l.grid, addresses, l.words})
	}
	return j
}

// plan is made once for a shape; a program sees few.
func (c *codec) plan(s shape) (*plan, error) {
	c.lock.Lock()
	defer c.lock.Unlock()
	if have := c.plans[s]; have != nil {
		return have, nil
	}
	made, err := newPlan(c.field, s.profile, s.rowSize)
	if err == nil {
		c.plans[s] = made
	}
	return made, err
}

// take returns a queue with room: an idle one, or a new one in place of one that
// is too small.
func (c *codec) take(hostBytes, deviceBytes int) (sized, error) {
	c.lock.Lock()
	for i, q := range c.idle {
		if q.hostBytes >= hostBytes && q.deviceBytes >= deviceBytes {
			c.idle = append(c.idle[:i], c.idle[i+1:]...)
			c.lock.Unlock()
			return q, nil
		}
	}
	var small []sized
	if last := len(c.idle) - 1; last >= 0 {
		small, c.idle = c.idle[last:], c.idle[:last:last]
	}
	c.lock.Unlock()
	for _, q := range small {
		if err := q.Free(); err != nil {
			return sized{}, err
		}
	}
	made, err := c.machine.Queue(hostBytes, deviceBytes)
	return sized{made, hostBytes, deviceBytes}, err
}

func (c *codec) give(q sized) {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.idle = append(c.idle, q)
}

// selfTest encodes fixed rows of every profile, half a group of columns wide and
// one and a half, and compares with the CPU.
func (c *codec) selfTest() error {
	for _, p := range []erasure.Profile{erasure.Test, erasure.Dev, erasure.Parity, erasure.Production} {
		rowSize := groupBytes / 2
		if p.Unsafe {
			rowSize += groupBytes
		}
		got, want := counted(p, rowSize), counted(p, rowSize)
		if err := c.Encode(p, got); err != nil {
			return fmt.Errorf("%w: profile %d: %w", ErrSelfTest, p.ID, err)
		}
		if err := erasure.CPU.Encode(p, want); err != nil {
			return err
		}
		for i := range want {
			if !bytes.Equal(got[i], want[i]) {
				return fmt.Errorf("%w: row %d of profile %d differs", ErrSelfTest, i, p.ID)
			}
		}
	}
	return nil
}

// counted are rows whose data never repeats within a symbol's reach; the parity is
// poisoned, so that a card that writes nothing fails.
func counted(p erasure.Profile, rowSize int) [][]byte {
	slab, state := make([]byte, p.N*rowSize), uint32(p.ID)
	for i := range slab {
		state = state*1664525 + 1013904223 // Numerical Recipes' generator
		slab[i] = byte(state >> 24)
	}
	rows := make([][]byte, p.N)
	for i := range rows {
		rows[i] = slab[i*rowSize : (i+1)*rowSize]
	}
	return rows
}
