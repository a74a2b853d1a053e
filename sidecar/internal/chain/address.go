package chain

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// ErrAddress says that a text is no address, ErrAccountSignature that a signature
// of an account is none.
var (
	ErrAddress          = errors.New("invalid address")
	ErrAccountSignature = errors.New("invalid account signature")
)

// ParseAddress reads zg1… or 0x….
func ParseAddress(text string) (Address, error) {
	if rest, ok := strings.CutPrefix(text, "0x"); ok {
		b, err := hex.DecodeString(rest)
		if err != nil || len(b) != len(Address{}) {
			return Address{}, fmt.Errorf("%w: %.80q, want 40 hex characters after 0x", ErrAddress, text)
		}
		return Address(b), nil
	}
	prefix, b, err := bech32.DecodeAndConvert(text)
	if err != nil || prefix != AddressPrefix || len(b) != len(Address{}) {
		return Address{}, fmt.Errorf("%w: %.80q, want %s1… of 20 bytes", ErrAddress, text, AddressPrefix)
	}
	return Address(b), nil
}

// String returns the bech32 form, zg1….
func (a Address) String() string {
	text, err := bech32.ConvertAndEncode(AddressPrefix, a[:])
	if err != nil { // 20 bytes always encode
		return ""
	}
	return text
}

// EVM returns 0x… with the checksum in its case.
func (a Address) EVM() string { return common.Address(a).Hex() }

// RecoverSigner returns the account that signed a digest, see SignDigest. A
// signature has one form only: 65 bytes, s in the lower half, recovery id 0 or 1.
func RecoverSigner(digest Hash, signature []byte) (Address, error) {
	if len(signature) != crypto.SignatureLength {
		return Address{}, fmt.Errorf("%w: %d bytes, want %d", ErrAccountSignature, len(signature), crypto.SignatureLength)
	}
	public, err := crypto.SigToPub(digest[:], signature)
	if err != nil {
		return Address{}, fmt.Errorf("%w: %w", ErrAccountSignature, err)
	}
	if !crypto.VerifySignature(crypto.CompressPubkey(public), digest[:], signature[:64]) { // refuses the upper half
		return Address{}, fmt.Errorf("%w: s in the upper half", ErrAccountSignature)
	}
	return Address(crypto.PubkeyToAddress(*public)), nil
}
