//go:build e2e

package rpc

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/zgd-network/zgd/tests/harness"
)

func TestMain(m *testing.M) { harness.Main(m) }

// mnemonic of a devnet's accounts; everybody knows it.
const mnemonic = "test test test test test test test test test test test junk"

// world is a devnet and an anvil with the same chain id, accounts and base fee,
// on which the same signed transactions ran.
type world struct {
	t          *testing.T
	net        *harness.Devnet
	ready      harness.Ready
	zgd, anvil endpoint

	chainID  *big.Int
	keys     []*ecdsa.PrivateKey
	contract common.Address // echo
	txs      map[string]*ethtypes.Transaction
}

// echo stores the first word of its calldata in slot 0, logs it with the topic
// 0x2a and returns it.
const echo = "0x6000358060005560005260" + "2a60206000a160206000f3"

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Setenv("ZGD_JSON_RPC_API", "eth,net,web3,txpool,debug")
	w := &world{t: t, net: harness.New(t, 1, "--storage", "0", "--miners", "0", "--block-time", "200ms"), txs: make(map[string]*ethtypes.Transaction)}
	w.net.Start()
	w.ready = w.net.Ready()
	w.chainID = new(big.Int).SetUint64(w.ready.EVMChainID)
	w.zgd = endpoint{t, "zgd", w.ready.EVMRPC}
	w.anvil = endpoint{t, "anvil", startAnvil(t, w.ready.EVMChainID)}
	for _, account := range w.ready.Accounts {
		text, err := os.ReadFile(account.PrivateKeyFile)
		if err != nil {
			t.Fatal(err)
		}
		key, err := crypto.HexToECDSA(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
		if err != nil {
			t.Fatalf("key of %s: %v", account.Name, err)
		}
		w.keys = append(w.keys, key)
	}
	w.sendAll()
	return w
}

// startAnvil runs anvil on a free port until the test ends.
func startAnvil(t *testing.T, chainID uint64) string {
	t.Helper()
	binary := filepath.Join(harness.NPM(t), "@foundry-rs", "anvil-linux-amd64", "bin", "anvil")
	port := harness.FreePorts(t, 1)
	cmd := exec.Command(binary, "--port", fmt.Sprint(port), "--chain-id", fmt.Sprint(chainID), "--mnemonic", mnemonic,
		"--base-fee", "1000000000", "--balance", "1000000", "--silent")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	url := fmt.Sprintf("http://127.0.0.1:%d", port)
	harness.Until(t, 20*time.Second, "anvil answers", func() (bool, string) {
		resp, err := http.Get(url)
		if err != nil {
			return false, err.Error()
		}
		resp.Body.Close()
		return true, ""
	})
	return url
}

// in is the world for a subtest, so that a failure is the subtest's.
func (w *world) in(t *testing.T) *world {
	out := *w
	out.t, out.zgd.t, out.anvil.t = t, t, t
	return &out
}

func (w *world) address(i int) common.Address { return crypto.PubkeyToAddress(w.keys[i].PublicKey) }

// sign makes a transaction of the account.
func (w *world) sign(account int, data ethtypes.TxData) *ethtypes.Transaction {
	w.t.Helper()
	tx, err := ethtypes.SignNewTx(w.keys[account], ethtypes.LatestSignerForChainID(w.chainID), data)
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// nonce is the account's next one on zgd.
func (w *world) nonce(account int) uint64 {
	var n hexutil.Uint64
	w.zgd.must(&n, "eth_getTransactionCount", w.address(account), "pending")
	return uint64(n)
}

// send gives a transaction to a server and wants it taken.
func (e endpoint) send(tx *ethtypes.Transaction) common.Hash {
	e.t.Helper()
	raw, err := tx.MarshalBinary()
	if err != nil {
		e.t.Fatal(err)
	}
	var hash common.Hash
	e.must(&hash, "eth_sendRawTransaction", hexutil.Bytes(raw))
	if hash != tx.Hash() {
		e.t.Errorf("%s: hash %s, want %s", e.name, hash, tx.Hash())
	}
	return hash
}

var gwei = big.NewInt(1_000_000_000)

func gweis(n int64) *big.Int { return new(big.Int).Mul(big.NewInt(n), gwei) }

// sendAll runs one transaction of each kind on both chains.
func (w *world) sendAll() {
	w.t.Helper()
	to := w.address(1)
	runtime := hexutil.MustDecode(echo)
	init := append([]byte{0x60, byte(len(runtime)), 0x80, 0x60, 0x09, 0x3d, 0x39, 0x3d, 0xf3}, runtime...)
	w.contract = crypto.CreateAddress(w.address(9), 0)
	word := common.BigToHash(big.NewInt(0x1234)).Bytes()
	list := ethtypes.AccessList{{Address: w.contract, StorageKeys: []common.Hash{{}}}}
	steps := []struct {
		name string
		data ethtypes.TxData
	}{
		{"create", &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: 0, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 200_000, Data: init}},
		{"legacy", &ethtypes.LegacyTx{Nonce: 1, GasPrice: gweis(20), Gas: 21_000, To: &to, Value: gwei}},
		{"list", &ethtypes.AccessListTx{ChainID: w.chainID, Nonce: 2, GasPrice: gweis(20), Gas: 100_000, To: &w.contract, Data: word, AccessList: list}},
		{"dynamic", &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: 3, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 100_000, To: &w.contract, Data: word}},
		{"reverts", &ethtypes.DynamicFeeTx{ChainID: w.chainID, Nonce: 4, GasTipCap: gwei, GasFeeCap: gweis(20), Gas: 21_010, To: &w.contract}},
	}
	for _, step := range steps {
		tx := w.sign(9, step.data)
		w.txs[step.name] = tx
		for _, e := range []endpoint{w.zgd, w.anvil} {
			e.until("eth_getTransactionReceipt", e.send(tx))
		}
	}
	for i := range 4 { // anvil has as many blocks as zgd needs for proofs
		w.anvil.must(nil, "anvil_mine", hexutil.Uint64(i+1))
	}
}

// runNode runs a script of this folder with a file as its argument.
func runNode(t *testing.T, args ...string) string {
	t.Helper()
	harness.NPM(t)
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", args...).CombinedOutput()
	if err != nil {
		t.Fatalf("node %v: %v\n%s", args, err, harness.Last(string(out), 6000))
	}
	return string(out)
}
