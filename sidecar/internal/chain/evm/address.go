package evm

import (
	"errors"
	"fmt"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// Address is an account's 20 bytes.
type Address [20]byte

// ErrAddress says that a text is no address of this chain.
var ErrAddress = errors.New("bad address")

// maxAddressText bounds what is looked at: bech32 forbids more than 90.
const maxAddressText = 90

// ParseAddress reads zg1… or 0x…; a 0x address in mixed case must carry its
// EIP-55 checksum, as a mistyped one would not.
func ParseAddress(text string) (Address, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxAddressText {
		return Address{}, fmt.Errorf("%w: %d characters, want zg1… or 0x…", ErrAddress, len(text))
	}
	if strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X") {
		return parseHex(text)
	}
	prefix, raw, err := bech32.DecodeAndConvert(text)
	if err != nil {
		return Address{}, fmt.Errorf("%w: %q: %w", ErrAddress, text, err)
	}
	if prefix != chain.AddressPrefix || len(raw) != len(Address{}) {
		return Address{}, fmt.Errorf("%w: %q has prefix %q and %d bytes, want %q and %d: it is of another chain or no account",
			ErrAddress, text, prefix, len(raw), chain.AddressPrefix, len(Address{}))
	}
	return Address(raw), nil
}

func parseHex(text string) (Address, error) {
	if !common.IsHexAddress(text) {
		return Address{}, fmt.Errorf("%w: %q, want 0x and 40 hex digits", ErrAddress, text)
	}
	address, digits := common.HexToAddress(text), text[2:]
	mixed := strings.ToLower(digits) != digits && strings.ToUpper(digits) != digits
	if want := address.Hex(); mixed && digits != want[2:] {
		return Address{}, fmt.Errorf("%w: %q has a wrong checksum (EIP-55): a digit is mistyped, or write all letters small", ErrAddress, text)
	}
	return Address(address), nil
}

// Hex is 0x… with the checksum in its case.
func (a Address) Hex() string { return common.Address(a).Hex() }

// Bech32 is the same account as zg1….
func (a Address) Bech32() string {
	text, err := bech32.ConvertAndEncode(chain.AddressPrefix, a[:])
	if err != nil { // 20 bytes always encode
		return ""
	}
	return text
}
