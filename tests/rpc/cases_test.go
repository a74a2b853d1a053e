//go:build e2e

package rpc

import (
	"encoding/json"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
)

// Values of cases.
const (
	nobody   = "0x1111111111111111111111111111111111111111"
	another  = "0x2222222222222222222222222222222222222222"
	nowhere  = "0x4444444444444444444444444444444444444444"
	zeroHash = "0x0000000000000000000000000000000000000000000000000000000000000000"
	noHash   = "0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddeaddead"

	// returns NUMBER, TIMESTAMP, COINBASE, BASEFEE and GASLIMIT
	surroundings = "0x436000524260205241604052486060524560805260a06000f3"
	// reverts with its calldata
	thrower = "0x3660006000373660" + "00fd"
	// Error("no") as solidity encodes it
	errorNo = "0x08c379a0" + "0000000000000000000000000000000000000000000000000000000000000020" +
		"0000000000000000000000000000000000000000000000000000000000000002" + "6e6f000000000000000000000000000000000000000000000000000000000000"
)

// inBlock are the names that differ because the chains have different blocks.
var inBlock = []string{"blockHash", "blockNumber", "blockTimestamp", "effectiveGasPrice", "gasPrice"}

func chainCases() []entry {
	return []entry{
		{method: "eth_chainId", params: with(), want: equal, schema: "uint"},
		{method: "net_version", params: with(), want: equal, schema: "string"},
		{method: "net_listening", params: with(), want: equal, schema: "boolean"},
		{method: "web3_clientVersion", params: with(), want: differs, reason: "the program's name", schema: "clientVersion"},
		{method: "web3_sha3", params: with("0x68656c6c6f"), want: equal, schema: "hash32"},
		{method: "eth_blockNumber", params: with(), want: differs, reason: "another chain", schema: "uint"},
		{method: "eth_syncing", params: with(), want: equal, schema: "syncing"},
		{method: "eth_accounts", params: with(), want: differs, reason: "empty: the node holds no keys", schema: "addresses"},
		{method: "eth_coinbase", params: with(), want: differs, reason: "the latest block's proposer", schema: "address"},
		{method: "eth_mining", params: with(), want: differs, reason: "false: validators make blocks", schema: "boolean"},
		{method: "eth_hashrate", params: with(), want: equal, schema: "uint"},
		{method: "eth_gasPrice", params: with(), want: differs, reason: "the chain's own base fee and tip", schema: "uint"},
		{method: "eth_maxPriorityFeePerGas", params: with(), want: differs, reason: "an eighth of the base fee", schema: "uint"},
		{method: "eth_blobBaseFee", params: with(), want: equal, schema: "uint"},
		{method: "eth_feeHistory", params: with("0x2", "latest", []any{25, 75}), want: differs, reason: "another chain", schema: "feeHistory"},
		{method: "eth_feeHistory", what: "more blocks than there are", params: with("0x1000", "latest", []any{}), want: differs, reason: "clamped to json-rpc.feehistory-cap and to the first block", schema: "feeHistory"},
		{method: "eth_feeHistory", what: "percentiles falling", params: with("0x2", "latest", []any{75, 25}), want: differs, reason: "-32000 with geth's words"},
	}
}

func stateCases() []entry {
	cases := []entry{
		{method: "eth_getCode", params: func(w *world, _ endpoint) []any { return []any{w.contract, "latest"} }, want: equal, schema: "bytes"},
		{method: "eth_getStorageAt", params: func(w *world, _ endpoint) []any { return []any{w.contract, "0x0", "latest"} }, want: equal, schema: "bytes32"},
		{method: "eth_getStorageAt", what: "a key of 33 bytes", params: with(nobody, "0x"+strings.Repeat("11", 33), "latest"), want: equal},
		{method: "eth_getTransactionCount", params: func(w *world, _ endpoint) []any { return []any{w.address(9), "latest"} }, want: equal, schema: "uint"},
		{method: "eth_getBalance", what: "of nobody", params: with(nobody, "latest"), want: equal, schema: "uint"},
		{method: "eth_getBalance", what: "without a block", params: with(nobody), want: differs, reason: "the latest, as geth; anvil wants it named", schema: "uint"},
		{method: "eth_getBalance", what: "at a block to come", params: with(nobody, "0xffffff"), want: differs, reason: "-32000 header not found, as geth"},
		{method: "eth_getBalance", what: "at an unknown block hash", params: with(nobody, map[string]any{"blockHash": noHash}), want: differs, reason: "-32000 header not found, as geth"},
		{method: "eth_getBalance", what: "of no address", params: with("0x12", "latest"), want: equal},
		{method: "eth_getProof", params: func(w *world, _ endpoint) []any { return []any{w.contract, []string{"0x0"}, "latest"} }, want: differs, reason: "ICS-23 proofs over IAVL, storageHash zero", schema: "proof"},
	}
	for _, tag := range []string{"latest", "pending", "safe", "finalized", "earliest"} {
		cases = append(cases, entry{method: "eth_getBalance", what: tag, params: func(w *world, _ endpoint) []any { return []any{w.address(5), tag} }, want: equal, schema: "uint"})
	}
	return cases
}

