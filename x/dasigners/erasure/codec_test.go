package erasure_test

import (
	"testing"

	"github.com/klauspost/reedsolomon"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/erasure/erasuretest"
)

func TestTheCPUBackendPassesItsOwnSuite(t *testing.T) {
	erasuretest.Run(t, erasure.CPU, erasure.Test, erasure.Dev, erasure.Production, erasure.Parity)
}

// scalar is the library without SIMD: a machine without AVX2 must give the same
// bytes, or nodes of one network would disagree.
type scalar struct{}

func (scalar) codec(p erasure.Profile) (reedsolomon.Encoder, error) {
	return reedsolomon.New(p.K, p.N-p.K, reedsolomon.WithLeopardGF16(true), reedsolomon.WithAVX2(false),
		reedsolomon.WithSSSE3(false), reedsolomon.WithSSE2(false), reedsolomon.WithAVX512(false), reedsolomon.WithGFNI(false), reedsolomon.WithAVXGFNI(false))
}

func (s scalar) Encode(p erasure.Profile, rows [][]byte) error {
	codec, err := s.codec(p)
	if err != nil {
		return err
	}
	return codec.Encode(rows)
}

func (s scalar) Rebuild(p erasure.Profile, rows [][]byte) error {
	codec, err := s.codec(p)
	if err != nil {
		return err
	}
	return codec.ReconstructData(rows)
}

func TestTheBytesDoNotDependOnTheInstructionSet(t *testing.T) {
	erasuretest.Run(t, scalar{}, erasure.Test, erasure.Dev, erasure.Production)
}
