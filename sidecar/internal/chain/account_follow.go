package chain

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/connectivity"
	"google.golang.org/grpc/status"
)

const (
	commitPoll = 150 * time.Millisecond
	// rebroadcastEvery is a little more than the 5 s for which a node does not look
	// again at what it refused.
	rebroadcastEvery = 6 * time.Second
)

// errExpired: the transaction's timeout height passed and it is in no block.
var errExpired = errors.New("transaction expired unseen")

// outcome is how a transaction ended: in a block, or in none by err.
type outcome struct {
	result *sdk.TxResponse
	err    error
}

// tell passes an outcome to the sender, who reads the first and may be gone.
func (f *flight) tell(result *sdk.TxResponse, err error) {
	select {
	case f.outcome <- outcome{result, err}:
	default:
	}
}

// wait is for the sender: until the outcome, or the context's end.
func (f *flight) wait(ctx context.Context) (*sdk.TxResponse, error) {
	select {
	case o := <-f.outcome:
		return o.result, o.err
	case <-ctx.Done():
	}
	select {
	case o := <-f.outcome: // both had come
		return o.result, o.err
	default:
		return nil, fmt.Errorf("transaction %s was sent, its commit not seen: %w: %w", f.hash, ErrUnavailable, ctx.Err())
	}
}

// follow stays with a transaction until it is in a block or can be in none. ctx
// does not end with the sender's: its number is taken by it until then.
//
// When transaction n is lost for good, n+1 and what else was sent after it cannot
// run, but their bytes stay valid up to their own timeout heights: a new n would
// bring them in. So each of them is followed to its own end, and only then, with
// nothing under way, are numbers read and the messages sent again. None of the
// old bytes can come in beside the new ones.
func (a *Account) follow(ctx context.Context, f *flight) {
	result, doubtful, err := a.await(ctx, f)
	a.end(f, doubtful)
	f.tell(result, err)
}

// await polls until the transaction is in a block or can be in none, and says
// whether the account's numbers are in doubt after it.
func (a *Account) await(ctx context.Context, f *flight) (result *sdk.TxResponse, doubtful bool, err error) {
	offered := time.Now()
	var passed bool // the head was past timeoutHeight before this poll
	for {
		result, err := a.remote.lookUp(ctx, f.hash)
		switch {
		case err == nil && result.Code == 0:
			return result, false, nil
		case err == nil:
			if counted, err := a.counted(ctx, f, result.Height); err == nil && counted {
				return result, false, nil
			} else if err == nil {
				a.doubt()
			}
			if passed {
				return result, true, nil
			}
		case a.remote.conn.GetState() == connectivity.Shutdown: // the client was closed
			return nil, true, mapError(ctx, "await transaction "+f.hash, err)
		case errors.Is(err, errNotInBlock) && passed:
			return nil, true, fmt.Errorf("%w: %s not in a block by height %d", errExpired, f.hash, f.timeoutHeight)
		case !waitingHelps(err):
			err = mapError(ctx, "await transaction "+f.hash, err)
			if f.tell(nil, err); passed {
				return nil, true, err
			}
		}
		if time.Since(offered) > a.offerEvery { // a node that restarted has lost its mempool
			offered = time.Now()
			head, err := a.remote.Status(ctx)
			passed = err == nil && uint64(head.Height) > f.timeoutHeight+1
			a.offerAgain(ctx, f)
		}
		time.Sleep(commitPoll)
	}
}

// errNotInBlock: the node knows no block with the transaction.
var errNotInBlock = errors.New("not in a block")

// lookUp finds a transaction in the node's blocks; other errors are gRPC's.
func (r *Remote) lookUp(ctx context.Context, hash string) (*sdk.TxResponse, error) {
	call, cancel := context.WithTimeout(ctx, defaultCall)
	defer cancel()
	answer, err := tx.NewServiceClient(r.conn).GetTx(call, &tx.GetTxRequest{Hash: hash})
	switch {
	case status.Code(err) == codes.NotFound:
		return nil, errNotInBlock
	case err != nil:
		return nil, err
	case answer.TxResponse == nil || answer.TxResponse.Height <= 0:
		return nil, errNotInBlock
	}
	return answer.TxResponse, nil
}

// waitingHelps says whether the answer to a look-up may be another one later.
func waitingHelps(err error) bool {
	if errors.Is(err, errNotInBlock) || isNotReady(err) {
		return true
	}
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Internal, codes.Aborted:
		return true
	}
	return false
}

// counted says whether the block that refused a transaction counted it. A message
// that failed was counted, and the transaction is done. One that was refused
// before its messages (its number was not the next, its fee too low) was not: the
// same bytes may come into a later block and do all they say, so it is awaited to
// its timeout height. A later number would not tell: it may be the later block's.
func (a *Account) counted(ctx context.Context, f *flight, height int64) (bool, error) {
	_, sequence, err := a.remote.account(atHeight(ctx, height), a.Address())
	return sequence > f.sequence, err
}

// offerAgain gives the node again what is under way. The first in line does so
// for all, in order: a node refuses one whose predecessor it has not, and then
// does not look at it for a while.
func (a *Account) offerAgain(ctx context.Context, f *flight) {
	waiting := a.waiting()
	if len(waiting) == 0 || waiting[0] != f {
		return
	}
	for _, each := range waiting {
		answer, err := a.offer(ctx, each.bytes)
		if err != nil || answer.Code != 0 && !inMempool(answer) {
			return
		}
	}
}
