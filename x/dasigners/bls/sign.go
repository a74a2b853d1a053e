package bls

import (
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"
)

// Domain is a domain-separation tag.
type Domain string

// The uses of a key, one tag each. DomainTLS binds a node's certificate.
const (
	DomainBatch  Domain = "ZGD-DA-BN254G1_XMD:SHA-256_SVDW_RO_V1"
	DomainBeacon Domain = "ZGD-BEACON-BN254G1_XMD:SHA-256_SVDW_RO_V1"
	DomainTLS    Domain = "ZGD-DATLS-BN254G1_XMD:SHA-256_SVDW_RO_V1"
)

// Hash maps a message to G1 (RFC 9380, expand_message_xmd with SHA-256,
// Shallue-van de Woestijne, as a random oracle).
func Hash(domain Domain, message []byte) (bn254.G1Affine, error) {
	point, err := bn254.HashToG1(message, []byte(domain))
	if err != nil {
		return point, fmt.Errorf("hash to the curve: %w", err)
	}
	return point, nil
}

// Sign signs a message for one use.
func (k SecretKey) Sign(domain Domain, message []byte) (bn254.G1Affine, error) {
	point, err := Hash(domain, message)
	if err != nil {
		return point, err
	}
	return k.SignPoint(point), nil
}

// SignPoint multiplies a point that the caller has hashed.
func (k SecretKey) SignPoint(point bn254.G1Affine) (signature bn254.G1Affine) {
	signature.ScalarMultiplication(&point, &k.scalar)
	return signature
}

// Verify checks a signature under a key of G2, which may be an aggregate.
func Verify(public *bn254.G2Affine, domain Domain, message []byte, signature *bn254.G1Affine) error {
	point, err := Hash(domain, message)
	if err != nil {
		return err
	}
	return VerifyPoint(public, point, signature)
}

// VerifyPoint checks e(σ, −g₂)·e(H, pk) = 1. An aggregate key or signature can be
// infinity although its parts are not; nobody signs with that.
func VerifyPoint(public *bn254.G2Affine, point bn254.G1Affine, signature *bn254.G1Affine) error {
	if public.IsInfinity() || signature.IsInfinity() {
		return fmt.Errorf("%w: infinity", ErrSignature)
	}
	return pairing(signature, &point, public)
}

// pairing checks e(a, −g₂)·e(b, key) = 1.
func pairing(a, b *bn254.G1Affine, key *bn254.G2Affine) error {
	ok, err := bn254.PairingCheck([]bn254.G1Affine{*a, *b}, []bn254.G2Affine{negG2, *key})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if !ok {
		return ErrSignature
	}
	return nil
}

var genG1, negG2 = generators()

func generators() (g1 bn254.G1Affine, neg bn254.G2Affine) {
	_, _, g1, g2 := bn254.Generators()
	neg.Neg(&g2)
	return g1, neg
}
