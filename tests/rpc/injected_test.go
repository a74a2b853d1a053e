//go:build e2e

package rpc

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"

	"github.com/zgd-network/zgd/tests/harness"
)

// injected: the beacon's transaction, which a proposer puts first into a block,
// is in none that Ethereum's clients see: those count their own from 0.
func injected(t *testing.T, w *world) {
	w = w.in(t)
	for _, name := range []string{"create", "dynamic", "reverts"} {
		t.Run(name, func(t *testing.T) {
			number, _ := w.minedIn(w.zgd, name)["blockNumber"].(string)
			if theirs := w.in(t).seenAlone(number); theirs == 0 {
				t.Errorf("block %s of the transaction has none", number)
			}
		})
	}
	t.Run("an empty block", func(t *testing.T) {
		w := w.in(t)
		harness.Until(t, 10*time.Second, "a block without any of theirs", func() (bool, string) {
			var newest hexutil.Uint64
			w.zgd.must(&newest, "eth_blockNumber")
			return w.seenAlone(newest.String()) == 0, newest.String()
		})
	})
}

// seenAlone holds what JSON-RPC says of a block against CometBFT's, and returns
// how many transactions Ethereum sees.
func (w *world) seenAlone(number string) int {
	w.t.Helper()
	height, err := hexutil.DecodeUint64(number)
	if err != nil {
		w.t.Fatal(err)
	}
	var comet struct {
		Result struct {
			Block struct{ Data struct{ Txs []string } }
		}
	}
	if err := harness.GetJSON(fmt.Sprintf("%s/block?height=%d", w.ready.CometRPC, height), &comet); err != nil {
		w.t.Fatal(err)
	}
	type indexed struct {
		Hash             common.Hash
		TransactionHash  common.Hash
		TransactionIndex hexutil.Uint64
		From             common.Address
		Input            hexutil.Bytes
	}
	var block struct{ Transactions []indexed }
	var receipts []indexed
	var traces []struct{ Result indexed } // cosmos/evm leaves txHash out
	var count hexutil.Uint64
	w.zgd.must(&block, "eth_getBlockByNumber", number, true)
	w.zgd.must(&receipts, "eth_getBlockReceipts", number)
	w.zgd.must(&traces, "debug_traceBlockByNumber", number, map[string]any{"tracer": "callTracer"})
	w.zgd.must(&count, "eth_getBlockTransactionCountByNumber", number)
	theirs := len(block.Transactions)
	if got := len(comet.Result.Block.Data.Txs); got != theirs+1 {
		w.t.Errorf("block %d has %d transactions, want one above the %d that Ethereum sees", height, got, theirs)
	}
	if len(receipts) != theirs || len(traces) != theirs || int(count) != theirs {
		w.t.Fatalf("block %d: %d transactions, %d receipts, %d traces, a count of %d; want the same", height, theirs, len(receipts), len(traces), count)
	}
	for i, tx := range block.Transactions {
		if receipts[i].TransactionHash != tx.Hash {
			w.t.Errorf("block %d at %d: receipt of %s, want of %s", height, i, receipts[i].TransactionHash, tx.Hash)
		}
		if trace := traces[i].Result; trace.From != tx.From || !bytes.Equal(trace.Input, tx.Input) {
			w.t.Errorf("block %d at %d: trace of %s with %s, want %s with %s", height, i, trace.From, trace.Input, tx.From, tx.Input)
		}
		if int(tx.TransactionIndex) != i || int(receipts[i].TransactionIndex) != i {
			w.t.Errorf("block %d: index %d, in its receipt %d; want %d", height, tx.TransactionIndex, receipts[i].TransactionIndex, i)
		}
	}
	return theirs
}
