package chain_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// faults has the node do at random what nodes do.
type faults struct {
	*node
	mu  sync.Mutex
	rng *rand.Rand
}

func (f *faults) one(in int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.rng.IntN(in) == 0
}

func (f *faults) set() {
	f.onSend = func(*tx.TxRaw) *sdk.TxResponse {
		switch {
		case f.one(12):
			return &sdk.TxResponse{Codespace: "sdk", Code: 13}
		case f.one(20):
			return &sdk.TxResponse{Codespace: "flow", Code: 3}
		}
		return nil
	}
	f.onOffer = func(*tx.TxRaw) (*sdk.TxResponse, error) {
		if f.one(12) {
			return &sdk.TxResponse{Codespace: "undefined", Code: 1}, nil
		}
		return &sdk.TxResponse{}, nil
	}
	f.onBlock = func(*tx.TxRaw) *sdk.TxResponse {
		switch {
		case f.one(15):
			return &sdk.TxResponse{Codespace: "sdk", Code: 13, Info: before}
		case f.one(15):
			return &sdk.TxResponse{Codespace: "sdk", Code: 11}
		case f.one(15):
			return &sdk.TxResponse{Codespace: "flow", Code: 3}
		}
		return nil
	}
}

// step is a moment of the chain.
func (f *faults) step() {
	f.node.mu.Lock()
	defer f.node.mu.Unlock()
	switch {
	case f.one(20):
		f.forget()
	case f.one(20):
		f.lose++
	case f.one(2):
		f.makeBlock()
	}
}

// Whatever the node does, what a sender was told ran did, once; what it was told
// was refused did not; and no number was ever claimed twice (take checks that).
func TestRandomFaultsNeverSendTwice(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ZG_CHAIN_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("ZG_CHAIN_SEED=%d", seed)
	const count = 24
	n, sender := holding(t)
	f := &faults{node: n, rng: rand.New(rand.NewPCG(seed, 1))}
	f.set()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	results := make([]*sent, count)
	for i := range results {
		each, stop := ctx, context.CancelFunc(func() {})
		if f.one(5) {
			each, stop = context.WithTimeout(ctx, 300*time.Millisecond)
		}
		defer stop()
		results[i] = start(each, sender, int64(i+1))
	}
	for i := 0; i < count; {
		select {
		case <-results[i].done:
			i++
		case <-time.After(10 * time.Millisecond):
			f.step()
		}
	}
	for range 50 { // what nobody waits for ends too
		f.step()
		time.Sleep(10 * time.Millisecond)
	}
	judge(t, results, n.happened())
}

func judge(t *testing.T, results []*sent, ran map[int64]int) {
	t.Helper()
	var fine, refused, unknown int
	for i, s := range results {
		times := ran[int64(i+1)]
		switch {
		case s.err == nil:
			if fine++; times != 1 {
				t.Errorf("message %d is told as committed and ran %d times", i+1, times)
			}
		case errors.Is(s.err, chain.ErrRejected):
			if refused++; times != 0 {
				t.Errorf("message %d is told as refused and ran %d times: %v", i+1, times, s.err)
			}
		default:
			if unknown++; times > 1 {
				t.Errorf("message %d ran %d times: %v", i+1, times, s.err)
			}
		}
	}
	t.Logf("%d committed, %d refused, %d given up", fine, refused, unknown)
	if fine == 0 {
		t.Error("none was committed")
	}
}
