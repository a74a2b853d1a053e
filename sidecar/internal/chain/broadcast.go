package chain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
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
	sdkCodespace       = "sdk"
	codeOutOfGas       = 11
	codeFeeTooLow      = 13
	codeInMempool      = 19
	codeMempoolFull    = 20
	codeWrongSequence  = 32
	maxAttempts        = 8
	timeoutBlocks      = 40 // a transaction not in by then can never come in
	commitPoll         = 150 * time.Millisecond
	rebroadcastEvery   = 4 * time.Second
	defaultSendTimeout = 2 * time.Minute
	outOfGasFactor     = 2 // twice the gas, once
)

// alreadySeen is CometBFT's mempool.ErrSeenTx, which the SDK passes on as text.
const alreadySeen = "tx already seen"

// errExpired: the transaction's timeout height passed and it is in no block.
var errExpired = errors.New("transaction expired unseen")

// Account is a Sender: one key over one node.
type Account struct {
	remote *Remote
	key    Key
	turn   chan struct{} // holds one token while a send is under way

	// Guarded by turn.
	chainID          string
	number, sequence uint64
	known            bool // number and sequence are current as far as we know
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

// resync reads chain id, account number and sequence if they are not known.
func (a *Account) resync(ctx context.Context) error {
	if a.known {
		return nil
	}
	status, err := a.remote.Status(ctx)
	if err != nil {
		return err
	}
	number, sequence, err := a.remote.account(ctx, a.Address())
	if err != nil {
		return err
	}
	a.chainID, a.number, a.sequence, a.known = status.ChainID, number, sequence, true
	return nil
}

// estimate returns the fee a message would be sent with.
func (a *Account) estimate(ctx context.Context, msg proto.Message) (*big.Int, error) {
	if err := a.lock(ctx); err != nil {
		return nil, err
	}
	defer a.unlock()
	for attempt := 0; ; attempt++ {
		if err := a.resync(ctx); err != nil {
			return nil, err
		}
		gas, err := a.simulate(ctx, msg)
		if isCode(err, codeWrongSequence) && attempt < maxAttempts {
			a.known = false
			continue
		}
		if err != nil {
			return nil, err
		}
		price, err := a.remote.gasPrice(ctx)
		if err != nil {
			return nil, err
		}
		return price.Mul(price, new(big.Int).SetUint64(gas)), nil
	}
}

// send signs, sends and waits for the commit of one message, and decodes its
// response. It tries again only what cannot have happened.
func (a *Account) send(ctx context.Context, msg, response proto.Message) (Receipt, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultSendTimeout)
		defer cancel()
	}
	if err := a.lock(ctx); err != nil {
		return Receipt{}, err
	}
	defer a.unlock()
	gasFactor := uint64(1)
	var lastErr error
	for attempt := 1; attempt <= maxAttempts; attempt++ {
		receipt, result, err := a.try(ctx, msg, gasFactor, uint64(attempt))
		if err == nil {
			return receipt, decodeResponse(result, response)
		}
		lastErr = err
		switch {
		case isCode(err, codeWrongSequence), errors.Is(err, errExpired):
			a.known = false
		case isCode(err, codeFeeTooLow), isCode(err, codeMempoolFull):
			// the next try asks for the base fee again
		case isCode(err, codeOutOfGas) && gasFactor == 1:
			gasFactor = outOfGasFactor
		default:
			if !errors.Is(err, ErrRejected) {
				a.known = false // it may or may not have come in
			}
			return receipt, err
		}
		if err := sleep(ctx, time.Duration(attempt)*200*time.Millisecond); err != nil {
			break
		}
	}
	return Receipt{}, lastErr
}

// try builds, broadcasts and awaits one transaction. No two attempts have the
// same bytes: a node refuses to look at those it refused a moment ago.
func (a *Account) try(ctx context.Context, msg proto.Message, gasFactor, attempt uint64) (Receipt, *sdk.TxResponse, error) {
	if err := a.resync(ctx); err != nil {
		return Receipt{}, nil, err
	}
	gas, err := a.simulate(ctx, msg)
	if err != nil {
		return Receipt{}, nil, err
	}
	gas *= gasFactor
	price, err := a.remote.gasPrice(ctx)
	if err != nil {
		return Receipt{}, nil, err
	}
	head, err := a.remote.Status(ctx)
	if err != nil {
		return Receipt{}, nil, err
	}
	fee := price.Mul(price, new(big.Int).SetUint64(gas))
	timeout := uint64(head.Height) + timeoutBlocks + attempt
	bytes, err := a.signTx(msg, envelope{a.chainID, a.number, a.sequence, gas, fee, timeout})
	if err != nil {
		return Receipt{}, nil, err
	}
	digest := sha256.Sum256(bytes)
	receipt := Receipt{TxHash: strings.ToUpper(hex.EncodeToString(digest[:])), Fee: fee}
	if err := a.broadcast(ctx, bytes); err != nil {
		return receipt, nil, err
	}
	result, err := a.await(ctx, bytes, receipt.TxHash, timeout)
	if err != nil {
		return receipt, nil, err
	}
	a.sequence++ // in a block, whatever its code
	receipt.Height, receipt.GasUsed = result.Height, uint64(result.GasUsed)
	if result.Code != 0 {
		a.known = false // the ante chain may have refused before counting
		return receipt, nil, rejection(result)
	}
	return receipt, result, nil
}

