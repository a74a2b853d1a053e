package nodeconfig_test

import (
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
)

func TestANewNodeListensOnLoopbackExceptForItsPeers(t *testing.T) {
	c, comet := nodeconfig.App(0), nodeconfig.Comet()
	for name, address := range map[string]string{
		"json-rpc.address": c.JSONRPC.Address, "json-rpc.ws-address": c.JSONRPC.WsAddress, "json-rpc.metrics-address": c.JSONRPC.MetricsAddress,
		"evm.geth-metrics-address": c.EVM.GethMetricsAddress, "api.address": c.API.Address, "grpc.address": c.GRPC.Address,
		"rpc.laddr": comet.RPC.ListenAddress, "prometheus": comet.Instrumentation.PrometheusListenAddr,
	} {
		host, _, err := net.SplitHostPort(address[strings.LastIndex(address, "/")+1:])
		require.NoError(t, err, name)
		ip := net.ParseIP(host)
		require.True(t, host == "localhost" || ip != nil && ip.IsLoopback(), "%s listens on %s", name, address)
	}
	require.Empty(t, comet.RPC.PprofListenAddress)
}

func TestJSONRPCServesNoKeysAndNoTracesUnlessAsked(t *testing.T) {
	c := nodeconfig.App(0)
	require.Equal(t, []string{"eth", "net", "web3", "txpool"}, c.JSONRPC.API)
	require.False(t, c.JSONRPC.AllowInsecureUnlock)
	require.False(t, c.JSONRPC.EnableProfiling)
	require.False(t, slices.Contains(c.JSONRPC.WSOrigins, "*"), "any page could open a WebSocket: %v", c.JSONRPC.WSOrigins)
	require.Positive(t, c.JSONRPC.LogsCap)
	require.Positive(t, c.JSONRPC.BlockRangeCap)
	require.Positive(t, c.JSONRPC.GasCap)
}
