package chain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"time"

	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/gogoproto/proto"
)

const (
	maxAttempts        = 8
	defaultSendTimeout = 2 * time.Minute
	outOfGasFactor     = 2 // twice the gas, once

	// A transaction is not valid above the head and timeoutBlocks. Those signed
	// one after the other differ in it by up to timeoutSteps, so that no two have
	// the same bytes: a node does not look at those it refused a moment ago.
	timeoutBlocks = 41
	timeoutSteps  = 8
)

// estimate returns the fee a message would be sent with.
func (a *Account) estimate(ctx context.Context, msg proto.Message) (*big.Int, error) {
	head, err := a.remote.Status(ctx)
	if err != nil {
		return nil, err
	}
	gas, err := a.simulate(ctx, head.ChainID, msg)
	if err != nil {
		return nil, err
	}
	price, err := a.remote.gasPrice(ctx)
	if err != nil {
		return nil, err
	}
	return price.Mul(price, new(big.Int).SetUint64(gas)), nil
}

// send signs, sends and waits for the commit of one message, and decodes its
// response. It tries again only what cannot have happened.
func (a *Account) send(ctx context.Context, msg, response proto.Message) (Receipt, error) {
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, defaultSendTimeout)
		defer cancel()
	}
	gasFactor := uint64(1)
	for attempt := 1; ; attempt++ {
		receipt, result, err := a.try(ctx, msg, gasFactor)
		if err == nil {
			return receipt, decodeResponse(result, response)
		}
		switch {
		case isCode(err, codeWrongSequence), errors.Is(err, errExpired):
			// the next try has numbers read again
		case isCode(err, codeFeeTooLow), isCode(err, codeMempoolFull):
			// the next try asks for the base fee again
		case isCode(err, codeOutOfGas) && gasFactor == 1:
			gasFactor = outOfGasFactor
		default:
			return receipt, err
		}
		if attempt == maxAttempts || sleep(ctx, time.Duration(attempt)*200*time.Millisecond) != nil {
			return receipt, err
		}
	}
}

// try sends one transaction and waits for its outcome, or for the context's end.
// What was sent then stays under way without a waiter, and may yet come in.
func (a *Account) try(ctx context.Context, msg proto.Message, gasFactor uint64) (Receipt, *sdk.TxResponse, error) {
	f, fee, err := a.launch(ctx, msg, gasFactor)
	if err != nil {
		return Receipt{}, nil, err
	}
	receipt := Receipt{TxHash: f.hash, Fee: fee}
	result, err := f.wait(ctx)
	if err != nil {
		return receipt, nil, err
	}
	receipt.Height, receipt.GasUsed = result.Height, uint64(result.GasUsed)
	if result.Code != 0 {
		return receipt, nil, rejection(result)
	}
	return receipt, result, nil
}

// launch builds one transaction and offers it to the node. No error means that it
// is under way; an error, that it is in no pool and cannot come in.
func (a *Account) launch(ctx context.Context, msg proto.Message, gasFactor uint64) (*flight, *big.Int, error) {
	if err := a.lock(ctx); err != nil {
		return nil, nil, err
	}
	defer a.unlock()
	if err := a.ready(ctx); err != nil {
		return nil, nil, err
	}
	f, fee, err := a.build(ctx, msg, gasFactor)
	if err != nil {
		return nil, nil, err
	}
	answer, err := a.broadcast(ctx, f.bytes)
	switch answer {
	case refused:
		if isCode(err, codeWrongSequence) {
			a.doubt()
		}
		return nil, nil, err
	case accepted:
		a.sequence++
	case unknown:
		// It may have the number or not: none is given out before that is known.
		a.doubt()
		if err != nil && ctx.Err() == nil {
			f.tell(nil, err)
		}
	}
	a.begin(f)
	go a.follow(context.WithoutCancel(ctx), f)
	return f, fee, nil
}

// build signs a message with the account's next number.
func (a *Account) build(ctx context.Context, msg proto.Message, gasFactor uint64) (*flight, *big.Int, error) {
	head, err := a.remote.Status(ctx)
	if err != nil {
		return nil, nil, err
	}
	gas, err := a.simulate(ctx, head.ChainID, msg)
	if err != nil {
		return nil, nil, err
	}
	gas *= gasFactor
	price, err := a.remote.gasPrice(ctx)
	if err != nil {
		return nil, nil, err
	}
	fee := price.Mul(price, new(big.Int).SetUint64(gas))
	timeout := uint64(head.Height) + timeoutBlocks - a.built%timeoutSteps
	a.built++
	bytes, err := a.signTx(msg, envelope{head.ChainID, a.number, a.sequence, gas, fee, timeout})
	if err != nil {
		return nil, nil, err
	}
	digest := sha256.Sum256(bytes)
	return &flight{
		bytes: bytes, hash: strings.ToUpper(hex.EncodeToString(digest[:])), sequence: a.sequence,
		timeoutHeight: timeout, outcome: make(chan outcome, 1),
	}, fee, nil
}
