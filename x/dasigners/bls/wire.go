package bls

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
)

// EncodeG1 writes X ‖ Y.
func EncodeG1(p *bn254.G1Affine) []byte { return join(&p.X, &p.Y) }

// EncodeG2 writes the coordinates in the order of EIP-197.
func EncodeG2(p *bn254.G2Affine) []byte { return join(&p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0) }

func join(elements ...*fp.Element) []byte {
	out := make([]byte, 0, len(elements)*fp.Bytes)
	for _, e := range elements {
		b := e.Bytes()
		out = append(out, b[:]...)
	}
	return out
}

// DecodeG1 reads a point of G1 that is not infinity. One point has one encoding.
func DecodeG1(b []byte) (p bn254.G1Affine, err error) {
	if err := split(b, &p.X, &p.Y); err != nil {
		return p, err
	}
	if p.IsInfinity() || !p.IsOnCurve() { // the cofactor is 1
		return p, fmt.Errorf("%w: not in G1, or infinity", ErrPoint)
	}
	return p, nil
}

// DecodeG2 reads a point of the subgroup G2 that is not infinity.
func DecodeG2(b []byte) (p bn254.G2Affine, err error) {
	if err := split(b, &p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0); err != nil {
		return p, err
	}
	if p.IsInfinity() || !p.IsOnCurve() || !p.IsInSubGroup() {
		return p, fmt.Errorf("%w: not in G2, or infinity", ErrPoint)
	}
	return p, nil
}

func split(b []byte, elements ...*fp.Element) error {
	if len(b) != len(elements)*fp.Bytes {
		return fmt.Errorf("%w: %d bytes, want %d", ErrPoint, len(b), len(elements)*fp.Bytes)
	}
	for i, e := range elements {
		if err := e.SetBytesCanonical(b[i*fp.Bytes : (i+1)*fp.Bytes]); err != nil {
			return fmt.Errorf("%w: coordinate %d is not below the field's order", ErrPoint, i)
		}
	}
	return nil
}
