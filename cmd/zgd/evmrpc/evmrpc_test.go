package evmrpc

import (
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/eth/filters"
	ethrpc "github.com/ethereum/go-ethereum/rpc"
	"github.com/gorilla/websocket"
	"github.com/spf13/viper"
	"github.com/stretchr/testify/require"

	evmconfig "github.com/cosmos/evm/server/config"
	srvflags "github.com/cosmos/evm/server/flags"
)

func code(t *testing.T, err error) int {
	t.Helper()
	var coded interface{ ErrorCode() int }
	require.True(t, errors.As(err, &coded), "%v has no code", err)
	return coded.ErrorCode()
}

func TestClientVersionIsOneLine(t *testing.T) {
	for given, want := range map[string]string{"": "zgd/devel/", "9c910bc": "zgd/9c910bc/", "0.3.1": "zgd/v0.3.1/", "v1.0.0\n": "zgd/v1.0.0/"} {
		got := clientVersion(given)
		require.True(t, strings.HasPrefix(got, want), "%q gives %q", given, got)
		require.Regexp(t, regexp.MustCompile(`^zgd/[^/\n]+/[a-z0-9]+-[a-z0-9]+/go[0-9.]+\S*$`), got)
	}
}

func TestSha3HashesBytesNotTheirHex(t *testing.T) {
	require.Equal(t, "0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8", (&web3API{}).Sha3(hexutil.Bytes("hello")).String())
}

func TestUpstreamSeesOnlyOurNamespaceAndAParkedListener(t *testing.T) {
	for name, apis := range map[string]any{"app.toml": "eth,net,web3", "flag": []string{"eth", "net", "web3"}, "bracketed": "[eth,net,web3]"} {
		v := viper.New()
		v.Set(srvflags.JSONRPCAPI, apis)
		v.Set(srvflags.JSONWsAddress, "127.0.0.1:8546")
		v.Set(srvflags.JSONRPCWSOrigins, []string{"localhost", "127.0.0.1"})
		s, err := takeSettings(v)
		require.NoError(t, err, name)
		require.Equal(t, settings{namespaces: []string{"eth", "net", "web3"}, wsAddress: "127.0.0.1:8546", wsOrigins: []string{"localhost", "127.0.0.1"}}, s, name)
		require.Equal(t, []string{Namespace}, v.GetStringSlice(srvflags.JSONRPCAPI))
		require.Equal(t, parked, v.GetString(srvflags.JSONWsAddress))
		v.Set("minimum-gas-prices", "0azg") // the SDK wants one
		seen, err := evmconfig.GetConfig(v)
		require.NoError(t, err)
		require.Empty(t, seen.JSONRPC.WSOrigins, "upstream's server accepts connections without an origin unless the list is empty")
	}
}

func TestPersonalAndMinerCannotBeServed(t *testing.T) {
	for _, name := range []string{"personal", "miner", "admin", "engine", "zgd"} {
		v := viper.New()
		v.Set(srvflags.JSONRPCAPI, "eth,"+name)
		_, err := takeSettings(v)
		require.ErrorContains(t, err, name)
	}
}

func TestBlockOverridesHaveTwoNamesForAField(t *testing.T) {
	for _, text := range []string{
		`{"number":"0x5","feeRecipient":"0x1111111111111111111111111111111111111111","baseFeePerGas":"0x7"}`,
		`{"number":"0x5","coinbase":"0x1111111111111111111111111111111111111111","baseFee":"0x7"}`,
	} {
		var o BlockOverrides
		require.NoError(t, json.Unmarshal([]byte(text), &o))
		require.NoError(t, o.check())
		require.Equal(t, int64(5), o.Number.ToInt().Int64())
		require.Equal(t, common.HexToAddress("0x1111111111111111111111111111111111111111"), *o.FeeRecipient)
		require.Equal(t, int64(7), o.BaseFeePerGas.ToInt().Int64())
	}
}

