//go:build e2e

package rpc

import "github.com/ethereum/go-ethereum/common"

func blockCases() []entry {
	byHash := func(full bool) func(w *world, e endpoint) []any {
		return func(w *world, e endpoint) []any { return []any{w.minedIn(e, "dynamic")["blockHash"], full} }
	}
	mined := func(name string, more ...any) func(w *world, e endpoint) []any {
		return func(w *world, e endpoint) []any { return append([]any{w.minedIn(e, "dynamic")[name]}, more...) }
	}
	body := func(v any) any {
		block := v.(map[string]any)
		return map[string]any{"transactions": block["transactions"], "gasUsed": block["gasUsed"], "uncles": block["uncles"], "logsBloom": block["logsBloom"], "difficulty": block["difficulty"], "nonce": block["nonce"]}
	}
	logsIn := func(w *world, e endpoint) []any {
		return []any{map[string]any{"blockHash": w.minedIn(e, "dynamic")["blockHash"], "address": w.contract}}
	}
	topics := func(w *world, _ endpoint) []any {
		return []any{map[string]any{"fromBlock": "0x1", "toBlock": "latest", "address": w.contract, "topics": []any{common.HexToHash("0x2a")}}}
	}
	criteria := func(c map[string]any) func(*world, endpoint) []any { return with(c) }
	return []entry{
		{method: "eth_getBlockByHash", params: byHash(false), want: equal, reason: "the body", schema: "block", view: body},
		{method: "eth_getBlockByHash", what: "full", params: byHash(true), want: equal, reason: "the body", schema: "block", view: body, ignore: inBlock},
		{method: "eth_getBlockByHash", what: "unknown", params: with(noHash, false), want: equal, schema: "null"},
		{method: "eth_getBlockByNumber", params: mined("blockNumber", false), want: equal, reason: "the body", schema: "block", view: body},
		{method: "eth_getBlockByNumber", what: "to come", params: with("0xffffff", false), want: equal, schema: "null"},
		{method: "eth_getBlockByNumber", what: "0x0", params: with("0x0", false), want: differs, reason: "block 1: a CometBFT chain begins there", schema: "block"},
		{method: "eth_getBlockByNumber", what: "without the second parameter", params: with("latest"), want: equal},
		{method: "eth_getBlockReceipts", params: mined("blockNumber"), want: equal, schema: "receipts", ignore: append([]string{"blobGasPrice", "blobGasUsed"}, inBlock...)},
		{method: "eth_getBlockReceipts", what: "unknown", params: with(noHash), want: equal, schema: "null"},
		{method: "eth_getBlockTransactionCountByHash", params: mined("blockHash"), want: equal, schema: "uint"},
		{method: "eth_getBlockTransactionCountByHash", what: "unknown", params: with(noHash), want: equal, schema: "null"},
		{method: "eth_getBlockTransactionCountByNumber", params: mined("blockNumber"), want: equal, schema: "uint"},
		{method: "eth_getUncleCountByBlockHash", params: mined("blockHash"), want: equal, schema: "uint"},
		{method: "eth_getUncleByBlockHashAndIndex", params: mined("blockHash", "0x0"), want: equal, schema: "null"},
		{method: "eth_getLogs", what: "of a block", params: logsIn, want: equal, schema: "logs", ignore: inBlock},
		{method: "eth_getLogs", what: "of a topic", params: topics, want: equal, schema: "logs", ignore: inBlock},
		{method: "eth_getLogs", what: "of nobody", params: criteria(map[string]any{"fromBlock": "0x1", "address": nobody}), want: equal, schema: "logs"},
		{method: "eth_getLogs", what: "of an unknown block", params: criteria(map[string]any{"blockHash": noHash}), want: equal, reason: "unknown block"},
		{method: "eth_getLogs", what: "an inverted range", params: criteria(map[string]any{"fromBlock": "0x3", "toBlock": "0x2"}), want: differs, reason: "-32602 invalid block range params, as geth"},
		{method: "eth_getLogs", what: "into the future", params: criteria(map[string]any{"fromBlock": "0x1", "toBlock": "0xffffff"}), want: differs, reason: "-32602 block range extends beyond current head block, as geth"},
		{method: "eth_getLogs", what: "a hash and a range", params: criteria(map[string]any{"blockHash": noHash, "fromBlock": "0x1"}), want: equal},
	}
}

func otherCases() []entry {
	traced := func(w *world, _ endpoint) []any {
		return []any{w.txs["dynamic"].Hash(), map[string]any{"tracer": "callTracer"}}
	}
	raw := func(w *world, _ endpoint) []any { return []any{w.txs["dynamic"].Hash()} }
	cases := []entry{
		{method: "eth_newFilter", params: with(map[string]any{"fromBlock": "latest"}), want: differs, reason: "an id", schema: "uint"},
		{method: "eth_newBlockFilter", params: with(), want: differs, reason: "an id", schema: "uint"},
		{method: "eth_newPendingTransactionFilter", params: with(), want: differs, reason: "an id", schema: "uint"},
		{method: "eth_uninstallFilter", what: "unknown", params: with("0xabcdef"), want: equal, schema: "boolean"},
		{method: "eth_getFilterChanges", what: "unknown", params: with("0xabcdef"), want: equal, reason: "filter not found"},
		{method: "txpool_status", params: with(), want: equal, schema: "poolStatus"},
		{method: "txpool_content", params: with(), want: equal, schema: "object"},
		{method: "debug_traceTransaction", what: "callTracer, when json-rpc.api names debug", params: traced, want: equal, reason: "but gas, where anvil leaves the intrinsic part out", schema: "object", ignore: []string{"gas"}},
		{method: "debug_traceTransaction", what: "unknown", params: with(noHash), want: differs, reason: "-32000 transaction not found, as geth"},
		{method: "debug_traceCall", what: "callTracer", params: with(map[string]any{"from": nobody, "to": another}, "latest", map[string]any{"tracer": "callTracer"}), want: differs, reason: "the gas cap of calls", schema: "object"},
		{method: "debug_traceCall", what: "a tracer in JavaScript", params: with(map[string]any{"from": nobody, "to": another}, "latest", map[string]any{"tracer": "{}"}), want: differs, reason: "-32602: its memory has no bound"},
		{method: "debug_getRawTransaction", params: raw, want: equal, schema: "bytes"},
		{method: "eth_subscribe", what: "over HTTP", params: with("newHeads"), want: unsupported, reason: "-32601 notifications not supported, as geth"},
	}
	for _, method := range []string{
		"debug_getRawHeader", "debug_getRawReceipts", "eth_getWork", "eth_config", "eth_compileSolidity", "personal_listAccounts", "personal_unlockAccount",
		"personal_sign", "miner_start", "admin_nodeInfo", "admin_addPeer", "engine_newPayloadV4", "engine_forkchoiceUpdatedV3", "evm_mine", "anvil_setBalance", "clique_status", "zgd_nothing",
	} {
		cases = append(cases, entry{method: method, params: with(), want: unsupported})
	}
	return cases
}
