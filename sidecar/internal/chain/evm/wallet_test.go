package evm_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/evm"
)

const chainID = 7260001

// node is an EVM JSON-RPC with answers that a test sets.
type node struct {
	mu       sync.Mutex
	chainID  uint64
	balance  *big.Int
	pending  uint64
	gas      uint64
	refuse   map[string]string // method → error message
	receipt  string            // JSON; null: not in a block yet
	received []*types.Transaction
}

func newNode() *node {
	return &node{chainID: chainID, balance: new(big.Int).Lsh(big.NewInt(1), 80), gas: 21000, refuse: map[string]string{}, receipt: "null"}
}

func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	defer n.mu.Unlock()
	var question struct {
		ID     json.RawMessage
		Method string
		Params []json.RawMessage
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		http.Error(w, err.Error(), 400)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if message, ok := n.refuse[question.Method]; ok {
		fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32000,"message":%q}}`, question.ID, message)
		return
	}
	fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, question.ID, n.answer(question.Method, question.Params))
}

const zeroes = "0x0000000000000000000000000000000000000000000000000000000000000000"

func (n *node) answer(method string, params []json.RawMessage) string {
	switch method {
	case "eth_chainId":
		return fmt.Sprintf(`"0x%x"`, n.chainID)
	case "eth_getBalance":
		return fmt.Sprintf(`"0x%x"`, n.balance)
	case "eth_getTransactionCount":
		return fmt.Sprintf(`"0x%x"`, n.pending)
	case "eth_estimateGas":
		return fmt.Sprintf(`"0x%x"`, n.gas)
	case "eth_getBlockByNumber":
		head, _ := json.Marshal(&types.Header{Number: big.NewInt(7), BaseFee: big.NewInt(1e9), Difficulty: new(big.Int)})
		return string(head)
	case "eth_getTransactionReceipt":
		return n.receipt
	case "eth_sendRawTransaction":
		var raw hexutil.Bytes
		tx := new(types.Transaction)
		if json.Unmarshal(params[0], &raw) != nil || tx.UnmarshalBinary(raw) != nil {
			return `null`
		}
		n.received = append(n.received, tx)
		return `"` + tx.Hash().Hex() + `"`
	}
	return "null"
}

func wallet(t *testing.T, n *node) *evm.Wallet {
	t.Helper()
	server := httptest.NewServer(n)
	t.Cleanup(server.Close)
	key, err := chain.NewKey([]byte("0123456789abcdef0123456789abcdef"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := evm.Dial(server.URL, chainID, key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

func TestTransferIsSignedForThisChainByTheKey(t *testing.T) {
	n := newNode()
	w := wallet(t, n)
	to, _ := evm.ParseAddress(devHex)
	hash, err := w.Send(context.Background(), to, big.NewInt(5))
	if err != nil {
		t.Fatal(err)
	}
	tx := n.received[0]
	from, err := types.Sender(types.LatestSignerForChainID(big.NewInt(chainID)), tx)
	if err != nil || evm.Address(from) != w.Address() {
		t.Errorf("sender %s, %v; want %s", from, err, w.Address().Hex())
	}
	if evm.Address(*tx.To()) != to || tx.Value().Int64() != 5 || tx.ChainId().Int64() != chainID || tx.Gas() != 21000 ||
		tx.GasFeeCap().Int64() != 2e9 || hash != chain.Hash(tx.Hash()) {
		t.Errorf("got %+v", tx)
	}
}

// A node that does not show what it was sent must not make us use a nonce twice.
func TestNoncesRiseAlthoughTheNodeLags(t *testing.T) {
	n := newNode()
	n.pending = 4
	w := wallet(t, n)
	var sends sync.WaitGroup
	for range 5 {
		sends.Go(func() {
			if _, err := w.Send(context.Background(), evm.Address{1}, big.NewInt(1)); err != nil {
				t.Error(err)
			}
		})
	}
	sends.Wait()
	for i, tx := range n.received {
		if tx.Nonce() != uint64(4+i) {
			t.Errorf("transaction %d has nonce %d, want %d", i, tx.Nonce(), 4+i)
		}
	}
}

func TestWalletSaysWhyItDoesNotPay(t *testing.T) {
	cases := []struct {
		name string
		edit func(*node)
		want error
	}{
		{"just enough", func(n *node) { n.balance = big.NewInt(200_000*2e9 + 5) }, nil},
		{"one azg too little", func(n *node) { n.balance = big.NewInt(200_000*2e9 + 4) }, evm.ErrNoFunds},
		{"a recipient that refuses", func(n *node) { n.refuse["eth_estimateGas"] = "execution reverted" }, chain.ErrRejected},
		{"a pool that refuses", func(n *node) { n.refuse["eth_sendRawTransaction"] = "txpool is full" }, chain.ErrUnavailable},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			n := newNode()
			c.edit(n)
			if _, err := wallet(t, n).Send(context.Background(), evm.Address{1}, big.NewInt(5)); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
	t.Run("a node of another chain", func(t *testing.T) {
		n := newNode()
		n.chainID++
		if _, err := wallet(t, n).Send(context.Background(), evm.Address{1}, big.NewInt(5)); err == nil || len(n.received) != 0 {
			t.Errorf("got %v and %d transactions, want an error and none", err, len(n.received))
		}
	})
	t.Run("nobody there", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		key, _ := chain.NewKey([]byte("0123456789abcdef0123456789abcdef"))
		w, err := evm.Dial(server.URL, chainID, key)
		if err != nil {
			t.Fatal(err)
		}
		server.Close()
		if _, err := w.Send(context.Background(), evm.Address{1}, big.NewInt(5)); !errors.Is(err, chain.ErrUnavailable) {
			t.Errorf("got %v, want ErrUnavailable", err)
		}
	})
}

func receipt(status int) string {
	return fmt.Sprintf(`{"status":"0x%x","blockNumber":"0x9","transactionHash":"%s","cumulativeGasUsed":"0x1","gasUsed":"0x1","logs":[],"logsBloom":"0x%0512d"}`, status, zeroes, 0)
}

func TestAwaitTellsTheBlockOrTheFailure(t *testing.T) {
	n := newNode()
	w := wallet(t, n)
	n.receipt = receipt(1)
	if height, err := w.Await(context.Background(), chain.Hash{1}); err != nil || height != 9 {
		t.Errorf("got height %d, %v; want 9", height, err)
	}
	n.receipt = receipt(0)
	if _, err := w.Await(context.Background(), chain.Hash{1}); !errors.Is(err, chain.ErrRejected) {
		t.Errorf("failed in its block: got %v, want ErrRejected", err)
	}
	n.receipt = "null"
	short, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	if _, err := w.Await(short, chain.Hash{1}); !errors.Is(err, chain.ErrUnavailable) {
		t.Errorf("never in a block: got %v, want ErrUnavailable", err)
	}
}
