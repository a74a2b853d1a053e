package beacon

import (
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// keySigner signs with a key that it holds.
type keySigner struct {
	secret bls.SecretKey
	public bls.PublicKey
}

// NewSigner signs with a key in this process's memory.
func NewSigner(secret bls.SecretKey) Signer { return keySigner{secret, secret.Public()} }

// Public is the key that the chain knows.
func (s keySigner) Public() bls.PublicKey { return s.public }

// Sign signs a message under bls.DomainBeacon.
func (s keySigner) Sign(message []byte) ([]byte, error) {
	point, err := s.secret.Sign(bls.DomainBeacon, message)
	if err != nil {
		return nil, err
	}
	return bls.EncodeG1(&point), nil
}

// Registration is a validator's beacon key with the proof that the validator
// has its secret. It is what a validator gives away to get into a genesis, and
// what it sends to the chain later.
type Registration struct {
	ConsensusAddress [20]byte // of the validator's consensus key
	Public           bls.PublicKey
	Possession       []byte // signature of PossessionMessage, 64 bytes
}

// Register proves possession of a signer's key to one chain, for one validator.
func Register(signer Signer, evmChainID uint64, consensusAddress [20]byte) (Registration, error) {
	public := signer.Public()
	possession, err := signer.Sign(PossessionMessage(evmChainID, consensusAddress, &public.G2))
	if err != nil {
		return Registration{}, fmt.Errorf("prove possession of the beacon key: %w", err)
	}
	return Registration{ConsensusAddress: consensusAddress, Public: public, Possession: possession}, nil
}

// Verify checks the key and the proof, for a chain.
func (r Registration) Verify(evmChainID uint64) error {
	if err := r.Public.CheckPair(); err != nil {
		return fmt.Errorf("beacon key of validator %x: %w", r.ConsensusAddress, err)
	}
	point, err := bls.DecodeG1(r.Possession)
	if err == nil {
		err = bls.Verify(&r.Public.G2, bls.DomainBeacon, PossessionMessage(evmChainID, r.ConsensusAddress, &r.Public.G2), &point)
	}
	if err != nil {
		return fmt.Errorf("beacon key of validator %x: proof of possession for EVM chain %d: %w", r.ConsensusAddress, evmChainID, err)
	}
	return nil
}

// registrationText is a Registration in JSON; everything in hex without 0x.
type registrationText struct {
	ConsensusAddress string `json:"consensus_address"`
	G1               string `json:"g1"`
	G2               string `json:"g2"`
	Possession       string `json:"possession"`
}

// MarshalJSON writes hex.
func (r Registration) MarshalJSON() ([]byte, error) {
	return json.Marshal(registrationText{
		ConsensusAddress: hex.EncodeToString(r.ConsensusAddress[:]),
		G1:               hex.EncodeToString(bls.EncodeG1(&r.Public.G1)),
		G2:               hex.EncodeToString(bls.EncodeG2(&r.Public.G2)),
		Possession:       hex.EncodeToString(r.Possession),
	})
}

// UnmarshalJSON reads hex and refuses what is no point; Verify is another step.
func (r *Registration) UnmarshalJSON(raw []byte) error {
	var text registrationText
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	address, err := hex.DecodeString(text.ConsensusAddress)
	if err != nil || len(address) != len(r.ConsensusAddress) {
		return fmt.Errorf("consensus_address %.50q, want %d bytes in hex", text.ConsensusAddress, len(r.ConsensusAddress))
	}
	var read Registration
	copy(read.ConsensusAddress[:], address)
	if read.Public.G1, err = decodeHex(text.G1, bls.DecodeG1); err != nil {
		return fmt.Errorf("g1: %w", err)
	}
	if read.Public.G2, err = decodeHex(text.G2, bls.DecodeG2); err != nil {
		return fmt.Errorf("g2: %w", err)
	}
	if read.Possession, err = hex.DecodeString(text.Possession); err != nil {
		return fmt.Errorf("possession: %w", err)
	}
	*r = read
	return nil
}

func decodeHex[P bn254.G1Affine | bn254.G2Affine](text string, decode func([]byte) (P, error)) (point P, err error) {
	raw, err := hex.DecodeString(text)
	if err != nil {
		return point, err
	}
	return decode(raw)
}
