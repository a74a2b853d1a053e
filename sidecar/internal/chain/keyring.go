package chain

import (
	"errors"
	"fmt"
	"io"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmhd "github.com/cosmos/evm/crypto/hd"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
)

// ErrNoKey says that a keyring has no key of a name.
var ErrNoKey = errors.New("no such key")

// keyringService is the name zgd stores its keys under, so that both see the
// same ones.
const keyringService = "zgd"

// Keyring is where named keys are stored, as by `zgd keys`.
type Keyring struct {
	Backend string // os, file, kwallet, pass or test
	Dir     string // home of zgd
	// Prompt answers the backend's question for a passphrase.
	Prompt io.Reader
}

// LoadKeyringKey reads a named eth_secp256k1 key of a keyring.
func LoadKeyringKey(where Keyring, name string) (Key, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	registry.RegisterImplementations((*cryptotypes.PubKey)(nil), &ethsecp256k1.PubKey{})
	registry.RegisterImplementations((*cryptotypes.PrivKey)(nil), &ethsecp256k1.PrivKey{})
	ring, err := keyring.New(keyringService, where.Backend, where.Dir, where.Prompt, codec.NewProtoCodec(registry), evmhd.EthSecp256k1Option())
	if err != nil {
		return Key{}, fmt.Errorf("keyring %s in %s: %w", where.Backend, where.Dir, err)
	}
	record, err := ring.Key(name)
	if errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return Key{}, fmt.Errorf("keyring %s in %s key %q: %w: `zgd keys list` shows them", where.Backend, where.Dir, name, ErrNoKey)
	}
	if err != nil {
		return Key{}, fmt.Errorf("keyring %s in %s, key %q: %w", where.Backend, where.Dir, name, err)
	}
	local := record.GetLocal()
	if local == nil {
		return Key{}, fmt.Errorf("key %q lies in a ledger or is a public key only: zg signs with keys stored in the keyring", name)
	}
	private, ok := local.PrivKey.GetCachedValue().(*ethsecp256k1.PrivKey)
	if !ok {
		return Key{}, fmt.Errorf("key %q is no eth_secp256k1 key: make one with `zgd keys add`", name)
	}
	return NewKey(private.Key)
}
