package evm_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/cosmos/cosmos-sdk/types/bech32"

	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
)

const (
	devHex    = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
	devBech32 = "zg17w0adeg64ky0daxwd2ugyuneellmjgnxn2mzwx"
)

// inBech32 writes the account's first bytes with another prefix or length.
func inBech32(t *testing.T, prefix string, lengthBytes int) string {
	t.Helper()
	address, err := evm.ParseAddress(devHex)
	if err != nil {
		t.Fatal(err)
	}
	text, err := bech32.ConvertAndEncode(prefix, append(address[:], make([]byte, 12)...)[:lengthBytes])
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestParseAddress(t *testing.T) {
	cases := []struct {
		name, text string
		ok         bool
	}{
		{"0x with its checksum", devHex, true},
		{"0x in small letters", strings.ToLower(devHex), true},
		{"0x in capitals", "0x" + strings.ToUpper(devHex[2:]), true},
		{"zg1", devBech32, true},
		{"zg1 in capitals", strings.ToUpper(devBech32), true},
		{"with spaces around", " " + devBech32 + "\n", true},
		{"0x with one letter's case wrong", "0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266", false},
		{"0x one digit short", devHex[:41], false},
		{"0x one digit long", devHex + "0", false},
		{"0x with a g", "0xg" + devHex[3:], false},
		{"without 0x", devHex[2:], false},
		{"zg1 with one letter wrong", strings.Replace(devBech32, "w0", "w9", 1), false},
		{"zg1 in mixed case", "zG1" + devBech32[3:], false},
		{"an account of another chain", inBech32(t, "cosmos", 20), false},
		{"a validator of this chain", inBech32(t, "zgvaloper", 20), false},
		{"19 bytes", inBech32(t, "zg", 19), false},
		{"32 bytes, a module's", inBech32(t, "zg", 32), false},
		{"empty", "", false},
		{"endless", "0x" + strings.Repeat("0", 1000), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := evm.ParseAddress(c.text)
			switch {
			case c.ok && (err != nil || got.Hex() != devHex || got.Bech32() != devBech32):
				t.Errorf("got %s, %v; want %s", got.Hex(), err, devHex)
			case !c.ok && !errors.Is(err, evm.ErrAddress):
				t.Errorf("got %s, %v; want ErrAddress", got.Hex(), err)
			}
		})
	}
}

func FuzzParseAddress(f *testing.F) {
	for _, text := range []string{devHex, devBech32, "", "0x", "zg1", "zg1\x00", strings.Repeat("q", 90)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		address, err := evm.ParseAddress(text)
		if err != nil {
			if !errors.Is(err, evm.ErrAddress) {
				t.Fatalf("%q: %v, want ErrAddress", text, err)
			}
			return
		}
		for _, again := range []string{address.Hex(), address.Bech32()} {
			if same, err := evm.ParseAddress(again); err != nil || same != address {
				t.Fatalf("%q is %s, which reads as %s, %v", text, again, same.Hex(), err)
			}
		}
	})
}
