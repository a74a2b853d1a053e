package contract

import (
	"bytes"
	"fmt"
	"maps"

	"github.com/ethereum/go-ethereum/accounts/abi"
)

// Table is a contract's functions by signature.
type Table = map[string]Function

// Join makes one table of several.
func Join(tables ...Table) Table {
	all := Table{}
	for _, t := range tables {
		maps.Copy(all, t)
	}
	return all
}

// MustABI parses an ABI that is embedded in the binary: a bad one is a mistake of
// the build, so it panics, at start.
func MustABI(name string, raw []byte) abi.ABI {
	parsed, err := abi.JSON(bytes.NewReader(raw))
	if err != nil {
		panic(fmt.Errorf("contract %s: %w", name, err))
	}
	return parsed
}
