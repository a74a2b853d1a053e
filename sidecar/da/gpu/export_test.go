package gpu

import "github.com/zgd-network/zgd/x/dasigners/erasure"

// What a test needs to be the machine, and to measure its parts.
type (
	Machine = machine
	Queue   = queue
	Job     = job
	Span    = span
	Call    = call
)

const (
	Lanes = lanes
	Warps = warps
	Group = groupBytes
)

// On makes the codec on a machine.
func On(m Machine) (erasure.Codec, error) { return newCodec(m) }

// Prepare returns a queue of the codec and the job that encodes rows of this size
// in its memory.
func Prepare(made erasure.Codec, p erasure.Profile, rowSize int) (Queue, Job, error) {
	c := made.(*codec)
	pl, err := c.plan(shape{p, rowSize})
	if err != nil {
		return nil, Job{}, err
	}
	q, err := c.machine.Queue(pl.dataBytes+pl.parityBytes, pl.size)
	if err != nil {
		return nil, Job{}, err
	}
	return q, c.job(pl, q.Host(), q.Device()), nil
}

// Field is the arithmetic that the tables are made with.
type Field struct{ *field }

func NewField() Field { return Field{newField()} }

func (f Field) Mul(a, b uint16) uint16    { return f.mul(a, b) }
func (f Field) Inverse(a uint16) uint16   { return f.inverse(a) }
func (f Field) TowerColumn(j int) uint16  { return f.towerColumn(j) }
func (f Field) Skews() []uint32           { return f.skews() }
func (f Field) Matrices() []uint32        { return f.matrices() }
func (f Field) Factor(m, k, q int) uint16 { return f.factor(m, k, q) }
