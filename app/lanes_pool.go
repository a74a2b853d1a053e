package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	ethtypes "github.com/ethereum/go-ethereum/core/types"

	abci "github.com/cometbft/cometbft/abci/types"

	evmmempool "github.com/cosmos/evm/mempool"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
)

// lanePool is the pool of cosmos/evm behind a door that keeps submissions within
// their lane's share of its slots. Without the door a flood of them at the usual
// price fills the pool, and a transfer at the same price is turned away as
// underpriced before any proposer sees it.
type lanePool struct {
	*evmmempool.Mempool
	eth, native *laneCount
}

// Insert is the door of JSON-RPC and of broadcast; it waits for the pool.
func (p *lanePool) Insert(ctx context.Context, tx sdk.Tx) error {
	if err := p.admit(tx); err != nil {
		return err
	}
	return p.Mempool.Insert(ctx, tx)
}

// InsertAsync is the door of gossip.
func (p *lanePool) InsertAsync(tx sdk.Tx) error {
	if err := p.admit(tx); err != nil {
		return err
	}
	return p.Mempool.InsertAsync(tx)
}

// RemoveWithReason is what the app calls for each transaction of a block.
func (p *lanePool) RemoveWithReason(ctx context.Context, tx sdk.Tx, reason sdkmempool.RemoveReason) error {
	if laneOf(tx) == laneSubmission {
		key := countKey(tx)
		p.eth.drop(key)
		p.native.drop(key)
	}
	return p.Mempool.RemoveWithReason(ctx, tx, reason)
}

// admit refuses a transaction whose signers cannot be told (the pool of
// cosmos/evm dies of one without a public key) and a submission above the lane.
// It leaves those through that are in the pool already: the pool says so itself.
func (p *lanePool) admit(tx sdk.Tx) error {
	if _, err := (poolSigners{}).GetSigners(tx); err != nil {
		return sdkerrors.ErrInvalidPubKey.Wrap(err.Error())
	}
	if laneOf(tx) != laneSubmission {
		return nil
	}
	count := p.native
	if msgs := tx.GetMsgs(); len(msgs) == 1 && isEthereum(msgs[0]) {
		count = p.eth
	}
	return count.admit(countKey(tx))
}

// insertTxHandler answers gossip, as the pool's own handler does.
func (p *lanePool) insertTxHandler(decode sdk.TxDecoder) sdk.InsertTxHandler {
	return func(req *abci.RequestInsertTx) (*abci.ResponseInsertTx, error) {
		tx, err := decode(req.GetTx())
		if err != nil {
			return nil, fmt.Errorf("decode transaction: %w", err)
		}
		code := abci.CodeTypeOK
		switch err := p.InsertAsync(tx); {
		case errors.Is(err, evmmempool.ErrQueueFull), errors.Is(err, sdkerrors.ErrMempoolIsFull):
			code = abci.CodeTypeRetry
		case err != nil:
			code = evmmempool.CodeTypeNoRetry
		}
		return &abci.ResponseInsertTx{Code: code}, nil
	}
}

// checkTxHandler answers broadcast, as the pool's own handler does.
func (p *lanePool) checkTxHandler(decode sdk.TxDecoder, timeout time.Duration) sdk.CheckTxHandler {
	return func(_ sdk.RunTx, req *abci.RequestCheckTx) (*abci.ResponseCheckTx, error) {
		if req.Type != abci.CheckTxType_New {
			return nil, fmt.Errorf("check type %s is not for this pool, which rechecks by itself", req.Type)
		}
		tx, err := decode(req.GetTx())
		if err != nil {
			return nil, fmt.Errorf("decode transaction: %w", err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), timeout)
		defer cancel()
		return evmmempool.ErrAsCheckTxResponse(p.Insert(ctx, tx)), nil
	}
}

// laneRechecker runs the ante handler for one half of the pool, at a
// transaction's entrance and after each block, and so hears of all that wait.
type laneRechecker struct {
	*evmmempool.TxRechecker
	count *laneCount
	share func(sdk.Context) uint64
	eth   ethtypes.Signer
}

// Update begins a round of rechecks on the state after a block.
func (r laneRechecker) Update(ctx sdk.Context, header *ethtypes.Header) {
	r.TxRechecker.Update(ctx, header)
	r.count.newRound(r.share(ctx))
}

// RecheckEVM is for an Ethereum transaction.
func (r laneRechecker) RecheckEVM(ctx sdk.Context, tx *ethtypes.Transaction) (sdk.Context, error) {
	next, err := r.TxRechecker.RecheckEVM(ctx, tx)
	if to := tx.To(); to != nil && *to == flowContract {
		if from, senderErr := ethtypes.Sender(r.eth, tx); senderErr == nil {
			r.count.heard(signerKey(from.Bytes(), tx.Nonce()), slotsOf(tx), err)
		}
	}
	return next, err
}

// RecheckCosmos is for a native transaction.
func (r laneRechecker) RecheckCosmos(ctx sdk.Context, tx sdk.Tx) (sdk.Context, error) {
	next, err := r.TxRechecker.RecheckCosmos(ctx, tx)
	if laneOf(tx) == laneSubmission {
		r.count.heard(countKey(tx), 1, err)
	}
	return next, err
}

// slotBytes is the pool's unit: a transaction takes as many slots as it has
// begun units.
const slotBytes = 32 << 10

func slotsOf(tx *ethtypes.Transaction) uint64 { return (tx.Size() + slotBytes - 1) / slotBytes }
