package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Codes of the SDK's own codespace that the sender acts on.
const (
	sdkCodespace      = "sdk"
	codeOutOfGas      = 11
	codeFeeTooLow     = 13
	codeInMempool     = 19
	codeMempoolFull   = 20
	codeWrongSequence = 32
)

// noCodespace is of errors that no module names. A pool that took too long to
// answer says so with it, and may take the transaction yet.
const noCodespace = "undefined"

// alreadySeen is CometBFT's mempool.ErrSeenTx, which the SDK passes on as text.
const alreadySeen = "tx already seen"

// fate is what is known of a transaction after it was offered.
type fate int

const (
	refused  fate = iota // the node has not taken it
	accepted             // it waits in the node's pool
	unknown              // the node may have it
)

// broadcast hands a transaction to the node's mempool, again and again while the
// node does not answer: the same bytes can come in only once. After an offer of
// unknown fate neither a refusal nor "already seen" proves anything: the first
// copy may be in a block, or may have been refused. A refusal comes with why; an
// unknown fate with an error if offering again does not help.
func (a *Account) broadcast(ctx context.Context, bytes []byte) (fate, error) {
	for first := true; ; first = false {
		answer, err := a.offer(ctx, bytes)
		switch {
		case err == nil && answer.Code == 0:
			return accepted, nil
		case err == nil && first && inMempool(answer):
			return accepted, nil
		case err == nil && first && answer.Codespace != noCodespace:
			return refused, rejection(answer)
		case err == nil:
			return unknown, nil
		case first && neverArrived(err):
			return refused, err
		case !errors.Is(err, ErrUnavailable):
			return unknown, err
		}
		if sleep(ctx, 300*time.Millisecond) != nil {
			return unknown, err
		}
	}
}

// neverArrived says that a call ended before the node's pool: the client, a proxy
// or the node's gRPC refused it as a call.
func neverArrived(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated, codes.ResourceExhausted:
		return true
	}
	return false
}

func inMempool(answer *sdk.TxResponse) bool {
	return answer.Codespace == sdkCodespace && answer.Code == codeInMempool
}

func (a *Account) offer(ctx context.Context, bytes []byte) (*sdk.TxResponse, error) {
	call, cancel := bounded(ctx)
	defer cancel()
	answer, err := tx.NewServiceClient(a.remote.conn).BroadcastTx(call, &tx.BroadcastTxRequest{TxBytes: bytes, Mode: tx.BroadcastMode_BROADCAST_MODE_SYNC})
	if err != nil && strings.Contains(err.Error(), alreadySeen) {
		return &sdk.TxResponse{Codespace: sdkCodespace, Code: codeInMempool}, nil
	}
	if err != nil {
		return nil, mapError(ctx, "broadcast", err)
	}
	if answer.TxResponse == nil {
		return nil, fmt.Errorf("%w: broadcast without response", ErrMalformed)
	}
	return answer.TxResponse, nil
}

// decodeResponse unpacks the response of a transaction's only message.
func decodeResponse(result *sdk.TxResponse, response proto.Message) error {
	data, err := hex.DecodeString(result.Data)
	if err != nil {
		return fmt.Errorf("%w: transaction data: %w", ErrMalformed, err)
	}
	var all sdk.TxMsgData
	if err := proto.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("%w: transaction data: %w", ErrMalformed, err)
	}
	if len(all.MsgResponses) != 1 || all.MsgResponses[0] == nil {
		return fmt.Errorf("%w: %d message responses, want 1", ErrMalformed, len(all.MsgResponses))
	}
	if got, want := all.MsgResponses[0].TypeUrl, "/"+proto.MessageName(response); got != want {
		return fmt.Errorf("%w: response of type %s, want %s", ErrMalformed, got, want)
	}
	if err := proto.Unmarshal(all.MsgResponses[0].Value, response); err != nil {
		return fmt.Errorf("%w: message response: %w", ErrMalformed, err)
	}
	return nil
}

func rejection(r *sdk.TxResponse) *Rejection {
	return &Rejection{Codespace: r.Codespace, Code: r.Code, Log: r.RawLog, TxHash: r.TxHash}
}

// isCode says whether the chain refused with this code of the SDK.
func isCode(err error, code uint32) bool {
	var refused *Rejection
	return errors.As(err, &refused) && refused.Codespace == sdkCodespace && refused.Code == code
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
