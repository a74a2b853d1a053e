//go:build e2e

package rpc

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
)

// pool: a transaction behind a nonce gap is known by its hash, has no receipt,
// and is mined when the gap closes.
func pool(t *testing.T, w *world) {
	w = w.in(t)
	const account = 6
	to, first := w.address(1), w.nonce(account)
	transfer := func(nonce uint64) *ethtypes.Transaction {
		return w.sign(account, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: nonce, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 21_000, To: &to})
	}
	gapped := transfer(first + 1)
	w.zgd.send(gapped)
	raw := w.zgd.until("eth_getTransactionByHash", gapped.Hash())
	if tx := fields(t, raw); tx["blockHash"] != nil || tx["blockNumber"] != nil || tx["hash"] != gapped.Hash().Hex() {
		t.Errorf("queued transaction: %s", raw)
	}
	shapes(t, []observed{{"queued", "transaction", raw}})
	if a := w.zgd.call("eth_getTransactionReceipt", gapped.Hash()); string(a.Result) != "null" || a.took.Milliseconds() > 1000 {
		t.Errorf("receipt of a queued transaction: %s after %s, want null at once", show(a), a.took)
	}
	if got := w.nonce(account); got != first {
		t.Errorf("pending nonce %d with a gap, want %d", got, first)
	}
	w.zgd.send(transfer(first))
	for _, hash := range []common.Hash{gapped.Hash()} {
		w.zgd.until("eth_getTransactionReceipt", hash)
	}
	if got := w.nonce(account); got != first+2 {
		t.Errorf("pending nonce %d, want %d", got, first+2)
	}
	a := w.zgd.call("eth_getTransactionReceipt", noHash)
	if string(a.Result) != "null" || a.took.Milliseconds() > 1000 {
		t.Errorf("receipt of an unknown transaction: %s after %s, want null at once", show(a), a.took)
	}
}

// deadAtCommit: the bank refuses value for a module's account when the EVM's
// writes are committed, and an opcode of upstream's EVM panics. The transactions
// fail, their blocks stay readable.
func deadAtCommit(t *testing.T, w *world) {
	w = w.in(t)
	const account = 7
	feeCollector := common.HexToAddress("0xf1829676DB577682E944fc3493d451B67Ff3E29F")
	dead := []ethtypes.TxData{
		&ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(account), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 100_000, To: &feeCollector, Value: gwei},
		&ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(account) + 1, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 100_000, Data: hexutil.MustDecode("0x4a00")},
	}
	var from hexutil.Uint64
	w.zgd.must(&from, "eth_blockNumber")
	first := w.nonce(account)
	for _, data := range dead {
		tx := w.sign(account, data)
		raw, _ := tx.MarshalBinary()
		a := w.zgd.call("eth_sendRawTransaction", hexutil.Bytes(raw))
		t.Logf("sent: %s", show(a))
		to := w.address(1) // a witness that the blocks go on
		w.zgd.until("eth_getTransactionReceipt", w.zgd.send(w.sign(5, &ethtypes.LegacyTx{Nonce: w.nonce(5), GasPrice: gweis(20), Gas: 21_000, To: &to})))
		t.Logf("receipt: %s", show(w.zgd.call("eth_getTransactionReceipt", tx.Hash())))
	}
	var used hexutil.Uint64 // both were in blocks: the ante handler took their nonces
	w.zgd.must(&used, "eth_getTransactionCount", w.address(account), "latest")
	if uint64(used) != first+2 {
		t.Errorf("nonce %d, want %d", used, first+2)
	}
	var head hexutil.Uint64
	w.zgd.must(&head, "eth_blockNumber")
	for n := from; n <= head; n++ {
		for _, full := range []bool{false, true} {
			if a := w.zgd.call("eth_getBlockByNumber", n, full); a.Error != nil || string(a.Result) == "null" {
				t.Errorf("block %d: %s", n, show(a))
			}
		}
		if a := w.zgd.call("eth_getBlockReceipts", n); a.Error != nil || string(a.Result) == "null" {
			t.Errorf("receipts of block %d: %s", n, show(a))
		}
	}
	var logs []json.RawMessage
	w.zgd.must(&logs, "eth_getLogs", map[string]any{"fromBlock": from, "toBlock": head})
}

// burst: a wallet sends many transactions without waiting, asking for the nonce
// before each; all are mined, in order, and each block that has some can be read
// the moment it is there.
func burst(t *testing.T, w *world) {
	w = w.in(t)
	const account, n = 3, 100
	to := w.address(1)
	client := dial(t, w)
	heads := make(chan json.RawMessage, 1000)
	sub, err := client.EthSubscribe(t.Context(), heads, "newHeads")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Unsubscribe()
	hashes := make([]common.Hash, n)
	for i := range hashes {
		tx := w.sign(account, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(account), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 21_000, To: &to, Value: gwei})
		hashes[i] = w.zgd.send(tx)
	}
	seen := 0
	for deadline := time.After(60 * time.Second); seen < n; {
		select {
		case head := <-heads:
			seen += readAtOnce(t, w, fields(t, head))
		case <-deadline:
			t.Fatalf("%d of %d transactions in blocks after 60 s", seen, n)
		}
	}
	for i, hash := range hashes {
		receipt := fields(t, w.zgd.until("eth_getTransactionReceipt", hash))
		if receipt["status"] != "0x1" {
			t.Errorf("transaction %d: %v", i, receipt)
		}
		cumulative := hexutil.MustDecodeUint64(receipt["cumulativeGasUsed"].(string))
		if index := hexutil.MustDecodeUint64(receipt["transactionIndex"].(string)); cumulative != (index+1)*21_000 {
			t.Errorf("transaction %d at %d: cumulativeGasUsed %d", i, index, cumulative)
		}
	}
}

// readAtOnce asks for all of a block whose head has just come and counts its
// transactions.
func readAtOnce(t *testing.T, w *world, head map[string]any) int {
	t.Helper()
	var block struct{ Transactions []common.Hash }
	w.zgd.must(&block, "eth_getBlockByHash", head["hash"], false)
	var receipts []map[string]any
	w.zgd.must(&receipts, "eth_getBlockReceipts", head["hash"])
	if len(receipts) != len(block.Transactions) {
		t.Errorf("block %v: %d transactions, %d receipts", head["number"], len(block.Transactions), len(receipts))
	}
	for i, hash := range block.Transactions {
		var one map[string]any
		w.zgd.must(&one, "eth_getTransactionReceipt", hash)
		if !reflect.DeepEqual(one, receipts[i]) {
			t.Errorf("block %v, transaction %d: the receipt %v, among the block's %v", head["number"], i, one, receipts[i])
		}
	}
	return len(block.Transactions)
}
