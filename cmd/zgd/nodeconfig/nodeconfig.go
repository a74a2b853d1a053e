// Package nodeconfig holds what a new node's app.toml and config.toml say.
//
// The defaults of the libraries disagree with each other (config.toml says
// mempool "flood", the app wants "app") and with a node on the internet (key
// unlocking allowed, REST off, no snapshots). Everything that must fit together
// is set here and nowhere else.
package nodeconfig

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	cmtcfg "github.com/cometbft/cometbft/config"

	evmconfig "github.com/cosmos/evm/server/config"

	sdkconfig "github.com/cosmos/cosmos-sdk/server/config"

	"github.com/zgd-network/zgd/app"
)

// Defaults of timing and of state sync.
const (
	// DefaultTimeoutCommit is the pause after a commit: the block time, nearly.
	DefaultTimeoutCommit = time.Second
	// ReapInterval is how often CometBFT takes new transactions out of the app's
	// pool to gossip them. At its default of 500 ms a transaction given to a
	// node that is not the proposer misses several short blocks.
	ReapInterval = 50 * time.Millisecond
	// GossipSleep is how long a peer's consensus gossip rests when it had nothing
	// to send. At its default of 100 ms a proposal or a vote waits that long at
	// each hop, which on four local validators is more than half of a short block.
	GossipSleep = 10 * time.Millisecond

	snapshotIntervalBlocks = 1000
	snapshotKeepRecent     = 2
	prometheusRetentionS   = 600
	feeHistoryCapBlocks    = 1024
	iavlCacheNodes         = 100_000 // the SDK's 781 250 is 1.5 GiB on a busy chain
	maxNativeTxs           = 5000    // waiting in the pool; 0 would not bound a flood
)

// AppConfig is the content of app.toml.
type AppConfig struct {
	sdkconfig.Config `mapstructure:",squash"`

	EVM     evmconfig.EVMConfig     `mapstructure:"evm"`
	JSONRPC evmconfig.JSONRPCConfig `mapstructure:"json-rpc"`
	TLS     evmconfig.TLSConfig     `mapstructure:"tls"`
}

// AppTemplate renders an AppConfig as app.toml.
const AppTemplate = sdkconfig.DefaultConfigTemplate + evmconfig.DefaultEVMConfigTemplate

// App is app.toml of a node of the chain with this EVM chain id; zero leaves it
// to the table in the binary.
func App(evmChainID uint64) AppConfig {
	c := AppConfig{
		Config:  *sdkconfig.DefaultConfig(),
		EVM:     *evmconfig.DefaultEVMConfig(),
		JSONRPC: *evmconfig.DefaultJSONRPCConfig(),
		TLS:     *evmconfig.DefaultTLSConfig(),
	}
	c.MinGasPrices = "0" + app.BaseDenom // the chain's own floor is the fee market's
	c.Mempool.MaxTxs = maxNativeTxs      // the EVM pool has slots of its own
	c.IAVLCacheSize = iavlCacheNodes
	c.StateSync.SnapshotInterval = snapshotIntervalBlocks
	c.StateSync.SnapshotKeepRecent = snapshotKeepRecent

	c.API.Enable = true
	c.API.Swagger = true
	c.GRPC.Enable = true
	c.GRPCWeb.Enable = true
	telemetry := &c.Telemetry //lint:ignore SA1019 /metrics of the REST port still comes from this table
	telemetry.Enabled = true
	telemetry.ServiceName = app.Name
	telemetry.PrometheusRetentionTime = prometheusRetentionS

	c.EVM.EVMChainID = evmChainID
	c.EVM.MinTip = 0
	c.JSONRPC.Enable = true
	c.JSONRPC.API = []string{"eth", "net", "web3", "txpool"} // no personal, no debug
	c.JSONRPC.AllowInsecureUnlock = false
	c.JSONRPC.FeeHistoryCap = feeHistoryCapBlocks
	// cosmos/evm's own indexer stops for good at the first block it cannot fetch,
	// which is block 1 on a node that was state-synced; CometBFT's answers instead.
	c.JSONRPC.EnableIndexer = false
	return c
}

// Comet is config.toml of a node.
func Comet() *cmtcfg.Config {
	c := cmtcfg.DefaultConfig()
	c.Mempool.Type = cmtcfg.MempoolTypeApp
	c.Mempool.ReapInterval = ReapInterval
	c.Consensus.TimeoutCommit = DefaultTimeoutCommit
	c.Consensus.PeerGossipSleepDuration = GossipSleep
	c.P2P.FlushThrottleTimeout = 10 * time.Millisecond
	c.Instrumentation.Prometheus = true
	c.Instrumentation.PrometheusListenAddr = "127.0.0.1:26660"
	c.RPC.PprofListenAddress = "" // profiles are asked for, not served
	return c
}

// EnsureComet writes config.toml into a home that has none. The SDK would write
// it, too, but takes a value that equals CometBFT's default for one that nobody
// chose and puts its own there: 5 s of timeout_commit for our 1 s, and an open
// profiler.
func EnsureComet(home string) error {
	path := filepath.Join(home, "config", "config.toml")
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, dir := range []string{"config", "data"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o700); err != nil {
			return fmt.Errorf("node directory: %w", err)
		}
	}
	cmtcfg.WriteConfigFile(path, Comet())
	return nil
}
