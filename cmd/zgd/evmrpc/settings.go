package evmrpc

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"github.com/cosmos/evm/rpc"
	srvflags "github.com/cosmos/evm/server/flags"
)

// Namespace is the one namespace that upstream's server is told to build.
const Namespace = "zgd"

// parked is where upstream's own WebSocket server goes, which starts whatever
// is configured: a port of the kernel's choice on loopback. Without allowed
// origins it refuses every connection there.
const parked = "127.0.0.1:0"

// served are the namespaces an operator may name. personal and miner are not
// among them: a node holds no keys for JSON-RPC and mines nothing.
var served = []string{rpc.EthNamespace, rpc.NetNamespace, rpc.Web3Namespace, rpc.TxPoolNamespace, rpc.DebugNamespace}

// settings are what app.toml or a flag says and upstream must not see.
type settings struct {
	namespaces []string // of served, without repetition
	wsAddress  string   // host:port
	wsOrigins  []string // host, scheme://host, scheme://host:port or *
}

// takeSettings reads our settings and puts in their place what upstream's
// server shall believe.
func takeSettings(v *viper.Viper) (settings, error) {
	s := settings{
		namespaces: list(v.GetStringSlice(srvflags.JSONRPCAPI)),
		wsAddress:  v.GetString(srvflags.JSONWsAddress),
		wsOrigins:  list(v.GetStringSlice(srvflags.JSONRPCWSOrigins)),
	}
	for _, name := range s.namespaces {
		if !slices.Contains(served, name) {
			return settings{}, fmt.Errorf("json-rpc.api of app.toml names %q: it can hold %s", name, strings.Join(served, ", "))
		}
	}
	v.Set(srvflags.JSONRPCAPI, []string{Namespace})
	v.Set(srvflags.JSONWsAddress, parked)
	v.Set(srvflags.JSONRPCWSOrigins, []string{})
	return s, nil
}

// list flattens what viper makes of "a,b", of a flag's [a,b] and of ["a", "b"].
func list(values []string) []string {
	var out []string
	for _, value := range values {
		for part := range strings.SplitSeq(strings.Trim(value, "[]"), ",") {
			if part = strings.Trim(strings.TrimSpace(part), `"`); part != "" && !slices.Contains(out, part) {
				out = append(out, part)
			}
		}
	}
	return out
}
