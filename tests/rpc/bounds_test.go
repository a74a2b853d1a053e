//go:build e2e

package rpc

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
)

// bounds: what costs most is answered or refused in time, and the chain goes on.
func bounds(t *testing.T, w *world) {
	w = w.in(t)
	limit := func(name string, most time.Duration, a answer) {
		t.Helper()
		t.Logf("%-40s %6d ms %s", name, a.took.Milliseconds(), short(a))
		if a.took > most {
			t.Errorf("%s took %s, want %s at most", name, a.took, most)
		}
	}
	heavy := heavyTransaction(w)
	everything := map[string]any{"fromBlock": "earliest", "toBlock": "latest"}
	endless := map[string]any{"data": "0x5b600056"}
	limit("eth_getLogs over everything", 12*time.Second, w.zgd.call("eth_getLogs", everything))
	limit("eth_call without end", 10*time.Second, w.zgd.call("eth_call", endless, "latest"))
	limit("eth_estimateGas without end", 20*time.Second, w.zgd.call("eth_estimateGas", endless))
	limit("eth_createAccessList without end", 20*time.Second, w.zgd.call("eth_createAccessList", endless, "latest"))
	limit("eth_feeHistory of everything", 12*time.Second, w.zgd.call("eth_feeHistory", "0x400", "latest", []any{1, 50, 99}))
	limit("trace of a heavy transaction, calls", 12*time.Second, w.zgd.call("debug_traceTransaction", heavy, map[string]any{"tracer": "callTracer"}))
	structs := w.zgd.call("debug_traceTransaction", heavy, map[string]any{"enableMemory": true})
	limit("trace of a heavy transaction, structs", 35*time.Second, structs)
	if len(structs.Result) > 64<<20 {
		t.Errorf("struct trace of %d bytes, want 64 MiB at most", len(structs.Result))
	}
	calls := make([]any, 1000)
	for i := range calls {
		calls[i] = map[string]any{"data": "0x5b600056", "gas": "0x186a0"}
	}
	limit("eth_simulateV1 of 1000 calls", 12*time.Second, w.zgd.call("eth_simulateV1", map[string]any{"blockStateCalls": []any{map[string]any{"calls": calls}}}, "latest"))
	calls = append(calls, calls[0])
	a := w.zgd.call("eth_simulateV1", map[string]any{"blockStateCalls": []any{map[string]any{"calls": calls}}}, "latest")
	if a.Error == nil || a.Error.Code != -38026 {
		t.Errorf("eth_simulateV1 of 1001 calls: %s, want -38026", show(a))
	}

	filters(t, w)
	before := w.height()
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() { w.zgd.call("debug_traceTransaction", heavy, map[string]any{"tracer": "callTracer"}) })
		wait.Go(func() { w.zgd.call("eth_call", endless, "latest") })
	}
	wait.Wait()
	time.Sleep(time.Second)
	if after := w.height(); after <= before {
		t.Errorf("height %d after the load, %d before", after, before)
	}
}

func (w *world) height() uint64 {
	var n hexutil.Uint64
	w.zgd.must(&n, "eth_blockNumber")
	return uint64(n)
}

// heavyTransaction burns 5 000 000 gas in a loop that calls the identity
// precompile and hashes.
func heavyTransaction(w *world) common.Hash {
	const loop = "5b" + "60206000602060006004" + "5afa50" + "602060002050" + "600056" // JUMPDEST STATICCALL(4) POP KECCAK256 POP JUMP
	tx := w.sign(8, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(8), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 5_000_000, Data: common.FromHex(loop)})
	w.zgd.until("eth_getTransactionReceipt", w.zgd.send(tx))
	return tx.Hash()
}

func short(a answer) string {
	text := show(a)
	if i := strings.IndexByte(text, '\n'); i > 0 {
		text = text[:i]
	}
	return text[:min(len(text), 120)]
}

// filters: a filter of the past gives its logs, changes come once, and there is
// an end to how many can be installed.
func filters(t *testing.T, w *world) {
	t.Helper()
	var id string
	w.zgd.must(&id, "eth_newFilter", map[string]any{"fromBlock": "0x1", "address": w.contract})
	var found, again []map[string]any
	w.zgd.must(&found, "eth_getFilterLogs", id)
	w.zgd.must(&again, "eth_getLogs", map[string]any{"fromBlock": "0x1", "address": w.contract})
	if len(found) < 2 || len(found) != len(again) {
		t.Errorf("%d logs of the filter, %d of the query", len(found), len(again))
	}
	w.zgd.must(&found, "eth_getFilterChanges", id)
	if len(found) != 0 {
		t.Errorf("%d changes of a filter just made", len(found))
	}
	var gone bool
	if w.zgd.must(&gone, "eth_uninstallFilter", id); !gone {
		t.Error("the filter was not there")
	}
	if a := w.zgd.call("eth_getFilterLogs", id); a.Error == nil || a.Error.Code != -32000 {
		t.Errorf("logs of a filter that is gone: %s", show(a))
	}
	one := `{"jsonrpc":"2.0","id":1,"method":"eth_newBlockFilter"}`
	batch := []byte("[" + strings.Repeat(one+",", 999) + one + "]")
	refused := 0
	for range 11 {
		_, text := w.zgd.post(batch)
		refused += strings.Count(string(text), "-32005")
	}
	if refused < 900 || refused > 1100 {
		t.Errorf("%d of 11 000 filters refused, want about 1000", refused)
	}
}
