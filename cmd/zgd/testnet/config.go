package testnet

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	cmtcfg "github.com/cometbft/cometbft/config"

	sdkconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
)

const loopback = "127.0.0.1"

// writeConfigs writes app.toml, config.toml and client.toml of every node.
func (w *writer) writeConfigs() error {
	sdkconfig.SetConfigTemplate(nodeconfig.AppTemplate)
	for i, node := range w.nodes {
		comet := w.cometConfig(i)
		if err := comet.ValidateBasic(); err != nil {
			return fmt.Errorf("config.toml of %s: %w", node.Name, err)
		}
		cmtcfg.WriteConfigFile(filepath.Join(node.Home, "config", "config.toml"), comet)
		app := w.appConfig(i)
		if err := app.ValidateBasic(); err != nil {
			return fmt.Errorf("app.toml of %s: %w", node.Name, err)
		}
		sdkconfig.WriteConfigFile(filepath.Join(node.Home, "config", "app.toml"), app)
		if err := w.writeClientConfig(node); err != nil {
			return fmt.Errorf("client.toml of %s: %w", node.Name, err)
		}
	}
	return nil
}

func (w *writer) cometConfig(i int) *cmtcfg.Config {
	node := w.nodes[i]
	c := nodeconfig.Comet()
	c.SetRoot(node.Home)
	c.Moniker = node.Name
	c.Consensus.TimeoutCommit = w.BlockTime
	c.RPC.ListenAddress = fmt.Sprintf("tcp://%s:%d", loopback, node.Ports.CometRPC)
	c.P2P.ListenAddress = fmt.Sprintf("tcp://%s:%d", loopback, node.Ports.P2P)
	c.P2P.AddrBookStrict = false // loopback addresses are not routable
	c.P2P.AllowDuplicateIP = true
	c.P2P.PexReactor = false // the peers are listed
	c.Instrumentation.PrometheusListenAddr = fmt.Sprintf("%s:%d", loopback, node.Ports.CometMetrics)
	var peers []string
	for j, peer := range w.nodes {
		if j != i {
			peers = append(peers, fmt.Sprintf("%s@%s:%d", peer.ID, loopback, peer.Ports.P2P))
		}
	}
	c.P2P.PersistentPeers = strings.Join(peers, ",")
	if w.Comet != nil {
		w.Comet(c)
	}
	return c
}

func (w *writer) appConfig(i int) nodeconfig.AppConfig {
	p := w.nodes[i].Ports
	c := nodeconfig.App(w.evmChainID)
	c.API.Address = fmt.Sprintf("tcp://%s:%d", loopback, p.REST)
	c.GRPC.Address = fmt.Sprintf("%s:%d", loopback, p.GRPC)
	c.JSONRPC.Address = fmt.Sprintf("%s:%d", loopback, p.EVM)
	c.JSONRPC.WsAddress = fmt.Sprintf("%s:%d", loopback, p.EVMWS)
	c.JSONRPC.MetricsAddress = fmt.Sprintf("%s:%d", loopback, p.EVMMetrics)
	c.EVM.GethMetricsAddress = fmt.Sprintf("%s:%d", loopback, p.GethMetrics)
	if w.App != nil {
		w.App(&c)
	}
	return c
}

// writeClientConfig makes tx and query of this home talk to this node.
func (w *writer) writeClientConfig(node Node) error {
	text := nodeconfig.Client(w.ChainID, "test", fmt.Sprintf("tcp://%s:%d", loopback, node.Ports.CometRPC))
	return os.WriteFile(filepath.Join(node.Home, "config", "client.toml"), []byte(text), 0o600)
}
