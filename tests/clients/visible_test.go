//go:build e2e

package clients

import (
	"bufio"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/tests/harness"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Submissions measured, and the bound on the slowest in a hundred.
const (
	visibleSubmissions = 150
	visibleP99         = 300 * time.Millisecond
)

// heights notes when each block was first seen in the chain's block store. It
// gets there when it is decided, before it is executed and committed: what is
// measured from here is longer than from the commit.
type heights struct {
	mu   sync.Mutex
	seen map[int64]time.Time
}

func (h *heights) watch(cometRPC string, stop <-chan struct{}) {
	var last int64
	for {
		select {
		case <-stop:
			return
		case <-time.After(2 * time.Millisecond):
		}
		var status struct {
			Result struct {
				SyncInfo struct {
					LatestBlockHeight string `json:"latest_block_height"`
				} `json:"sync_info"`
			} `json:"result"`
		}
		if harness.GetJSON(cometRPC+"/status", &status) != nil {
			continue
		}
		height, _ := strconv.ParseInt(status.Result.SyncInfo.LatestBlockHeight, 10, 64)
		h.mu.Lock()
		for ; last < height; last++ {
			if last > 0 {
				h.seen[last+1] = time.Now()
			} else {
				last = height - 1
			}
		}
		h.mu.Unlock()
	}
}

func (h *heights) at(height int64) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	at, ok := h.seen[height]
	return at, ok
}

// The new SDK polls zgs_getFileInfo until an entry is there: the time from its
// block to that answer is what its user waits for (protocol-storage.md 0.6).
func TestAnEntryIsVisibleAtOnce(t *testing.T) {
	d := harness.New(t, 2, "--storage", "1", "--miners", "0", "--block-time", "100ms")
	d.Start()
	ready := d.Ready()
	blocks, stop := &heights{seen: map[int64]time.Time{}}, make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { blocks.watch(ready.CometRPC, stop) })
	defer watching.Wait()
	defer close(stop)

	s := newSubmitter(t, ready)
	var took []time.Duration
	for i := range visibleSubmissions {
		root, hash := s.submit(i)
		visible := s.waitFor(root)
		if decided, ok := blocks.at(s.heightOf(hash)); ok {
			took = append(took, visible.Sub(decided))
		}
	}
	if len(took) < visibleSubmissions*9/10 {
		t.Fatalf("%d of %d blocks were seen in time", len(took), visibleSubmissions)
	}
	slices.Sort(took)
	p99 := took[len(took)*99/100]
	t.Logf("from the decided block to zgs_getFileInfo, %d entries: p50 %s, p90 %s, p99 %s, longest %s", len(took),
		took[len(took)/2].Round(time.Millisecond), took[len(took)*9/10].Round(time.Millisecond), p99.Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
	if p99 >= visibleP99 {
		t.Errorf("p99 is %s, want below %s", p99, visibleP99)
	}
	if within := histogram(t, ready.Storage[0]+"/metrics", "zg_storage_visible_seconds", 0.99); within > visibleP99.Seconds() {
		t.Errorf("the node's own p99 is up to %g s, want below %s", within, visibleP99)
	} else {
		t.Logf("zg_storage_visible_seconds, from hearing of the block: 99 in 100 within %g s", within)
	}
}

// submitter sends one small file's entry after another, without its data.
type submitter struct {
	*replay
	flowNonce uint64
}

