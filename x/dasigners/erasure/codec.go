package erasure

import (
	"fmt"
	"sync"

	"github.com/klauspost/reedsolomon"
)

// StripeSize is the most columns, in bytes of each row, that are encoded at once.
const StripeSize = 4096

// stripeSize is StripeSize, or half of it where there are more than 2048 parity
// rows: the work memory is twice the parity rows, rounded up to a power of two,
// and 16 MiB of it is where the caches like it best and cores can have their own.
func (p Profile) stripeSize() int {
	if p.N-p.K > 2048 {
		return StripeSize / 2
	}
	return StripeSize
}

// Codec is a Reed-Solomon backend: Leopard over GF(2^16), systematic. All
// backends give the same bytes; package erasuretest judges them.
type Codec interface {
	// Encode fills rows[K:] from rows[:K]. All N rows have one length, a multiple
	// of RowUnit.
	Encode(p Profile, rows [][]byte) error
	// Rebuild fills the data rows that are empty (length 0) from any K others;
	// parity rows may be empty and stay so.
	Rebuild(p Profile, rows [][]byte) error
}

// CPU is the backend on klauspost/reedsolomon, one goroutine a call.
var CPU Codec = cpuCodec{}

type cpuCodec struct{}

// encoders are made once: they are tables, not state.
var encoders sync.Map // Profile → reedsolomon.Encoder

func encoderOf(p Profile) (reedsolomon.Encoder, error) {
	if have, ok := encoders.Load(p); ok {
		return have.(reedsolomon.Encoder), nil
	}
	made, err := reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithMaxGoroutines(1))
	if err != nil {
		return nil, fmt.Errorf("codec of %d of %d rows: %w", p.K, p.N, err)
	}
	have, _ := encoders.LoadOrStore(p, made)
	return have.(reedsolomon.Encoder), nil
}

// Encode fills the parity rows.
func (cpuCodec) Encode(p Profile, rows [][]byte) error {
	encoder, err := encoderOf(p)
	if err != nil {
		return err
	}
	return encoder.Encode(rows)
}

// Rebuild fills the data rows that are missing.
func (cpuCodec) Rebuild(p Profile, rows [][]byte) error {
	encoder, err := encoderOf(p)
	if err != nil {
		return err
	}
	return encoder.ReconstructData(rows)
}
