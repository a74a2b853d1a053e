package bls

import (
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fr"
)

// Sizes on the wire.
const (
	SecretKeySize = 32
	G1Size        = 64  // X ‖ Y, big-endian, each below p
	G2Size        = 128 // X₁ ‖ X₀ ‖ Y₁ ‖ Y₀: the imaginary limb first (EIP-197)
	SignatureSize = G1Size
)

// ErrKey says that a key is not one; ErrSignature that a signature does not
// verify; ErrPoint that bytes are not a point.
var (
	ErrKey       = errors.New("invalid key")
	ErrSignature = errors.New("invalid signature")
	ErrPoint     = errors.New("invalid point")
)

// SecretKey is a scalar below the group's order, not zero.
type SecretKey struct{ scalar big.Int }

// GenerateKey draws a key from a source of randomness, 48 bytes of it, so that
// the reduction's bias is below 2^-128.
func GenerateKey(random io.Reader) (SecretKey, error) {
	var seed [48]byte
	if _, err := io.ReadFull(random, seed[:]); err != nil {
		return SecretKey{}, fmt.Errorf("randomness for a key: %w", err)
	}
	var key SecretKey
	key.scalar.Mod(new(big.Int).SetBytes(seed[:]), fr.Modulus())
	if key.scalar.Sign() == 0 {
		return SecretKey{}, fmt.Errorf("%w: the source of randomness gives zeros", ErrKey)
	}
	return key, nil
}

// ParseSecretKey reads 32 bytes, big-endian.
func ParseSecretKey(b []byte) (SecretKey, error) {
	var key SecretKey
	key.scalar.SetBytes(b)
	if len(b) != SecretKeySize || key.scalar.Sign() == 0 || key.scalar.Cmp(fr.Modulus()) >= 0 {
		return SecretKey{}, fmt.Errorf("%w: want %d bytes, not zero, below the group's order", ErrKey, SecretKeySize)
	}
	return key, nil
}

// Bytes are the 32 bytes that ParseSecretKey reads.
func (k SecretKey) Bytes() []byte { return k.scalar.FillBytes(make([]byte, SecretKeySize)) }

// PublicKey has the same secret over both generators.
type PublicKey struct {
	G1 bn254.G1Affine
	G2 bn254.G2Affine
}

// Public is the key that others verify with.
func (k SecretKey) Public() PublicKey {
	var public PublicKey
	public.G1.ScalarMultiplicationBase(&k.scalar)
	public.G2.ScalarMultiplicationBase(&k.scalar)
	return public
}
