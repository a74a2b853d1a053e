package devnet

import (
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/cosmos/cosmos-sdk/types/bech32"
	"github.com/cosmos/evm/crypto/ethsecp256k1"
	"github.com/cosmos/evm/crypto/hd"
	"github.com/ethereum/go-ethereum/common"
)

// Mnemonic is the phrase that every Ethereum development network uses. Its keys
// are public: they hold nothing outside a devnet.
const Mnemonic = "test test test test test test test test test test test junk"

// bech32Prefix of account addresses, as in app/config.go.
const bech32Prefix = "zg"

// Key numbers of the roles under m/44'/60'/0'/0.
const (
	userAccounts  = 10
	firstMiner    = 1000 // MaxMiners of them, all funded, so that --miners can grow
	firstOperator = 2000 // of validators
	faucetNumber  = 3000
	firstDASigner = 4000
	encoderNumber = 5000
)

// Account is a key of the devnet.
type Account struct {
	Name       string
	Address    string // zg1…
	EVMAddress string // 0x…, the same 20 bytes
	Key        []byte // 32 bytes
}

// deriveAccount returns the account number of the devnet's mnemonic.
func deriveAccount(name string, number int) (Account, error) {
	key, err := hd.EthSecp256k1.Derive()(Mnemonic, "", fmt.Sprintf("m/44'/60'/0'/0/%d", number))
	if err != nil {
		return Account{}, fmt.Errorf("derive account %d: %w", number, err)
	}
	raw := (&ethsecp256k1.PrivKey{Key: key}).PubKey().Address()
	address, err := bech32.ConvertAndEncode(bech32Prefix, raw)
	if err != nil {
		return Account{}, fmt.Errorf("derive account %d: %w", number, err)
	}
	return Account{Name: name, Address: address, EVMAddress: common.BytesToAddress(raw).Hex(), Key: key}, nil
}

// Accounts are the ten of the user, dev0 to dev9.
func Accounts() ([]Account, error) {
	return deriveMany("dev%d", userAccounts, 0)
}

// MinerAccounts pay for the miners' transactions and take their rewards.
func MinerAccounts() ([]Account, error) {
	return deriveMany("miner%d", MaxMiners, firstMiner)
}

// OperatorAccounts hold the stake of n validators.
func OperatorAccounts(n int) ([]Account, error) {
	return deriveMany("validator%d", n, firstOperator)
}

// FaucetAccount pays what the faucet gives.
func FaucetAccount() (Account, error) {
	return deriveAccount("faucet0", faucetNumber)
}

// DASignerAccounts hold the stake and pay the transactions of n signers of data
// availability.
func DASignerAccounts(n int) ([]Account, error) {
	return deriveMany("dasigner%d", n, firstDASigner)
}

// DAEncoderAccount pays for the blobs that the encoder disperses.
func DAEncoderAccount() (Account, error) {
	return deriveAccount(daEncoderName, encoderNumber)
}

func deriveMany(format string, n, first int) ([]Account, error) {
	accounts := make([]Account, n)
	for i := range accounts {
		account, err := deriveAccount(fmt.Sprintf(format, i), first+i)
		if err != nil {
			return nil, err
		}
		accounts[i] = account
	}
	return accounts, nil
}

// writeKeyFiles lays the keys into home/keys, one line of hex each, readable by
// their owner alone.
func writeKeyFiles(home string, accounts []Account) error {
	if err := os.MkdirAll(filepath.Join(home, "keys"), 0o700); err != nil {
		return fmt.Errorf("key files: %w", err)
	}
	for _, account := range accounts {
		text := hex.EncodeToString(account.Key) + "\n"
		if err := os.WriteFile(keyFile(home, account.Name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("key files: %w", err)
		}
	}
	return nil
}
