package chain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkcodec "github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	cryptocodec "github.com/cosmos/cosmos-sdk/crypto/codec"
	"github.com/cosmos/cosmos-sdk/crypto/keyring"
	cryptotypes "github.com/cosmos/cosmos-sdk/crypto/types"
	"github.com/cosmos/evm/crypto/ethsecp256k1"
	evmhd "github.com/cosmos/evm/crypto/hd"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
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
	ring, err := keyring.New("zgd", keyring.BackendTest, home, strings.NewReader(""), sdkcodec.NewProtoCodec(registry), evmhd.EthSecp256k1Option())
	require.NoError(t, err)
	_, err = ring.NewAccount("alice", testMnemonic, "", "m/44'/60'/0'/0/0", evmhd.EthSecp256k1)
	require.NoError(t, err)

	where := chain.Keyring{Backend: keyring.BackendTest, Dir: home}
	key, err := chain.LoadKeyringKey(where, "alice")
	require.NoError(t, err)
	require.Equal(t, firstAddress, key.EVMAddress())
	_, err = chain.LoadKeyringKey(where, "bob")
	require.ErrorIs(t, err, chain.ErrNoKey)
	_, err = chain.LoadKeyringKey(chain.Keyring{Backend: "paper", Dir: home}, "alice")
	require.ErrorContains(t, err, "paper")
}
