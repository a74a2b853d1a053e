package app

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The EVM chain id goes into every Ethereum signature, but it is not part of
// genesis: upstream reads it from app.toml, and a node with another number there
// would recover other senders and fork silently. Here it follows from the Cosmos
// chain id by this table, compiled into the binary.
//
//	zg-1             7240001              main network
//	zg-testnet-N     7250000 + N          public test networks
//	zg-devnet-N      7260000 + N          private networks, N from 1 to 9999
//	zg-ibctest-N     7259999              tests with several chains in one process
//
// The last row gives one number to many chains: x/vm keeps its chain id in
// process globals, so chains in one process must share it. Never use it outside
// of tests, signatures would be valid on each of them.
const (
	evmChainIDMain    = 7240001
	evmChainIDTestnet = 7250000
	evmChainIDDevnet  = 7260000
	evmChainIDIBCTest = 7259999
	maxNetworkNumber  = 9999
)

// DefaultChainID is the chain id of `zgd init` without --chain-id.
const DefaultChainID = "zg-devnet-1"

var (
	// ErrUnknownChainID says that the table has no row for a chain id.
	ErrUnknownChainID = errors.New("unknown chain id")
	// ErrEVMChainIDMismatch says that a setting contradicts the table.
	ErrEVMChainIDMismatch = errors.New("EVM chain id mismatch")
)

// EVMChainID is the EVM chain id of a Cosmos chain id.
func EVMChainID(chainID string) (uint64, error) {
	if chainID == "zg-1" {
		return evmChainIDMain, nil
	}
	for _, row := range []struct {
		prefix string
		base   uint64
		shared bool
	}{
		{"zg-testnet-", evmChainIDTestnet, false},
		{"zg-devnet-", evmChainIDDevnet, false},
		{"zg-ibctest-", evmChainIDIBCTest, true},
	} {
		suffix, found := strings.CutPrefix(chainID, row.prefix)
		if !found {
			continue
		}
		n, err := strconv.ParseUint(suffix, 10, 64)
		if err != nil || n == 0 || n > maxNetworkNumber || suffix != strconv.FormatUint(n, 10) {
			return 0, fmt.Errorf("%w %q: the number after %q must be 1 to %d", ErrUnknownChainID, chainID, row.prefix, maxNetworkNumber)
		}
		if row.shared {
			return row.base, nil
		}
		return row.base + n, nil
	}
	return 0, fmt.Errorf("%w %q: want zg-1, zg-testnet-N or zg-devnet-N (the table is compiled into %s, app/chainid.go)", ErrUnknownChainID, chainID, Name)
}

// CheckEVMChainID compares a configured EVM chain id with the table and returns
// the table's. Zero means "not configured".
func CheckEVMChainID(chainID string, configured uint64) (uint64, error) {
	want, err := EVMChainID(chainID)
	if err != nil {
		return 0, err
	}
	if configured != 0 && configured != want {
		return 0, fmt.Errorf("%w: evm.evm-chain-id is %d in app.toml or the flag, want %d for chain id %q: remove the setting, or use the right genesis",
			ErrEVMChainIDMismatch, configured, want, chainID)
	}
	return want, nil
}

// IsDevelopment says whether a chain id is of a private network or of tests. Such
// a chain may use the small shapes of data availability, which no stake of value
// should stand behind.
func IsDevelopment(chainID string) bool {
	id, err := EVMChainID(chainID)
	return err == nil && (id == evmChainIDIBCTest || id > evmChainIDDevnet && id <= evmChainIDDevnet+maxNetworkNumber)
}
