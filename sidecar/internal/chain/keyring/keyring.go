// Package keyring reads keys stored as by `zgd keys`. It is apart from package
// chain because the SDK's keyring starts goroutines that a daemon has no use for.
package keyring

import (
	"errors"
	"fmt"
	"io"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdkkeyring "github.com/cosmos/cosmos-sdk/crypto/keyring"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmhd "github.com/cosmos/evm/crypto/hd"

	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// ErrNoKey says that a keyring has no key of a name.
var ErrNoKey = errors.New("no such key")

// service is the name zgd stores its keys under, so that both see the
// same ones.
const service = "zgd"

// Place is where named keys are stored, as by `zgd keys`.
type Place struct {
	Backend string // os, file, kwallet, pass or test
	Dir     string // home of zgd
	// Prompt answers the backend's question for a passphrase.
	Prompt io.Reader
}

// Load reads a named eth_secp256k1 key of a keyring.
func Load(where Place, name string) (chain.Key, error) {
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	registry.RegisterImplementations((*cryptotypes.PubKey)(nil), &ethsecp256k1.PubKey{})
	registry.RegisterImplementations((*cryptotypes.PrivKey)(nil), &ethsecp256k1.PrivKey{})
	ring, err := sdkkeyring.New(service, where.Backend, where.Dir, where.Prompt, codec.NewProtoCodec(registry), evmhd.EthSecp256k1Option())
	if err != nil {
		return chain.Key{}, fmt.Errorf("keyring %s in %s: %w", where.Backend, where.Dir, err)
	}
	record, err := ring.Key(name)
	if errors.Is(err, sdkerrors.ErrKeyNotFound) {
		return chain.Key{}, fmt.Errorf("keyring %s in %s key %q: %w: `zgd keys list` shows them", where.Backend, where.Dir, name, ErrNoKey)
	}
	if err != nil {
		return chain.Key{}, fmt.Errorf("keyring %s in %s, key %q: %w", where.Backend, where.Dir, name, err)
	}
	local := record.GetLocal()
	if local == nil {
		return chain.Key{}, fmt.Errorf("key %q lies in a ledger or is a public key only: zg signs with keys stored in the keyring", name)
	}
	private, ok := local.PrivKey.GetCachedValue().(*ethsecp256k1.PrivKey)
	if !ok {
		return chain.Key{}, fmt.Errorf("key %q is no eth_secp256k1 key: make one with `zgd keys add`", name)
	}
	return chain.NewKey(private.Key)
}
