package chain_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc/metadata"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// pool is what a node's transactions wait in, and what its blocks do with them.
type pool struct {
	hold    bool // until block
	flood   bool // simulations run on what waits too, as with CometBFT's pool
	waiting []pooled
	taken   []pooled                                 // all that were ever accepted
	onOffer func(*tx.TxRaw) (*sdk.TxResponse, error) // says something else of what was taken
	onBlock func(*tx.TxRaw) *sdk.TxResponse          // nil: it runs; code 0 of another answer: the same
	after   map[int64]uint64                         // the account's sequence after each block
}

type pooled struct {
	hash string
	raw  *tx.TxRaw
}

// before is a refusal that the chain does not count: before the messages.
const before = "before the messages"

func (n *node) sequenceAsked(ctx context.Context) uint64 {
	asked, _ := metadata.FromIncomingContext(ctx)
	for _, text := range asked.Get("x-cosmos-block-height") {
		height, _ := strconv.ParseInt(text, 10, 64)
		return n.after[height]
	}
	return n.sequence
}

func (n *node) sequenceSimulated() uint64 {
	if n.flood {
		return n.sequence + uint64(len(n.waiting))
	}
	return n.sequence
}

// makeBlock runs all that waits.
func (n *node) makeBlock() {
	n.height++
	for _, each := range n.waiting {
		result := &sdk.TxResponse{GasUsed: 90_000, Data: answerOf(n.t, each.raw)}
		if n.height > n.timeoutOf(each.raw) {
			continue
		}
		if n.sequenceOf(each.raw) != n.sequence {
			result = &sdk.TxResponse{Codespace: "sdk", Code: 32, Info: before}
		} else if n.onBlock != nil {
			if other := n.onBlock(each.raw); other != nil {
				result = other
			}
		}
		result.TxHash, result.Height = each.hash, n.height
		if result.Info != before {
			n.sequence++
		}
		n.committed[each.hash] = result
	}
	n.waiting, n.after[n.height] = nil, n.sequence
}

// take accepts a transaction. No other one of its number may be able to come in.
func (n *node) take(hash string, raw *tx.TxRaw) {
	for _, other := range n.taken {
		alive := n.height < n.timeoutOf(other.raw) && n.sequenceOf(other.raw) >= n.sequence
		if alive && other.hash != hash && n.sequenceOf(other.raw) == n.sequenceOf(raw) {
			n.t.Errorf("number %d is claimed by two transactions at height %d", n.sequenceOf(raw), n.height)
		}
	}
	n.taken = append(n.taken, pooled{hash, raw})
	if n.waiting = append(n.waiting, pooled{hash, raw}); !n.hold {
		n.makeBlock()
	}
}

func (n *node) block() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.makeBlock()
}

// blocks makes empty ones: the pool is dropped, as the node that restarts does.
func (n *node) blocks(count int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.forget()
	for range count {
		n.makeBlock()
	}
}

// forget is a restart's loss: of the pool, and of what was looked at.
func (n *node) forget() { n.waiting, n.seen = nil, map[string]bool{} }

// untilWaiting waits for a number of transactions in the pool.
func (n *node) untilWaiting(count int) []pooled {
	n.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		n.mu.Lock()
		got := slices.Clone(n.waiting)
		n.mu.Unlock()
		if len(got) == count {
			return got
		}
		if time.Now().After(deadline) {
			n.t.Fatalf("%d transactions in the pool, want %d", len(got), count)
		}
	}
}

// stays says that a number of transactions in the pool remains for a while.
func (n *node) stays(count int) {
	n.t.Helper()
	time.Sleep(300 * time.Millisecond)
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.waiting) != count {
		n.t.Fatalf("%d transactions in the pool, want still %d", len(n.waiting), count)
	}
}

func (n *node) timeoutOf(raw *tx.TxRaw) int64 {
	var body tx.TxBody
	if err := proto.Unmarshal(raw.BodyBytes, &body); err != nil {
		n.t.Fatal(err)
	}
	return int64(body.TimeoutHeight)
}

// endowmentOf names a message: tests offer another with each.
func endowmentOf(t *testing.T, raw *tx.TxRaw) int64 {
	t.Helper()
	var body tx.TxBody
	var msg flowtypes.MsgSubmit
	if err := proto.Unmarshal(raw.BodyBytes, &body); err != nil {
		t.Fatal(err)
	}
	if err := proto.Unmarshal(body.Messages[0].Value, &msg); err != nil {
		t.Fatal(err)
	}
	return msg.Endowment.Int64()
}

// happened counts how often each message ran.
func (n *node) happened() map[int64]int {
	n.mu.Lock()
	defer n.mu.Unlock()
	ran, done := map[int64]int{}, map[string]bool{}
	for _, raw := range n.sent {
		bytes, err := proto.Marshal(raw)
		if err != nil {
			n.t.Fatal(err)
		}
		hash := hashOf(bytes)
		if result := n.committed[hash]; result != nil && result.Code == 0 && !done[hash] {
			ran[endowmentOf(n.t, raw)]++
			done[hash] = true
		}
	}
	return ran
}

func hashOf(bytes []byte) string { return fmt.Sprintf("%X", sha256.Sum256(bytes)) }
