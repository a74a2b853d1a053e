package bls

import "github.com/consensys/gnark-crypto/ecc/bn254"

// DecodeTrustedG2 reads a point that DecodeG2 accepted before it was stored. It
// leaves out the check of the subgroup, which costs 50 µs and would be most of a
// confirmation.
func DecodeTrustedG2(b []byte) (p bn254.G2Affine, err error) {
	err = split(b, &p.X.A1, &p.X.A0, &p.Y.A1, &p.Y.A0)
	return p, err
}
