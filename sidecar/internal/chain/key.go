package chain

import (
	"crypto/ecdsa"
	"encoding/hex"
	"fmt"
	"os"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
)

// AddressPrefix is the human-readable part of the chain's bech32 addresses.
const AddressPrefix = "zg"

// Key is an eth_secp256k1 key: one account, shown as zg1… and as 0x….
type Key struct {
	private *ecdsa.PrivateKey
	address [20]byte
}

// NewKey makes a key of its 32 secret bytes.
func NewKey(secret []byte) (Key, error) {
	private, err := crypto.ToECDSA(secret)
	if err != nil {
		return Key{}, fmt.Errorf("private key: %w", err)
	}
	return Key{private: private, address: crypto.PubkeyToAddress(private.PublicKey)}, nil
}

// LoadKeyFile reads a key file: one line of 64 hex characters, 0x optional. A
// file that others may read is refused.
func LoadKeyFile(path string) (Key, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	if mode := info.Mode(); !mode.IsRegular() || mode.Perm()&0o077 != 0 {
		return Key{}, fmt.Errorf("key file %s has mode %v, want a file of mode 0600: others could read the key; run chmod 600", path, mode)
	}
	if info.Size() > 256 {
		return Key{}, fmt.Errorf("key file %s has %d bytes, want one line of 64 hex characters", path, info.Size())
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return Key{}, fmt.Errorf("key file: %w", err)
	}
	secret, err := hex.DecodeString(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
	if err != nil || len(secret) != 32 { // never show what was read
		return Key{}, fmt.Errorf("key file %s: want one line of 64 hex characters", path)
	}
	key, err := NewKey(secret)
	if err != nil {
		return Key{}, fmt.Errorf("key file %s: %w", path, err)
	}
	return key, nil
}

// Address returns the bech32 form, zg1….
func (k Key) Address() string {
	text, err := bech32.ConvertAndEncode(AddressPrefix, k.address[:])
	if err != nil { // 20 bytes always encode
		return ""
	}
	return text
}

// EVMAddress returns the same 20 bytes as 0x… with the checksum in its case.
func (k Key) EVMAddress() string { return common.Address(k.address).Hex() }

// String returns the address, so that a key in a log shows no secret.
func (k Key) String() string { return k.Address() }

// GoString does the same for %#v.
func (k Key) GoString() string { return k.Address() }

// publicKey returns the compressed point, 33 bytes.
func (k Key) publicKey() []byte { return crypto.CompressPubkey(&k.private.PublicKey) }

// sign signs the Keccak-256 of a message; 65 bytes, the recovery id last.
func (k Key) sign(message []byte) ([]byte, error) {
	signature, err := crypto.Sign(crypto.Keccak256(message), k.private)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signature, nil
}

// SignDigest signs a 32-byte digest as it stands, as an EVM transaction wants
// it; 65 bytes, the recovery id (0 or 1) last.
func (k Key) SignDigest(digest [32]byte) ([]byte, error) {
	signature, err := crypto.Sign(digest[:], k.private)
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return signature, nil
}
