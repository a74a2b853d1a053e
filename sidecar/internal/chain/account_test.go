package chain_test

import (
	"context"
	"errors"
	"math/big"
	"sync"
	"testing"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// sent is a send that may still go on.
type sent struct {
	receipt chain.Receipt
	err     error
	done    chan struct{}
}

func (s *sent) wait(t *testing.T) *sent {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		t.Fatal("a send does not end")
	}
	return s
}

// start sends a message of its own in the background.
func start(ctx context.Context, sender *chain.Account, endowment int64) *sent {
	s := &sent{done: make(chan struct{})}
	go func() {
		defer close(s.done)
		_, s.receipt, s.err = sender.Submit(ctx, 0, []chain.Submission{{SizeBytes: 900, Endowment: big.NewInt(endowment), Nodes: []chain.Node{{Height: 2}}}})
	}()
	return s
}

// startInOrder begins sends 1 to count, each when the one before is in the pool.
func startInOrder(n *node, sender *chain.Account, count int) []*sent {
	n.t.Helper()
	var all []*sent
	for i := range count {
		all = append(all, start(shortly(n.t), sender, int64(i+1)))
		n.untilWaiting(i + 1)
	}
	return all
}

// holding is a node whose pool holds, and a sender that offers again soon.
func holding(t *testing.T) (*node, *chain.Account) {
	t.Helper()
	n := startNode(t)
	n.hold = true
	sender := chain.NewSender(n.dial(), testKey(t))
	sender.OfferEvery(100 * time.Millisecond)
	return n, sender
}

// onceEach says that messages 1 to count ran once each.
func onceEach(n *node, count int) {
	n.t.Helper()
	ran := n.happened()
	for i := range count {
		if ran[int64(i+1)] != 1 {
			n.t.Errorf("message %d ran %d times, want once", i+1, ran[int64(i+1)])
		}
	}
	if len(ran) != count {
		n.t.Errorf("%d messages ran, want %d", len(ran), count)
	}
}

func TestSeveralTransactionsOfAnAccountAreInOneBlock(t *testing.T) {
	for name, flood := range map[string]bool{"a pool of the app's": false, "CometBFT's pool": true} {
		t.Run(name, func(t *testing.T) {
			n, sender := holding(t)
			n.flood = flood
			var all []*sent
			for i := range chain.MaxUnderWay + 2 {
				all = append(all, start(shortly(t), sender, int64(i+1)))
			}
			for i, each := range n.untilWaiting(chain.MaxUnderWay) {
				if got := n.sequenceOf(each.raw); got != uint64(3+i) {
					t.Errorf("transaction %d has number %d, want %d", i, got, 3+i)
				}
			}
			if fee, err := sender.EstimateFee(shortly(t), 0, oneFile()); err != nil || fee.Sign() <= 0 {
				t.Errorf("with transactions under way: fee %v, %v", fee, err)
			}
			n.stays(chain.MaxUnderWay) // the others wait
			n.block()
			n.untilWaiting(2)
			n.block()
			perHeight := map[int64]int{}
			for _, s := range all {
				if s.wait(t).err != nil {
					t.Fatal(s.err)
				}
				perHeight[s.receipt.Height]++
			}
			if perHeight[6] != chain.MaxUnderWay || perHeight[7] != 2 {
				t.Fatalf("by height %v, want %d and 2", perHeight, chain.MaxUnderWay)
			}
			onceEach(n, chain.MaxUnderWay+2)
		})
	}
}

func TestARestartedNodeIsGivenAgainWhatItForgot(t *testing.T) {
	n, sender := holding(t)
	all := startInOrder(n, sender, 4)
	n.mu.Lock()
	n.forget()
	n.mu.Unlock()
	n.grpc.Stop()
	n.serve(n.grpcAddr)
	n.untilWaiting(4) // in order, else it would have refused
	n.block()
	for _, s := range all {
		if s.wait(t).err != nil {
			t.Fatal(s.err)
		}
	}
	if onceEach(n, 4); n.sequence != 7 {
		t.Fatalf("sequence %d, want 7", n.sequence)
	}
}