func newSubmitter(t *testing.T, ready harness.Ready) *submitter {
	s := &submitter{replay: &replay{t: t, evm: ready.EVMRPC, storage: ready.Storage[0], key: keyOf(t, ready, "dev3")}}
	s.flow = common.HexToAddress(ask[nodeapi.Status](t, s.storage, "zgs_getStatus", "").NetworkIdentity.FlowAddress)
	s.chainID = ask[*hexutil.Big](t, s.evm, "eth_chainId", "").ToInt()
	s.gasPrice = new(big.Int).Lsh(ask[*hexutil.Big](t, s.evm, "eth_gasPrice", "").ToInt(), 1)
	s.flowNonce = uint64(ask[hexutil.Uint64](t, s.evm, "eth_getTransactionCount", jsonOf([]any{s.address(), "latest"})))
	s.market = common.HexToAddress(ask[string](t, s.evm, "eth_call", jsonOf([]any{map[string]any{"to": s.flow, "data": "0x80f55605"}, "latest"}))[26:])
	price := ask[hexutil.Bytes](t, s.evm, "eth_call", jsonOf([]any{map[string]any{"to": s.market, "data": "0x61ec5082"}, "latest"}))
	s.price = new(big.Int).SetBytes(price)
	return s
}

// submit enters the file that holds a number.
func (s *submitter) submit(number int) (root nodeapi.Hash, hash string) {
	s.t.Helper()
	file, err := merkle.NewFileFromData(fmt.Appendf(nil, "visible %d", number))
	if err != nil {
		s.t.Fatal(err)
	}
	data := abiData{Length: big.NewInt(int64(file.Size()))}
	for _, node := range file.Nodes() {
		data.Nodes = append(data.Nodes, abiNode{Root: node.Root, Height: big.NewInt(int64(node.Height))})
	}
	files := []abiData{data}
	tx, err := types.SignNewTx(s.key, types.LatestSignerForChainID(s.chainID), &types.LegacyTx{
		Nonce: s.flowNonce, GasPrice: s.gasPrice, Gas: 1_000_000, To: &s.flow,
		Value: new(big.Int).Mul(sectors(files), s.price), Data: calldata(s.t, "0xbc8c11f8", files, crypto.PubkeyToAddress(s.key.PublicKey)),
	})
	if err != nil {
		s.t.Fatal(err)
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		s.t.Fatal(err)
	}
	s.flowNonce++
	return nodeapi.Hash(file.Root()), ask[string](s.t, s.evm, "eth_sendRawTransaction", jsonOf([]any{hexutil.Encode(raw)}))
}

// waitFor polls as the SDK does, only faster, and says when the entry was there.
func (s *submitter) waitFor(root nodeapi.Hash) time.Time {
	s.t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(2 * time.Millisecond) {
		if info := ask[*nodeapi.FileInfo](s.t, s.storage, "zgs_getFileInfo", jsonOf([]any{root, true})); info != nil {
			return time.Now()
		}
	}
	s.t.Fatalf("entry %s is not visible after 20 s", root)
	return time.Time{}
}

// heightOf is the block of a transaction. The storage node can be ahead of the
// EVM's own index of transactions, so this waits.
func (s *submitter) heightOf(hash string) int64 {
	s.t.Helper()
	for began := time.Now(); time.Since(began) < 20*time.Second; time.Sleep(5 * time.Millisecond) {
		if receipt := ask[*types.Receipt](s.t, s.evm, "eth_getTransactionReceipt", jsonOf([]any{hash})); receipt != nil {
			return receipt.BlockNumber.Int64()
		}
	}
	s.t.Fatalf("transaction %s has no receipt after 20 s", hash)
	return 0
}

// histogram is the upper bound of the bucket below which a share of the
// observations lies.
func histogram(t *testing.T, url, name string, share float64) float64 {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	type bucket struct{ bound, count float64 }
	var buckets []bucket
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), name+`_bucket{le="`)
		if !ok {
			continue
		}
		bound, count, _ := strings.Cut(text, `"} `)
		b := bucket{}
		b.bound, _ = strconv.ParseFloat(bound, 64)
		b.count, _ = strconv.ParseFloat(count, 64)
		buckets = append(buckets, b)
	}
	for _, b := range buckets {
		if b.count >= share*buckets[len(buckets)-1].count {
			return b.bound
		}
	}
	t.Fatalf("%s is not in %s", name, url)
	return 0
}