func TestBlockOverridesThatTheChainCannotShowAreInvalidParams(t *testing.T) {
	for _, text := range []string{
		`{"prevRandao":"0x` + strings.Repeat("00", 32) + `"}`, `{"random":"0x` + strings.Repeat("00", 32) + `"}`, `{"blobBaseFee":"0x1"}`,
		`{"beaconRoot":"0x` + strings.Repeat("00", 32) + `"}`, `{"number":"0x0"}`, `{"number":"0x8000000000000000"}`, `{"time":"0x3afff44180"}`,
		`{"gasLimit":"0xffffffffffffffff"}`, `{"baseFeePerGas":"0x1` + strings.Repeat("0", 64) + `"}`,
	} {
		var o BlockOverrides
		err := json.Unmarshal([]byte(text), &o)
		if err == nil {
			err = o.check()
			require.Error(t, err, text)
			require.Equal(t, codeInvalidParams, code(t, err), text)
		}
		require.Error(t, err, text)
	}
	var last BlockOverrides // one second earlier, one number less
	require.NoError(t, json.Unmarshal([]byte(`{"time":"0x3afff4417f","number":"0x7fffffffffffffff"}`), &last))
	require.NoError(t, last.check())
}

func TestSimulatedBlocksRise(t *testing.T) {
	number := func(n int64) *BlockOverrides { return &BlockOverrides{Number: bigOf(n)} }
	at := func(t uint64) *BlockOverrides { return &BlockOverrides{Time: (*hexutil.Uint64)(&t)} }
	blocks, err := arrange([]SimulatedBlock{{BlockOverrides: number(13)}, {}, {BlockOverrides: at(2000)}}, 10, 1000)
	require.NoError(t, err)
	var got [][2]int64
	for _, b := range blocks {
		got = append(got, [2]int64{b.BlockOverrides.Number.ToInt().Int64(), int64(*b.BlockOverrides.Time)})
	}
	require.Equal(t, [][2]int64{{11, 1001}, {12, 1002}, {13, 1003}, {14, 1004}, {15, 2000}}, got)

	_, err = arrange([]SimulatedBlock{{BlockOverrides: number(10)}}, 10, 1000)
	require.Equal(t, codeBlockNumber, code(t, err))
	_, err = arrange([]SimulatedBlock{{BlockOverrides: at(1000)}}, 10, 1000)
	require.Equal(t, codeBlockTime, code(t, err))
	_, err = arrange([]SimulatedBlock{{BlockOverrides: number(10 + maxSimulatedBlocks + 1)}}, 10, 1000)
	require.Equal(t, codeTooMany, code(t, err))
	_, err = arrange([]SimulatedBlock{{BlockOverrides: number(10 + maxSimulatedBlocks)}}, 10, 1000)
	require.NoError(t, err)
}

func TestTransfersStandWhereTheyHappenedAndARevertTakesThemAway(t *testing.T) {
	var logs []*ethtypes.Log
	a, b, value := common.Address{1}, common.Address{2}, big.NewInt(5)
	tracer := &transferTracer{logs: func() []*ethtypes.Log { return logs }}
	require.Nil(t, tracer.hooks(false))
	tracer.enter(0, byte(vm.CALL), a, b, nil, 0, value)
	logs = append(logs, &ethtypes.Log{Address: b})
	tracer.enter(1, byte(vm.CALL), b, a, nil, 0, value)
	tracer.enter(2, byte(vm.DELEGATECALL), a, b, nil, 0, value)
	tracer.exit(2, nil, 0, nil, false)
	tracer.exit(1, nil, 0, nil, true)
	tracer.enter(1, byte(vm.CALL), b, a, nil, 0, value)
	tracer.exit(1, nil, 0, nil, false)
	tracer.exit(0, nil, 0, nil, false)
	merged := tracer.merge(logs)
	require.Len(t, merged, 3)
	require.Equal(t, []common.Address{nativeToken, b, nativeToken}, []common.Address{merged[0].Address, merged[1].Address, merged[2].Address})
	require.Equal(t, common.BytesToHash(b.Bytes()), merged[2].Topics[1])
}