// simulate returns the gas to offer: what a run on the node's state took and 30 %.
func (a *Account) simulate(ctx context.Context, msg proto.Message) (uint64, error) {
	// A fee of 1 base unit makes the run pay for moving the fee as well.
	bytes, err := a.signTx(msg, envelope{a.chainID, a.number, a.sequence, 0, big.NewInt(1), 0})
	if err != nil {
		return 0, err
	}
	call, cancel := bounded(ctx)
	defer cancel()
	answer, err := tx.NewServiceClient(a.remote.conn).Simulate(call, &tx.SimulateRequest{TxBytes: bytes})
	if err != nil {
		mapped := mapError(ctx, "simulate", err)
		if code := status.Code(err); !errors.Is(mapped, ErrUnavailable) && (code == codes.Unknown || code == codes.InvalidArgument) {
			return 0, a.remote.whyRefused(ctx, bytes, status.Convert(err).Message())
		}
		return 0, mapped
	}
	if answer.GasInfo == nil || answer.GasInfo.GasUsed == 0 {
		return 0, fmt.Errorf("%w: simulation without gas", ErrMalformed)
	}
	return answer.GasInfo.GasUsed/10*13 + 10_000, nil
}

// whyRefused finds codespace and code of a failed simulation, which gRPC drops.
func (r *Remote) whyRefused(ctx context.Context, bytes []byte, log string) error {
	refused := &Rejection{Log: log}
	if strings.Contains(log, "account sequence mismatch") {
		refused.Codespace, refused.Code = sdkCodespace, codeWrongSequence
		return refused
	}
	var answer struct {
		Response struct {
			Code      uint32 `json:"code"`
			Codespace string `json:"codespace"`
			Log       string `json:"log"`
		} `json:"response"`
	}
	params := map[string]any{"path": "/app/simulate", "data": hex.EncodeToString(bytes)}
	if r.comet(ctx, "abci_query", params, &answer) == nil && answer.Response.Code != 0 {
		refused.Codespace, refused.Code, refused.Log = answer.Response.Codespace, answer.Response.Code, answer.Response.Log
	}
	return refused
}

// broadcast hands a transaction to the node's mempool, again and again while the
// node does not answer: the same bytes can come in only once. After an offer of
// unknown fate a refusal proves nothing (the first copy may be in a block), so
// it is left to await.
func (a *Account) broadcast(ctx context.Context, bytes []byte) error {
	unsure := false
	for {
		answer, err := a.offer(ctx, bytes)
		if err == nil {
			inMempool := answer.Codespace == sdkCodespace && answer.Code == codeInMempool
			if answer.Code == 0 || inMempool || unsure {
				return nil
			}
			return rejection(answer)
		}
		if !errors.Is(err, ErrUnavailable) {
			return err
		}
		unsure = true
		if sleep(ctx, 300*time.Millisecond) != nil {
			return err
		}
	}
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

// await polls until the transaction is in a block or can be in none.
func (a *Account) await(ctx context.Context, bytes []byte, hash string, timeoutHeight uint64) (*sdk.TxResponse, error) {
	service := tx.NewServiceClient(a.remote.conn)
	offered := time.Now()
	var passed bool // the head was past timeoutHeight before this poll
	for {
		call, cancel := context.WithTimeout(ctx, defaultCall)
		answer, err := service.GetTx(call, &tx.GetTxRequest{Hash: hash})
		cancel()
		switch code := status.Code(err); {
		case err == nil && answer.TxResponse != nil && answer.TxResponse.Height > 0:
			return answer.TxResponse, nil
		case code == codes.NotFound && passed:
			return nil, fmt.Errorf("%w: %s not in a block by height %d", errExpired, hash, timeoutHeight)
		case err != nil && code != codes.NotFound && code != codes.Unavailable && code != codes.DeadlineExceeded && code != codes.Internal:
			return nil, mapError(ctx, "await transaction "+hash, err)
		}
		if time.Since(offered) > rebroadcastEvery { // a node that restarted has lost its mempool
			offered = time.Now()
			head, err := a.remote.Status(ctx)
			passed = err == nil && uint64(head.Height) > timeoutHeight+1
			_, _ = a.offer(ctx, bytes)
		}
		if err := sleep(ctx, commitPoll); err != nil {
			return nil, fmt.Errorf("transaction %s was sent, its commit not seen: %w: %w", hash, ErrUnavailable, err)
		}
	}
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