func executionCases() []entry {
	word := common.HexToHash("0x77").Hex()
	echoCall := func(w *world, _ endpoint) []any {
		return []any{map[string]any{"from": w.address(5), "to": w.contract, "data": word}, "latest"}
	}
	thrown := map[string]any{nowhere: map[string]any{"code": thrower}}
	calls := func(v any) any {
		var out []any
		for _, block := range v.([]any) {
			out = append(out, block.(map[string]any)["calls"])
		}
		return out
	}
	simulation := map[string]any{"traceTransfers": true, "blockStateCalls": []any{
		map[string]any{
			"stateOverrides": map[string]any{nobody: map[string]any{"balance": "0xde0b6b3a7640000"}, nowhere: map[string]any{"code": echo}},
			"calls": []any{
				map[string]any{"from": nobody, "to": another, "value": "0x10"},
				map[string]any{"from": nobody, "to": nowhere, "data": word, "value": "0x1"},
			},
		},
		map[string]any{"calls": []any{map[string]any{"from": nobody, "to": nowhere, "data": word}}},
	}}
	return []entry{
		{method: "eth_call", params: echoCall, want: equal, schema: "bytes"},
		{method: "eth_call", what: "a revert with a reason", params: with(map[string]any{"to": nowhere, "data": errorNo}, "latest", thrown), want: equal},
		{method: "eth_call", what: "a revert with bytes", params: with(map[string]any{"to": nowhere, "data": "0x12345678"}, "latest", thrown), want: equal},
		{method: "eth_call", what: "a balance overridden", params: with(map[string]any{"from": nobody, "to": another, "value": "0x5"}, "latest", map[string]any{nobody: map[string]any{"balance": "0x5"}}), want: equal, schema: "bytes"},
		{method: "eth_call", what: "a block overridden", params: with(map[string]any{"data": surroundings}, "latest", map[string]any{}, map[string]any{
			"number": "0x1234", "time": "0x77777777", "feeRecipient": nobody, "baseFeePerGas": "0x5", "gasLimit": "0x2000000",
		}), want: equal, schema: "bytes"},
		{method: "eth_call", what: "prevRandao overridden", params: with(map[string]any{"data": surroundings}, "latest", map[string]any{}, map[string]any{"prevRandao": zeroHash}), want: differs, reason: "-32602: PREVRANDAO has one value on this chain"},
		{method: "eth_call", what: "an invalid opcode", params: with(map[string]any{"data": "0xfe"}, "latest"), want: differs, reason: "-32000 invalid opcode: INVALID, as geth"},
		{method: "eth_call", what: "without end", params: with(map[string]any{"data": "0x5b600056"}, "latest"), want: differs, reason: "-32000 out of gas, as geth"},
		{method: "eth_call", what: "at a block to come", params: with(map[string]any{"to": nobody}, "0xffffff"), want: differs, reason: "-32000 header not found, as geth"},
		{method: "eth_estimateGas", what: "a transfer", params: with(map[string]any{"from": nobody, "to": another}), want: equal, schema: "uint"},
		{method: "eth_estimateGas", what: "a call", params: echoCall, want: equal, schema: "uint"},
		{method: "eth_estimateGas", what: "a revert with a reason", params: with(map[string]any{"to": nowhere, "data": errorNo}, "latest", thrown), want: equal},
		{method: "eth_createAccessList", params: echoCall, want: equal, schema: "accessListResult"},
		{method: "eth_simulateV1", params: with(simulation, "latest"), want: equal, reason: "the calls", schema: "simulation", view: calls, ignore: append([]string{"transactionHash", "data", "message", "maxUsedGas"}, inBlock...)},
		{method: "eth_simulateV1", what: "a revert", params: with(map[string]any{"blockStateCalls": []any{map[string]any{"stateOverrides": thrown, "calls": []any{map[string]any{"from": nobody, "to": nowhere, "data": errorNo}}}}}, "latest"),
			want: differs, reason: "error code 3 as execution-apis, anvil -3200; this EVM checks the calldata floor of EIP-7623 but does not charge it", schema: "simulation"},
		{method: "eth_simulateV1", what: "no blocks", params: with(map[string]any{"blockStateCalls": []any{}}, "latest"), want: differs, reason: "-32602 empty input, as geth"},
		{method: "eth_simulateV1", what: "numbers falling", params: with(map[string]any{"blockStateCalls": []any{map[string]any{"blockOverrides": map[string]any{"number": "0x1"}}}}, "latest"), want: differs, reason: "-38020, as execution-apis; anvil takes it"},
		{method: "eth_simulateV1", what: "too many blocks", params: with(map[string]any{"blockStateCalls": []any{map[string]any{"blockOverrides": map[string]any{"number": "0xffffff"}}}}, "latest"), want: differs, reason: "-38026, as execution-apis; anvil takes it"},
	}
}

