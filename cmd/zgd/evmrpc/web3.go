package evmrpc

import (
	"runtime"
	"strings"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// web3API replaces web3_clientVersion and web3_sha3.
type web3API struct{ version string }

// ClientVersion is one line, as tools split it: name/version/os-arch/language.
func (w *web3API) ClientVersion() string { return clientVersion(w.version) }

// Sha3 is the Keccak-256 of the bytes; upstream hashes the letters of their hex.
func (w *web3API) Sha3(input hexutil.Bytes) hexutil.Bytes { return crypto.Keccak256(input) }

func clientVersion(version string) string {
	version = strings.TrimSpace(version)
	if version == "" {
		version = "devel"
	}
	if version[0] >= '0' && version[0] <= '9' && strings.Contains(version, ".") {
		version = "v" + version
	}
	return "zgd/" + version + "/" + runtime.GOOS + "-" + runtime.GOARCH + "/" + runtime.Version()
}
