package evmrpc

import (
	"runtime"
	"strings"
)

// web3API replaces web3_clientVersion.
type web3API struct{ version string }

// ClientVersion is one line, as tools split it: name/version/os-arch/language.
func (w *web3API) ClientVersion() string { return clientVersion(w.version) }

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
