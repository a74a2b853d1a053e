package testnet_test

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/viper"
	"github.com/stretchr/testify/require"

	cmtcfg "github.com/cometbft/cometbft/config"

	"cosmossdk.io/log/v2"
	sdkmath "cosmossdk.io/math"

	abci "github.com/cometbft/cometbft/abci/types"
	dbm "github.com/cosmos/cosmos-db"
	evmconfig "github.com/cosmos/evm/server/config"

	"github.com/cosmos/cosmos-sdk/codec"
	sdk "github.com/cosmos/cosmos-sdk/types"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/cmd/zgd/nodeconfig"
	"github.com/zgd-network/zgd/cmd/zgd/testnet"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

func TestWrittenNetworkFitsTogetherAndStarts(t *testing.T) {
	alice := apptest.NewAccount("alice")
	coins := sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewInt(12345)))
	network, err := testnet.Init(testnet.Options{
		OutputDir: t.TempDir(), ChainID: "zg-devnet-3", Validators: 3, BlockTime: 250 * time.Millisecond,
		Operators: [][]byte{apptest.NewAccount("a").Key.Key, apptest.NewAccount("b").Key.Key, apptest.NewAccount("c").Key.Key},
		Accounts: []testnet.Account{
			{Name: "alice", Address: alice.Address.String(), Coins: coins},
			{Name: "alice by her other address", Address: alice.EVM.Hex(), Coins: coins},
		},
		Genesis: []testnet.GenesisMutator{func(cdc codec.Codec, state app.GenesisState) error {
			var flow flowtypes.GenesisState
			cdc.MustUnmarshalJSON(state[flowtypes.ModuleName], &flow)
			flow.Params.BlocksPerEpoch = 7
			state[flowtypes.ModuleName] = cdc.MustMarshalJSON(&flow)
			return nil
		}},
	})
	require.NoError(t, err)
	require.EqualValues(t, 7260003, network.EVMChainID)
	require.Len(t, network.Nodes, 3)
	require.Equal(t, apptest.NewAccount("b").Address.String(), network.Nodes[1].Operator)

	ports, genesis := map[string]string{}, []byte(nil)
	for _, node := range network.Nodes {
		checkSettings(t, node, ports)
		raw, err := os.ReadFile(filepath.Join(node.Home, "config", "genesis.json"))
		require.NoError(t, err)
		require.True(t, genesis == nil || bytes.Equal(genesis, raw), "every node has the same genesis")
		genesis = raw
	}
	startFrom(t, filepath.Join(network.Nodes[0].Home, "config", "genesis.json"), alice)
}

// checkSettings reads a node's files as `zgd start` does.
func checkSettings(t *testing.T, node testnet.Node, ports map[string]string) {
	t.Helper()
	v := viper.New()
	for _, file := range []string{"config", "app"} {
		v.SetConfigFile(filepath.Join(node.Home, "config", file+".toml"))
		require.NoError(t, v.MergeInConfig(), file)
	}
	comet := cmtcfg.DefaultConfig()
	require.NoError(t, v.Unmarshal(comet))
	settings, err := evmconfig.GetConfig(v)
	require.NoError(t, err)
	require.NoError(t, settings.ValidateBasic())
	require.NoError(t, evmconfig.ValidateCrossConfig(comet, &settings))
	require.Equal(t, 250*time.Millisecond, comet.Consensus.TimeoutCommit)
	require.Equal(t, nodeconfig.ReapInterval, comet.Mempool.ReapInterval)
	require.Equal(t, nodeconfig.GossipSleep, comet.Consensus.PeerGossipSleepDuration)
	require.Equal(t, 2, strings.Count(comet.P2P.PersistentPeers, "@"))
	require.NotContains(t, settings.JSONRPC.API, "personal")
	require.False(t, settings.JSONRPC.AllowInsecureUnlock)
	require.EqualValues(t, 1000, settings.StateSync.SnapshotInterval)
	require.EqualValues(t, 7260003, settings.EVM.EVMChainID)
	for name, address := range map[string]string{
		"p2p": comet.P2P.ListenAddress, "rpc": comet.RPC.ListenAddress, "metrics": comet.Instrumentation.PrometheusListenAddr,
		"grpc": settings.GRPC.Address, "rest": settings.API.Address, "evm": settings.JSONRPC.Address, "evm-ws": settings.JSONRPC.WsAddress,
		"evm-metrics": settings.JSONRPC.MetricsAddress, "geth-metrics": settings.EVM.GethMetricsAddress,
	} {
		host, port, err := net.SplitHostPort(strings.TrimPrefix(address, "tcp://"))
		require.NoError(t, err, name)
		require.Equal(t, "127.0.0.1", host, "%s of %s", name, node.Name)
		require.Empty(t, ports[port], "%s of %s listens where another does", name, node.Name)
		ports[port] = node.Name + " " + name
	}
}

