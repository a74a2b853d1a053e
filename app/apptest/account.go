package apptest

import (
	"crypto/sha256"
	"fmt"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cosmos/evm/crypto/ethsecp256k1"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Account signs native and Ethereum transactions with one key.
type Account struct {
	Name    string
	Key     *ethsecp256k1.PrivKey
	Address sdk.AccAddress // the same 20 bytes as EVM
	EVM     common.Address
}

// NewAccount derives an account from a name: the same name, the same key. Only
// those in Chain.Accounts hold coins.
func NewAccount(name string) Account {
	seed := sha256.Sum256([]byte("apptest account " + name)) // below the curve order but for 1 in 2^128
	key := &ethsecp256k1.PrivKey{Key: seed[:]}
	address := sdk.AccAddress(key.PubKey().Address())
	return Account{Name: name, Key: key, Address: address, EVM: common.BytesToAddress(address)}
}

func newAccounts(n int) []Account {
	accounts := make([]Account, n)
	for i := range accounts {
		accounts[i] = NewAccount(fmt.Sprintf("user%d", i))
	}
	return accounts
}

// consensusKey is the one validator's.
func consensusKey() *ed25519.PrivKey {
	return ed25519.GenPrivKeyFromSecret([]byte("apptest validator"))
}
