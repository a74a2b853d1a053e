package erasure

import (
	"errors"
	"fmt"
)

// Sizes of format v1 (SPEC.md).
const (
	Version         = 1
	HeaderSize      = 16        // bytes before the payload
	RowUnit         = 64        // bytes; a row is a multiple: one Leopard chunk
	MaxRowSize      = 128 << 10 // bytes
	ChunkSize       = 2048      // bytes of a row under one leaf of its tree
	CombinationSize = 16        // bytes: 8 symbols of GF(2^16)
)

// Errors that callers act on.
var (
	ErrEmptyBlob     = errors.New("blob is empty")
	ErrBlobTooLarge  = errors.New("blob is too large")
	ErrUnknownShape  = errors.New("unknown profile")
	ErrBadRow        = errors.New("row does not belong to the blob")
	ErrBadCoding     = errors.New("row contradicts the committed coding")
	ErrBadCommitment = errors.New("commitment does not fit")
	ErrMalformedBlob = errors.New("blob is malformed")
	ErrTooFewRows    = errors.New("too few rows")
)

// Profile names a shape: K data rows, N rows in all.
type Profile struct {
	ID   uint8
	K, N int
	// Unsafe shapes are too small for the sampling bounds of SOUNDNESS.md; they
	// are for tests.
	Unsafe bool
}

// The profiles of format v1. 5 is reserved for 4096 of 16384.
var (
	Production = Profile{ID: 1, K: 1024, N: 4096}
	Parity     = Profile{ID: 2, K: 1024, N: 3072}
	Dev        = Profile{ID: 3, K: 32, N: 128, Unsafe: true}
	Test       = Profile{ID: 4, K: 4, N: 16, Unsafe: true}
)

// ProfileByID returns a profile, or ErrUnknownShape.
func ProfileByID(id uint8) (Profile, error) {
	for _, p := range []Profile{Production, Parity, Dev, Test} {
		if p.ID == id {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("%w %d, want 1 to 4", ErrUnknownShape, id)
}

// ProfileByShape returns the profile with these rows, or ErrUnknownShape.
func ProfileByShape(k, n int) (Profile, error) {
	for _, p := range []Profile{Production, Parity, Dev, Test} {
		if p.K == k && p.N == n {
			return p, nil
		}
	}
	return Profile{}, fmt.Errorf("%w: %d of %d rows", ErrUnknownShape, k, n)
}

// MaxPayload is the most bytes of one blob of this profile.
func (p Profile) MaxPayload() uint64 { return uint64(MaxRowSize)*uint64(p.K) - HeaderSize }

// RowSize is the bytes of each row of a blob with this much payload.
func (p Profile) RowSize(dataLen uint64) (int, error) {
	if dataLen == 0 {
		return 0, ErrEmptyBlob
	}
	if dataLen > p.MaxPayload() {
		return 0, fmt.Errorf("%w: %d bytes, want at most %d: split it", ErrBlobTooLarge, dataLen, p.MaxPayload())
	}
	unit := RowUnit * uint64(p.K)
	return int((HeaderSize + dataLen + unit - 1) / unit * RowUnit), nil
}