func transactionCases() []entry {
	var cases []entry
	for _, kind := range []string{"create", "legacy", "list", "dynamic", "reverts"} {
		hash := func(w *world, _ endpoint) []any { return []any{w.txs[kind].Hash()} }
		cases = append(cases,
			entry{method: "eth_getTransactionByHash", what: kind, params: hash, want: equal, schema: "transaction", ignore: inBlock},
			entry{method: "eth_getTransactionReceipt", what: kind, params: hash, want: equal, schema: "receipt", ignore: append([]string{"blobGasPrice", "blobGasUsed"}, inBlock...)},
			entry{method: "eth_getRawTransactionByHash", what: kind, params: hash, want: equal, schema: "bytes"},
		)
	}
	inMined := func(index string) func(w *world, e endpoint) []any {
		return func(w *world, e endpoint) []any { return []any{w.minedIn(e, "list")["blockHash"], index} }
	}
	at := func(index string) func(w *world, e endpoint) []any {
		return func(w *world, e endpoint) []any { return []any{w.minedIn(e, "list")["blockNumber"], index} }
	}
	garbage := func(w *world, _ endpoint) []any {
		raw, _ := w.txs["legacy"].MarshalBinary()
		return []any{hexutil.Bytes(raw[:len(raw)-1])}
	}
	used := func(w *world, _ endpoint) []any {
		to := w.address(1)
		raw, _ := w.sign(9, &ethtypes.LegacyTx{Nonce: 1, GasPrice: gweis(21), Gas: 21_000, To: &to}).MarshalBinary()
		return []any{hexutil.Bytes(raw)}
	}
	return append(cases,
		entry{method: "eth_getTransactionByHash", what: "unknown", params: with(noHash), want: equal, schema: "null"},
		entry{method: "eth_getTransactionReceipt", what: "unknown", params: with(noHash), want: equal, schema: "null"},
		entry{method: "eth_getRawTransactionByHash", what: "unknown", params: with(noHash), want: equal, schema: "null"},
		entry{method: "eth_getTransactionByBlockHashAndIndex", params: inMined("0x0"), want: equal, schema: "transaction", ignore: inBlock},
		entry{method: "eth_getTransactionByBlockNumberAndIndex", params: at("0x0"), want: equal, schema: "transaction", ignore: inBlock},
		entry{method: "eth_getTransactionByBlockHashAndIndex", what: "no such index", params: inMined("0x9"), want: equal, schema: "null"},
		entry{method: "eth_getTransactionByBlockHashAndIndex", what: "no such block", params: with(noHash, "0x0"), want: equal, schema: "null"},
		entry{method: "eth_getRawTransactionByBlockHashAndIndex", params: inMined("0x0"), want: equal, schema: "bytes"},
		entry{method: "eth_getRawTransactionByBlockNumberAndIndex", params: at("0x0"), want: equal, schema: "bytes"},
		entry{method: "eth_sendRawTransaction", what: "no transaction", params: with("0x1234"), want: differs, reason: "-32000, as geth"},
		entry{method: "eth_sendRawTransaction", what: "a byte short", params: garbage, want: differs, reason: "-32000, as geth"},
		entry{method: "eth_sendRawTransaction", what: "a used nonce", params: used, want: differs, reason: "-32000 nonce too low, as geth"},
		entry{method: "eth_sendTransaction", params: with(map[string]any{"from": nobody, "to": another}), want: differs, reason: "-32000: the node holds no keys"},
		entry{method: "eth_sign", params: with(nobody, "0x1234"), want: differs, reason: "-32000: the node holds no keys"},
		entry{method: "eth_signTransaction", params: with(map[string]any{"from": nobody, "to": another}), want: unsupported},
		entry{method: "eth_signTypedData_v4", params: with(nobody, map[string]any{}), want: unsupported},
	)
}

// minedIn is the receipt of a transaction.
func (w *world) minedIn(e endpoint, kind string) map[string]any {
	var receipt json.RawMessage
	e.must(&receipt, "eth_getTransactionReceipt", w.txs[kind].Hash())
	return fields(w.t, receipt)
}
