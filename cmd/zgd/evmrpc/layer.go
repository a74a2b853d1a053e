package evmrpc

import (
	"fmt"

	ethrpc "github.com/ethereum/go-ethereum/rpc"
	"github.com/spf13/viper"

	"cosmossdk.io/log/v2"

	"github.com/cosmos/evm/rpc"
	"github.com/cosmos/evm/rpc/backend"
	"github.com/cosmos/evm/rpc/stream"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/server"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/cmd/zgd/evmrpc/resultcache"
)

// Layer joins what a node starts in three places: the settings of its command,
// the chain it builds, and the services that upstream's server asks for last.
type Layer struct {
	version  string // of the program, for web3_clientVersion
	settings settings
	chain    *app.App
	logger   log.Logger
}

// New prepares a layer for the program of this version.
func New(version string) *Layer { return &Layer{version: version} }

// SetChain gives the layer the chain that the node runs.
func (l *Layer) SetChain(chain *app.App) { l.chain = chain }

// Install takes the settings of JSON-RPC over from upstream. It has to be
// called before the node starts, and once in a process.
func (l *Layer) Install(v *viper.Viper) error {
	var err error
	if l.settings, err = takeSettings(v); err != nil {
		return err
	}
	return rpc.RegisterAPINamespace(Namespace, l.services)
}

// services is what upstream's HTTP server serves. It is called once, when the
// node runs; our WebSocket server starts with the same services.
func (l *Layer) services(ctx *server.Context, clientCtx client.Context, events *stream.RPCStream, b backend.BackendI) []ethrpc.API {
	l.logger = ctx.Logger.With("module", "evmrpc")
	upstream, ok := b.(*backend.Backend)
	if !ok || l.chain == nil {
		panic(fmt.Sprintf("JSON-RPC: backend is %T and chain is %t, want *backend.Backend and a chain", b, l.chain != nil))
	}
	upstream.QueryClient = useLocalQueries(upstream.QueryClient, &localConn{route: l.chain.GRPCQueryRouter().Route, state: l.state, last: l.chain.LastBlockHeight})
	if upstream.Indexer == nil { // unless json-rpc.enable-indexer keeps one on disk
		upstream.Indexer = newRecentIndex(upstream, l.chain.LastBlockHeight, l.logger)
	}
	upstream.RPCClient = resultcache.New(upstream.RPCClient, resultcache.DefaultBytes)
	apis := rpc.BuildRPCs(l.settings.namespaces, ctx, clientCtx, events, b)
	apis = append(apis, l.overrides(upstream, events, apis)...)
	if err := l.serveWebsocket(apis, upstream.Cfg); err != nil {
		panic(fmt.Sprintf("JSON-RPC: %v", err)) // the creator's signature has no error
	}
	return apis
}

// state opens the committed state of a height. The header is not compared: while
// a block is being committed the chain has none that fits, and clients would see
// an error for a state that is there.
func (l *Layer) state(height int64) (sdk.Context, error) {
	return l.chain.CreateQueryContextWithCheckHeader(height, false, false)
}

// overrides are our services; they come after upstream's and win.
func (l *Layer) overrides(b *backend.Backend, events *stream.RPCStream, theirs []ethrpc.API) []ethrpc.API {
	var apis []ethrpc.API
	add := func(namespace string, service any) {
		for _, name := range l.settings.namespaces {
			if name == namespace {
				apis = append(apis, ethrpc.API{Namespace: namespace, Service: service})
			}
		}
	}
	add(rpc.Web3Namespace, &web3API{version: l.version})
	eth := &ethAPI{backend: b, engine: &engine{
		state: l.state, last: l.chain.LastBlockHeight, keeper: l.chain.EVMKeeper, backend: b, gasCap: b.Cfg.JSONRPC.GasCap,
	}}
	add(rpc.EthNamespace, eth)
	if filters := newFilterAPI(eth, theirs); filters != nil {
		add(rpc.EthNamespace, filters)
	}
	add(rpc.EthNamespace, newSubscriptions(eth, events))
	add(rpc.DebugNamespace, newDebugAPI(eth))
	return apis
}
