package beacon

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// Value is the beacon after a block.
type Value = [32]byte

const (
	vrfDomain     = "zgd/beacon/vrf/v1"
	mixDomain     = "zgd/beacon/mix/v1"
	genesisDomain = "zgd/beacon/genesis/v1"
	popDomain     = "zgd/beacon/pop/v1"
)

// Signer evaluates the beacon's key. A validator's key file is one; a remote
// signer may be another.
type Signer interface {
	// Public is the key that the chain knows.
	Public() bls.PublicKey
	// Sign signs a message under bls.DomainBeacon, 64 bytes.
	Sign(message []byte) ([]byte, error)
}

// Genesis is the value before the first block. seed is in genesis.
func Genesis(evmChainID uint64, seed [32]byte) Value {
	input := binary.BigEndian.AppendUint64([]byte(genesisDomain), evmChainID)
	return sha256.Sum256(append(input, seed[:]...))
}

// Message is what the proposer of a height signs.
func Message(evmChainID, height uint64, previous Value) []byte {
	input := binary.BigEndian.AppendUint64([]byte(vrfDomain), evmChainID)
	input = binary.BigEndian.AppendUint64(input, height)
	return append(input, previous[:]...)
}

// Verify checks a proposer's signature, 64 bytes.
func Verify(public *bn254.G2Affine, evmChainID, height uint64, previous Value, signature []byte) error {
	point, err := bls.DecodeG1(signature)
	if err != nil {
		return fmt.Errorf("beacon signature of height %d: %w", height, err)
	}
	if err := bls.Verify(public, bls.DomainBeacon, Message(evmChainID, height, previous), &point); err != nil {
		return fmt.Errorf("beacon signature of height %d: %w", height, err)
	}
	return nil
}

// Mix is the value after a block. An empty signature, of a proposer without an
// effective key, mixes a constant: no entropy, no choice.
func Mix(previous Value, signature []byte) Value {
	inner := sha256.Sum256(signature)
	input := append([]byte(mixDomain), previous[:]...)
	return sha256.Sum256(append(input, inner[:]...))
}

// PossessionMessage is what a validator signs to register its beacon key; address
// is that of its consensus key.
func PossessionMessage(evmChainID uint64, consensusAddress [20]byte, public *bn254.G2Affine) []byte {
	input := binary.BigEndian.AppendUint64([]byte(popDomain), evmChainID)
	input = append(input, consensusAddress[:]...)
	return append(input, bls.EncodeG2(public)...)
}