func TestLogCriteriaAreBoundedAsInGeth(t *testing.T) {
	hash := common.Hash{1}
	for name, crit := range map[string]filters.FilterCriteria{
		"five topics":        {Topics: make([][]common.Hash, 5)},
		"1001 alternatives":  {Topics: [][]common.Hash{make([]common.Hash, 1001)}},
		"1001 addresses":     {Addresses: make([]common.Address, 1001)},
		"a hash and a range": {BlockHash: &hash, FromBlock: big.NewInt(1)},
	} {
		require.Equal(t, codeInvalidParams, code(t, checkCriteria(crit)), name)
	}
	require.NoError(t, checkCriteria(filters.FilterCriteria{Topics: make([][]common.Hash, 4), Addresses: make([]common.Address, 1000)}))
}

func TestABloomFilterIsAskedForEveryPosition(t *testing.T) {
	log := &ethtypes.Log{Address: common.Address{7}, Topics: []common.Hash{{1}, {2}}}
	bloom := ethtypes.CreateBloom(&ethtypes.Receipt{Logs: []*ethtypes.Log{log}})
	require.True(t, inBloom(bloom, filters.FilterCriteria{}))
	require.True(t, inBloom(bloom, filters.FilterCriteria{Addresses: []common.Address{{9}, {7}}, Topics: [][]common.Hash{{}, {{3}, {2}}}}))
	require.False(t, inBloom(bloom, filters.FilterCriteria{Addresses: []common.Address{{8}}}))
	require.False(t, inBloom(bloom, filters.FilterCriteria{Addresses: []common.Address{{7}}, Topics: [][]common.Hash{{{3}}}}))
}

func TestStorageKeysMayBeShort(t *testing.T) {
	for _, text := range []string{"0x", "0x0", "0x00", "0X0", "0x" + strings.Repeat("0", 64)} {
		key, err := storageKey(text)
		require.NoError(t, err, text)
		require.Equal(t, common.Hash{}, key)
	}
	for _, text := range []string{"", "0", "0xg", "0x" + strings.Repeat("0", 65)} {
		_, err := storageKey(text)
		require.Equal(t, codeInvalidParams, code(t, err), text)
	}
}

func TestTracesAreBounded(t *testing.T) {
	config, err := bounded(nil)
	require.NoError(t, err)
	require.Equal(t, traceTime.String(), config.Timeout)
	require.EqualValues(t, traceOutput, config.Limit)

	config.Timeout, config.Limit, config.Tracer = "1h", 1<<30, "callTracer"
	config, err = bounded(config)
	require.NoError(t, err)
	require.Equal(t, traceTime.String(), config.Timeout)
	require.EqualValues(t, traceOutput, config.Limit)

	for _, broken := range []func(){func() { config.Tracer = "{}" }, func() { config.Tracer = ""; config.Timeout = "-1s" }, func() { config.Timeout = "soon" }} {
		broken()
		_, err = bounded(config)
		require.Equal(t, codeInvalidParams, code(t, err))
	}
}

func TestPagesOfThisMachineMayOpenAWebSocketAndOthersMayNot(t *testing.T) {
	handler := ethrpc.NewServer().WebsocketHandler([]string{"127.0.0.1", "localhost"}) // the default of a new node
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	for origin, allowed := range map[string]bool{
		"": true, "http://localhost": true, "http://localhost:3000": true, "https://127.0.0.1:5173": true,
		"https://evil.example": false, "http://localhost.evil.example": false, "null": false,
	} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http"), header)
		require.Equal(t, allowed, err == nil, "origin %q: %v", origin, err)
		if err == nil {
			require.NoError(t, conn.Close())
		}
	}
}
