//go:build e2e

package rpc

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	ethrpc "github.com/ethereum/go-ethereum/rpc"
	"github.com/gorilla/websocket"
)

func websockets(t *testing.T, w *world) {
	t.Run("newHeads have the hashes and the gas of the blocks", func(t *testing.T) { newHeads(t, w) })
	t.Run("logs are those of eth_getLogs", func(t *testing.T) { subscribedLogs(t, w) })
	t.Run("pending transactions come as hashes and whole", func(t *testing.T) { pendingTransactions(t, w) })
	t.Run("frames", func(t *testing.T) { websocketFrames(t, w) })
	t.Run("origins", func(t *testing.T) { origins(t, w) })
}

func dial(t *testing.T, w *world) *ethrpc.Client {
	t.Helper()
	client, err := ethrpc.DialContext(t.Context(), w.ready.EVMWS)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// subscribe collects n notifications while do runs.
func subscribe(t *testing.T, client *ethrpc.Client, n int, do func(), args ...any) []json.RawMessage {
	t.Helper()
	ch := make(chan json.RawMessage, 1000)
	sub, err := client.EthSubscribe(t.Context(), ch, args...)
	if err != nil {
		t.Fatalf("eth_subscribe %v: %v", args, err)
	}
	defer sub.Unsubscribe()
	do()
	var got []json.RawMessage
	for deadline := time.After(20 * time.Second); len(got) < n; {
		select {
		case item := <-ch:
			got = append(got, item)
		case err := <-sub.Err():
			t.Fatalf("%v ended after %d: %v", args, len(got), err)
		case <-deadline:
			t.Fatalf("%v: %d of %d after 20 s", args, len(got), n)
		}
	}
	return got
}

func newHeads(t *testing.T, w *world) {
	w = w.in(t)
	to := w.address(2)
	heads := subscribe(t, dial(t, w), 6, func() {
		for range 3 {
			w.zgd.send(w.sign(4, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(4), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 21_000, To: &to}))
		}
	}, "newHeads")
	var values []observed
	used := false
	for i, raw := range heads {
		head := fields(t, raw)
		block := fields(t, w.zgd.until("eth_getBlockByNumber", head["number"], false))
		for name, value := range head {
			if !reflect.DeepEqual(value, block[name]) {
				t.Errorf("block %s: %s is %v in newHeads, %v in eth_getBlockByNumber", head["number"], name, value, block[name])
			}
		}
		used = used || head["gasUsed"] != "0x0"
		if i > 0 && head["parentHash"] != fields(t, heads[i-1])["hash"] {
			t.Errorf("head %s does not continue the one before", head["number"])
		}
		values = append(values, observed{"newHeads", "header", raw})
	}
	if !used {
		t.Error("no head has gasUsed, but there were transactions")
	}
	shapes(t, values)
}

func subscribedLogs(t *testing.T, w *world) {
	w = w.in(t)
	var tx *ethtypes.Transaction
	logs := subscribe(t, dial(t, w), 1, func() {
		tx = w.sign(4, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(4), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 100_000, To: &w.contract, Data: common.HexToHash("0x99").Bytes()})
		w.zgd.send(tx)
	}, "logs", map[string]any{"address": w.contract, "topics": []any{common.HexToHash("0x2a")}})
	receipt := fields(t, w.zgd.until("eth_getTransactionReceipt", tx.Hash()))
	var found []map[string]any
	w.zgd.must(&found, "eth_getLogs", map[string]any{"blockHash": receipt["blockHash"], "address": w.contract})
	if len(found) != 1 || !reflect.DeepEqual(fields(t, logs[0]), found[0]) || !reflect.DeepEqual([]any{found[0]}, receipt["logs"]) {
		t.Errorf("subscription %s\neth_getLogs %v\nreceipt %v", logs[0], found, receipt["logs"])
	}
	shapes(t, []observed{{"logs", "log", logs[0]}})
}

func pendingTransactions(t *testing.T, w *world) {
	w = w.in(t)
	to, client := w.address(2), dial(t, w)
	var tx *ethtypes.Transaction
	do := func() {
		tx = w.sign(4, &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: w.nonce(4), GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 21_000, To: &to})
		w.zgd.send(tx)
	}
	got := subscribe(t, client, 1, do, "newPendingTransactions")
	if string(got[0]) != `"`+tx.Hash().Hex()+`"` {
		t.Errorf("got %s, want %s", got[0], tx.Hash())
	}
	whole := fields(t, subscribe(t, client, 1, do, "newPendingTransactions", true)[0])
	if whole["hash"] != tx.Hash().Hex() {
		t.Errorf("got %v, want %s", whole["hash"], tx.Hash())
	}
}

// websocketFrames sends the frames of HTTP and those that only make sense here.
func websocketFrames(t *testing.T, w *world) {
	more := []frame{
		{"an unknown subscription", `{"jsonrpc":"2.0","id":11,"method":"eth_subscribe","params":["nothing"]}`, -32601, "11"},
		{"a subscription without a name", `{"jsonrpc":"2.0","id":12,"method":"eth_subscribe","params":[]}`, -32602, "12"},
		{"a subscription to syncing", `{"jsonrpc":"2.0","id":13,"method":"eth_subscribe","params":["syncing"]}`, 0, "13"},
		{"an unknown subscription ended", `{"jsonrpc":"2.0","id":14,"method":"eth_unsubscribe","params":["0x12"]}`, -32000, "14"},
		{"criteria that are none", `{"jsonrpc":"2.0","id":15,"method":"eth_subscribe","params":["logs",5]}`, -32602, "15"},
	}
	for _, f := range append(frames(), more...) {
		if f.code == -32700 && f.id == "null" { // geth closes the connection after a frame that is no JSON
			continue
		}
		t.Run(f.name, func(t *testing.T) {
			conn, _, err := websocket.DefaultDialer.Dial(w.ready.EVMWS, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			if err := conn.WriteMessage(websocket.TextMessage, []byte(f.body)); err != nil {
				t.Fatal(err)
			}
			_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
			_, text, err := conn.ReadMessage()
			if err != nil {
				t.Fatal(err)
			}
			checkFrame(t, f, text)
		})
	}
	t.Run("after a frame that is no JSON others are served", func(t *testing.T) {
		bad, _, err := websocket.DefaultDialer.Dial(w.ready.EVMWS, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer bad.Close()
		_ = bad.WriteMessage(websocket.TextMessage, []byte(`{"jsonrpc`))
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		var id string
		if err := dial(t, w).CallContext(ctx, &id, "eth_chainId"); err != nil {
			t.Error(err)
		}
	})
}

func origins(t *testing.T, w *world) {
	for _, origin := range []string{"", "http://localhost:3000", "http://127.0.0.1:5173", "http://localhost"} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		conn, _, err := websocket.DefaultDialer.Dial(w.ready.EVMWS, header)
		if err != nil {
			t.Errorf("origin %q: %v", origin, err)
			continue
		}
		conn.Close()
	}
}
