package app

import (
	"errors"
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
)

// prepareProposal fills a block from the pool, lane by lane (lanes.go). With the
// app's pool off it fills it from what CometBFT's pool sent, in that order.
func (app *App) prepareProposal(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	block := room{gas: unlimited, bytes: uint64(max(req.MaxTxBytes, 0))}
	if maxGas := maxBlockGas(ctx); maxGas > 0 {
		block.gas = maxGas
	}
	s := newSelection(app.TxEncode, poolSigners{}, block, app.submissionShareBps(ctx))
	if app.mempool == nil {
		for _, raw := range req.Txs {
			if tx, err := app.TxDecode(raw); err == nil && !s.offer(tx) {
				break
			}
		}
		return &abci.ResponsePrepareProposal{Txs: s.finish()}, nil
	}
	app.mempool.SelectBy(ctx, req.Txs, s.offer)
	response := &abci.ResponsePrepareProposal{Txs: s.finish()}
	for _, broken := range s.broken { // outside of the iteration, which holds locks
		reason := sdkmempool.RemoveReason{Caller: sdkmempool.CallerPrepareProposalRemoveInvalid, Error: broken.err}
		if err := app.mempool.RemoveWithReason(ctx, broken.tx, reason); err != nil && !errors.Is(err, sdkmempool.ErrTxNotFound) {
			app.Logger().Error("transaction stays in the pool", "height", req.Height, "reason", err)
		}
	}
	return response, nil
}

// maxBlockGas is 0 where consensus does not bound it.
func maxBlockGas(ctx sdk.Context) uint64 {
	if block := ctx.ConsensusParams().Block; block != nil && block.MaxGas > 0 {
		return uint64(block.MaxGas)
	}
	return 0
}

// processProposal refuses a block that wants more gas than consensus allows or
// that holds bytes which are no transaction. The block gas meter is off (a
// parallel executor cannot use it), so this is what bounds a block against a
// proposer that does not run our code. Honest proposers stop at the same sum.
func (app *App) processProposal(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	if err := checkProposal(app.TxDecode, req.Txs, maxBlockGas(ctx)); err != nil {
		app.Logger().Error("proposal refused", "height", req.Height, "reason", err)
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// checkProposal sums the gas wanted; maxGas 0 means no bound.
func checkProposal(decode sdk.TxDecoder, txs [][]byte, maxGas uint64) error {
	var sum uint64
	for i, raw := range txs {
		tx, err := decode(raw)
		if err != nil {
			return fmt.Errorf("transaction %d does not decode: %w", i, err)
		}
		gasTx, ok := tx.(baseapp.GasTx)
		if !ok || maxGas == 0 {
			continue
		}
		gas := gasTx.GetGas()
		if gas > maxGas || sum > maxGas-gas {
			return fmt.Errorf("transaction %d brings the gas wanted past %d", i, maxGas)
		}
		sum += gas
	}
	return nil
}
