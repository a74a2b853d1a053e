package bls

import "github.com/consensys/gnark-crypto/ecc/bn254"

// SumG1 adds points: signatures of one message, or keys. The sum may be infinity.
func SumG1(points ...bn254.G1Affine) (sum bn254.G1Affine) {
	var total bn254.G1Jac
	total.FromAffine(&sum)
	for i := range points {
		total.AddMixed(&points[i])
	}
	sum.FromJacobian(&total)
	return sum
}

// SumG2 adds keys. The sum may be infinity.
func SumG2(points ...bn254.G2Affine) (sum bn254.G2Affine) {
	var total bn254.G2Jac
	total.FromAffine(&sum)
	for i := range points {
		total.AddMixed(&points[i])
	}
	sum.FromJacobian(&total)
	return sum
}

// SubG2 is all − missing: cheaper than summing those present when few are
// missing.
func SubG2(all bn254.G2Affine, missing ...bn254.G2Affine) (rest bn254.G2Affine) {
	sum := SumG2(missing...)
	rest.Sub(&all, &sum)
	return rest
}
