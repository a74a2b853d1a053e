package chain

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// maxUnderWay bounds an account's transactions of which no block is known yet;
// more wait. A node's pool takes many more; but when the first is lost, all
// behind it wait with it.
const maxUnderWay = 8

// Account is a Sender: one key over one node.
//
// A number (sequence) is given to one transaction only:
//
//   - The turn is held from the choice of a number until the node's pool has
//     answered. The next number is given out only after the one before it was
//     accepted, so there are no gaps.
//   - From then on the transaction is under way, and is followed (account_follow.go)
//     until it is in a block or can be in none, whether its sender still waits or
//     not.
//   - Once the numbers are in doubt no transaction begins until none is under way;
//     then they are read again. What is under way could claim a number that is
//     read, as the chain does not count what waits.
type Account struct {
	remote     *Remote
	key        Key
	turn       chan struct{} // holds one token while a transaction is built and offered
	offerEvery time.Duration

	// Guarded by turn.
	number, sequence uint64
	built            uint64 // transactions signed for a block

	mu       sync.Mutex
	known    bool      // number and sequence are current as far as we know
	underWay []*flight // by sequence
	landed   chan struct{}
}

// flight is a transaction that the node has, or may have.
type flight struct {
	bytes         []byte
	hash          string
	sequence      uint64
	timeoutHeight uint64
	outcome       chan outcome // holds one; only the first is kept
}

// NewSender returns a sender that signs with key over the client's node. Up to
// eight transactions are under way at a time, in the order of their calls; two
// Accounts of one key would take each other's numbers, so use one Account per
// key and process.
func NewSender(remote *Remote, key Key) *Account {
	return &Account{
		remote: remote, key: key, turn: make(chan struct{}, 1), offerEvery: rebroadcastEvery,
		landed: make(chan struct{}, 1),
	}
}

// lock waits for the account's turn or the context's end.
func (a *Account) lock(ctx context.Context) error {
	select {
	case a.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the account's turn: %w", ctx.Err())
	}
}

func (a *Account) unlock() { <-a.turn }

// ready waits until a transaction may begin, and reads the account's numbers if
// they are in doubt. Only the holder of the turn calls it; nothing else begins a
// transaction or trusts numbers again, so what it found holds when it returns.
func (a *Account) ready(ctx context.Context) error {
	for {
		a.mu.Lock()
		count, known := len(a.underWay), a.known
		a.mu.Unlock()
		if known && count < maxUnderWay {
			return nil
		}
		if count == 0 {
			return a.resync(ctx)
		}
		select {
		case <-a.landed:
		case <-ctx.Done():
			return fmt.Errorf("wait for %d transactions under way: %w", count, ctx.Err())
		}
	}
}

func (a *Account) resync(ctx context.Context) error {
	number, sequence, err := a.remote.account(ctx, a.Address())
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.number, a.sequence, a.known = number, sequence, true
	return nil
}

// doubt has the numbers read again as soon as nothing is under way.
func (a *Account) doubt() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.known = false
}

func (a *Account) begin(f *flight) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.underWay = append(a.underWay, f)
}

// end takes a transaction off that is in a block or can be in none. A doubt
// comes with it, not after it: in between a number could be given out.
func (a *Account) end(f *flight, doubtful bool) {
	a.mu.Lock()
	if doubtful {
		a.known = false
	}
	a.underWay = slices.DeleteFunc(a.underWay, func(other *flight) bool { return other == f })
	a.mu.Unlock()
	select {
	case a.landed <- struct{}{}:
	default: // it was told already and has not looked yet
	}
}

// waiting returns what is under way, in order.
func (a *Account) waiting() []*flight {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.underWay)
}
