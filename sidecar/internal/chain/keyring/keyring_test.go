package keyring_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	sdkkeyring "github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmhd "github.com/cosmos/evm/crypto/hd"

	"github.com/zgd-network/zgd/sidecar/internal/chain/keyring"
)

const (
	testMnemonic = "test test test test test test test test test test test junk"
	firstAddress = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266" // known to every Ethereum developer
)

func TestAKeyOfTheKeyringIsTheWalletsAccount(t *testing.T) {
	home := t.TempDir()
	registry := codectypes.NewInterfaceRegistry()
	cryptocodec.RegisterInterfaces(registry)
	registry.RegisterImplementations((*cryptotypes.PubKey)(nil), &ethsecp256k1.PubKey{})
	registry.RegisterImplementations((*cryptotypes.PrivKey)(nil), &ethsecp256k1.PrivKey{})
	ring, err := sdkkeyring.New("zgd", sdkkeyring.BackendTest, home, strings.NewReader(""), sdkcodec.NewProtoCodec(registry), evmhd.EthSecp256k1Option())
	require.NoError(t, err)
	_, err = ring.NewAccount("alice", testMnemonic, "", "m/44'/60'/0'/0/0", evmhd.EthSecp256k1)
	require.NoError(t, err)

	where := keyring.Place{Backend: sdkkeyring.BackendTest, Dir: home}
	key, err := keyring.Load(where, "alice")
	require.NoError(t, err)
	require.Equal(t, firstAddress, key.EVMAddress())
	_, err = keyring.Load(where, "bob")
	require.ErrorIs(t, err, keyring.ErrNoKey)
	_, err = keyring.Load(keyring.Place{Backend: "paper", Dir: home}, "alice")
	require.ErrorContains(t, err, "paper")
}