// startFrom makes the first block of the written genesis.
func startFrom(t *testing.T, path string, alice apptest.Account) {
	t.Helper()
	genesis, err := genutiltypes.AppGenesisFromFile(path)
	require.NoError(t, err)
	chain, err := app.New(app.Options{
		Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: genesis.ChainID, LoadLatest: true, AppOptions: noMempool{},
	})
	require.NoError(t, err)
	params := genesis.Consensus.Params.ToProto()
	require.EqualValues(t, app.BlockMaxGas, params.Block.MaxGas)
	started, err := chain.InitChain(&abci.RequestInitChain{
		ChainId: genesis.ChainID, Time: genesis.GenesisTime, ConsensusParams: &params, InitialHeight: 1, AppStateBytes: genesis.AppState,
	})
	require.NoError(t, err)
	require.Len(t, started.Validators, 3)
	_, err = chain.FinalizeBlock(&abci.RequestFinalizeBlock{Height: 1, Time: genesis.GenesisTime, Hash: make([]byte, 32)})
	require.NoError(t, err)
	_, err = chain.Commit()
	require.NoError(t, err)
	ctx, err := chain.CreateQueryContext(1, false)
	require.NoError(t, err)
	require.Equal(t, "24690", chain.BankKeeper.GetBalance(ctx, alice.Address, app.BaseDenom).Amount.String())
	flow, err := chain.FlowKeeper.Params.Get(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 7, flow.BlocksPerEpoch)
}

type noMempool struct{}

func (noMempool) Get(key string) any {
	if key == "mempool.max-txs" {
		return -1
	}
	return nil
}

func TestBadOptionsAreRefused(t *testing.T) {
	dir := t.TempDir()
	_, err := testnet.Init(testnet.Options{OutputDir: dir})
	require.NoError(t, err)
	for _, c := range []struct {
		name    string
		options testnet.Options
		want    string
	}{
		{"a home that holds a genesis", testnet.Options{OutputDir: dir}, "remove it"},
		{"no directory", testnet.Options{}, "no output directory"},
		{"a chain id that is not in the table", testnet.Options{OutputDir: t.TempDir(), ChainID: "zg-2"}, "unknown chain id"},
		{"fewer operator keys than validators", testnet.Options{OutputDir: t.TempDir(), Validators: 2, Operators: make([][]byte, 1)}, "1 operator keys"},
		{"an address of another chain", testnet.Options{OutputDir: t.TempDir(), Accounts: []testnet.Account{
			{Name: "eve", Address: "cosmos1fl48vsnmsdzcv85q5d2q4z5ajdha8yu34mf0eh"}}}, "account eve"},
	} {
		_, err := testnet.Init(c.options)
		require.ErrorContains(t, err, c.want, c.name)
	}
}

func TestConfigTomlKeepsTheBlockTimeOfTheHouse(t *testing.T) {
	home := t.TempDir()
	require.NoError(t, nodeconfig.EnsureComet(home))
	path := filepath.Join(home, "config", "config.toml")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(raw), `timeout_commit = "1s"`)
	require.NoError(t, os.WriteFile(path, []byte("# edited"), 0o600))
	require.NoError(t, nodeconfig.EnsureComet(home))
	raw, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "# edited", string(raw), "an operator's file stays")
}
