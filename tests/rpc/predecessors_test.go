//go:build e2e

package rpc

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
)

// counter adds one to slot 0 and returns the sum.
const counter = "0x6000546001018060005560005260206000f3"

// predecessors: the trace of a transaction begins with the state that those
// before it in its block left, and the beacon's transaction is none of them.
func predecessors(t *testing.T, w *world) {
	w = w.in(t)
	const account, calls = 6, 8
	runtime := hexutil.MustDecode(counter)
	init := append([]byte{0x60, byte(len(runtime)), 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3}, runtime...)
	first := w.nonce(account)
	call := func(i uint64, to *common.Address, data []byte) common.Hash {
		return w.zgd.send(w.sign(account, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: first + i, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 200_000, To: to, Data: data}))
	}
	made := fields(t, w.zgd.until("eth_getTransactionReceipt", call(0, nil, init)))
	at := common.HexToAddress(made["contractAddress"].(string))
	var hashes [calls]common.Hash
	for i := range hashes {
		hashes[i] = call(uint64(i+1), &at, nil)
	}
	later := 0 // transactions that were not the first of their block
	for i, hash := range hashes {
		receipt := fields(t, w.zgd.until("eth_getTransactionReceipt", hash))
		if receipt["transactionIndex"] != "0x0" {
			later++
		}
		want := hexutil.Encode(common.BigToHash(big.NewInt(int64(i + 1))).Bytes())
		var trace struct{ Output string }
		w.zgd.must(&trace, "debug_traceTransaction", hash, map[string]any{"tracer": "callTracer"})
		if trace.Output != want {
			t.Errorf("debug_traceTransaction: call %d at %s of its block: got %s, want %s", i+1, receipt["transactionIndex"], trace.Output, want)
		}
		var block []struct{ Result struct{ Output string } }
		w.zgd.must(&block, "debug_traceBlockByNumber", receipt["blockNumber"], map[string]any{"tracer": "callTracer"})
		index := hexutil.MustDecodeUint64(receipt["transactionIndex"].(string))
		if index >= uint64(len(block)) || block[index].Result.Output != want {
			t.Errorf("debug_traceBlockByNumber: call %d: got %+v at %d, want %s", i+1, block, index, want)
		}
	}
	if later == 0 {
		t.Errorf("no two of %d transactions shared a block: nothing was shown", calls)
	}
}