// The first never comes back; its successors cannot run without it. None is sent
// anew before all of them are past their heights.
func TestWhatIsBehindALostTransactionExpiresWithIt(t *testing.T) {
	n, sender := holding(t)
	all := startInOrder(n, sender, 3)
	n.mu.Lock()
	n.forget()
	old := n.height
	n.onSend = func(*tx.TxRaw) *sdk.TxResponse { // offered again, at the old fee
		if n.height < old+45 {
			return &sdk.TxResponse{Codespace: "sdk", Code: 13}
		}
		return nil
	}
	began := len(n.sent)
	n.mu.Unlock()
	n.blocks(38) // the third has the lowest timeout height of them
	fourth := start(shortly(t), sender, 4)
	time.Sleep(500 * time.Millisecond)
	n.mu.Lock()
	for _, raw := range n.sent[began:] {
		if endowmentOf(t, raw) == 4 || n.height != old+38 {
			t.Errorf("message %d was sent before the numbers were certain", endowmentOf(t, raw))
		}
	}
	n.mu.Unlock()
	n.blocks(7)
	n.untilWaiting(4)
	n.block()
	for _, s := range append(all, fourth) {
		if s.wait(t).err != nil {
			t.Fatal(s.err)
		}
	}
	onceEach(n, 4)
}

func TestATransactionRefusedAtTheDoorLeavesNoGap(t *testing.T) {
	n, sender := holding(t)
	n.onSend = func(raw *tx.TxRaw) *sdk.TxResponse {
		if endowmentOf(t, raw) == 3 {
			return &sdk.TxResponse{Codespace: "flow", Code: 3, RawLog: "too little"}
		}
		return nil
	}
	first := startInOrder(n, sender, 2)
	third := start(shortly(t), sender, 3).wait(t)
	fourth := start(shortly(t), sender, 4)
	n.untilWaiting(3)
	n.block()
	var why *chain.Rejection
	if !errors.As(third.err, &why) || why.Code != 3 {
		t.Errorf("got %v, want the refusal", third.err)
	}
	for _, s := range append(first, fourth) {
		if s.wait(t).err != nil || s.receipt.Height != 6 {
			t.Errorf("got %+v, %v", s.receipt, s.err)
		}
	}
	if ran := n.happened(); len(ran) != 3 || ran[3] != 0 || n.sequence != 6 {
		t.Errorf("ran %v, sequence %d", ran, n.sequence)
	}
}

func TestAFailedMessageTakesItsNumberOnly(t *testing.T) {
	n, sender := holding(t)
	n.onBlock = func(raw *tx.TxRaw) *sdk.TxResponse {
		if endowmentOf(t, raw) == 2 {
			return &sdk.TxResponse{Codespace: "flow", Code: 3, GasUsed: 9}
		}
		return nil
	}
	all := startInOrder(n, sender, 3)
	n.block()
	for i, s := range all {
		if refused := errors.Is(s.wait(t).err, chain.ErrRejected); refused != (i == 1) || s.receipt.Height != 6 {
			t.Errorf("message %d: %+v, %v", i+1, s.receipt, s.err)
		}
	}
	if n.sequence != 6 {
		t.Errorf("sequence %d, want 6", n.sequence)
	}
}

// A block refuses the first before its message, and so the others: the chain has
// counted none, and each may come into a later block.
func TestWhatABlockDidNotCountMayStillComeIn(t *testing.T) {
	for name, comes := range map[string]bool{"it comes in": true, "it does not": false} {
		t.Run(name, func(t *testing.T) {
			n, sender := holding(t)
			full := true
			n.onBlock = func(raw *tx.TxRaw) *sdk.TxResponse {
				if full && endowmentOf(t, raw) == 1 {
					return &sdk.TxResponse{Codespace: "sdk", Code: 13, Info: before}
				}
				return nil
			}
			all := startInOrder(n, sender, 3)
			n.block()
			fourth := start(shortly(t), sender, 4)
			n.stays(0) // the fourth waits for what becomes of them
			if n.sequence != 3 || len(n.sent) != 3 {
				t.Fatalf("sequence %d, %d sent: want 3 and none anew", n.sequence, len(n.sent))
			}
			n.mu.Lock()
			full = false
			n.forget() // it looks at them again
			n.mu.Unlock()
			if !comes {
				n.blocks(45)
				n.untilWaiting(4)
			} else {
				n.untilWaiting(3)
				n.block()
				n.untilWaiting(1)
			}
			n.block()
			for _, s := range append(all, fourth) {
				if s.wait(t).err != nil {
					t.Fatal(s.err)
				}
			}
			onceEach(n, 4)
		})
	}
}

