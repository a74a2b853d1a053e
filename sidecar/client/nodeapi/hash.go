package nodeapi

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Hash is a 32-byte digest; in JSON and text it is 0x and 64 hex digits.
type Hash [32]byte

// String returns the 0x form.
func (h Hash) String() string { return "0x" + hex.EncodeToString(h[:]) }

// ParseHash reads 64 hex digits, with or without 0x.
func ParseHash(text string) (Hash, error) {
	digits := text
	if len(digits) >= 2 && digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X') {
		digits = digits[2:]
	}
	var h Hash
	if len(digits) != 2*len(h) {
		return Hash{}, fmt.Errorf("hash has %d hex digits, want %d", len(digits), 2*len(h))
	}
	if _, err := hex.Decode(h[:], []byte(digits)); err != nil {
		return Hash{}, fmt.Errorf("hash: %w", err)
	}
	return h, nil
}

// MarshalText writes the 0x form; JSON uses it for values and map keys.
func (h Hash) MarshalText() ([]byte, error) {
	out := make([]byte, 2+2*len(h))
	out[0], out[1] = '0', 'x'
	hex.Encode(out[2:], h[:])
	return out, nil
}

// UnmarshalText reads the 0x form.
func (h *Hash) UnmarshalText(text []byte) error {
	parsed, err := ParseHash(string(text))
	if err != nil {
		return err
	}
	*h = parsed
	return nil
}

// Bytes is a byte string that JSON carries as an array of numbers ([] when
// empty), as the tx.data field of the protocol does.
type Bytes []byte

// MarshalJSON writes [1,2,3].
func (b Bytes) MarshalJSON() ([]byte, error) {
	numbers := make([]uint16, len(b))
	for i, x := range b {
		numbers[i] = uint16(x)
	}
	return json.Marshal(numbers)
}

// UnmarshalJSON reads [1,2,3]; null is empty.
func (b *Bytes) UnmarshalJSON(text []byte) error {
	var numbers []uint8AsNumber
	if err := json.Unmarshal(text, &numbers); err != nil {
		return err
	}
	*b = make(Bytes, len(numbers))
	for i, x := range numbers {
		(*b)[i] = byte(x)
	}
	return nil
}

// uint8AsNumber keeps encoding/json from reading []uint8 as base64.
type uint8AsNumber uint16

func (n *uint8AsNumber) UnmarshalJSON(text []byte) error {
	var x uint8
	if err := json.Unmarshal(text, &x); err != nil {
		return err
	}
	*n = uint8AsNumber(x)
	return nil
}