func TestASenderThatGaveUpLeavesTheAccountUsable(t *testing.T) {
	n, sender := holding(t)
	brief, cancel := context.WithCancel(shortly(t))
	first := start(brief, sender, 1)
	n.untilWaiting(1)
	second := start(shortly(t), sender, 2)
	n.untilWaiting(2)
	cancel()
	if first.wait(t); !errors.Is(first.err, chain.ErrUnavailable) || !errors.Is(first.err, context.Canceled) || first.receipt.TxHash == "" {
		t.Fatalf("got %+v, %v; want a hash of unknown fate", first.receipt, first.err)
	}
	n.mu.Lock()
	n.forget() // with nobody waiting for the first it is offered all the same
	n.mu.Unlock()
	n.untilWaiting(2)
	third := start(shortly(t), sender, 3)
	n.untilWaiting(3)
	ended, cancel := context.WithCancel(shortly(t))
	cancel()
	if err := start(ended, sender, 9).wait(t).err; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	n.block()
	if second.wait(t).err != nil || third.wait(t).err != nil {
		t.Fatal(second.err, third.err)
	}
	onceEach(n, 3)
}

func TestAContextMayEndWhileOthersAreUnderWay(t *testing.T) {
	n, sender := holding(t)
	all := startInOrder(n, sender, chain.MaxUnderWay)
	brief, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	late, behind := start(brief, sender, 100), start(brief, sender, 101)
	for _, s := range []*sent{late, behind} {
		if s.wait(t); !errors.Is(s.err, context.DeadlineExceeded) || s.receipt.TxHash != "" {
			t.Fatalf("got %+v, %v; want nothing sent", s.receipt, s.err)
		}
	}
	n.block()
	for _, s := range all {
		if s.wait(t).err != nil {
			t.Fatal(s.err)
		}
	}
	onceEach(n, chain.MaxUnderWay)
}

// A pool that took too long says "undefined"; a connection that breaks says
// nothing. The number may be taken or not, so none is given out meanwhile.
func TestAnUnknownFateHoldsTheNumbersBack(t *testing.T) {
	for name, answer := range map[string]error{"a slow pool": nil, "a broken call": status.Error(codes.Unknown, "broken")} {
		t.Run(name, func(t *testing.T) {
			n, sender := holding(t)
			n.onOffer = func(*tx.TxRaw) (*sdk.TxResponse, error) {
				return &sdk.TxResponse{Codespace: "undefined", Code: 1}, answer
			}
			first := start(shortly(t), sender, 1)
			n.untilWaiting(1)
			n.mu.Lock()
			n.onOffer = nil
			n.mu.Unlock()
			second := start(shortly(t), sender, 2)
			n.stays(1)
			n.block()
			n.untilWaiting(1)
			n.block()
			if second.wait(t).err != nil {
				t.Fatal(second.err)
			}
			if first.wait(t); (first.err != nil) != (answer != nil) {
				t.Fatalf("got %v", first.err)
			}
			onceEach(n, 2)
		})
	}
}

func TestSenderIsSharedByGoroutines(t *testing.T) {
	n := startNode(t)
	sender := chain.NewSender(n.dial(), testKey(t))
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			if _, _, err := sender.Submit(shortly(t), 0, oneFile()); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if len(n.committed) != 4 || n.sequence != 7 {
		t.Fatalf("%d committed, sequence %d; want 4 and 7", len(n.committed), n.sequence)
	}
}

func TestALostAnswerDoesNotSendTwice(t *testing.T) {
	n := startNode(t)
	n.lose = 1
	if _, _, err := chain.NewSender(n.dial(), testKey(t)).Submit(shortly(t), 0, oneFile()); err != nil {
		t.Fatal(err)
	}
	if len(n.committed) != 1 {
		t.Fatalf("%d transactions committed, want 1", len(n.committed))
	}
}
