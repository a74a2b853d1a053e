package app

import (
	"fmt"

	evmmempool "github.com/cosmos/evm/mempool"
	evmserver "github.com/cosmos/evm/server"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// setMempool gives the app a pool of its own ("app" in config.toml): nonce gaps,
// replacement and queues for Ethereum transactions, a priority pool for native
// ones. A negative mempool.max-txs switches it off; CometBFT's pool then serves
// ("flood"), and JSON-RPC refuses to start.
//
// The pool rechecks its content after each block by itself, therefore a proposal
// takes transactions from it without running them again.
func (app *App) setMempool(o Options) error {
	app.SetProcessProposal(app.processProposal)
	maxTxs := evmserver.GetCosmosPoolMaxTx(o.AppOptions, o.Logger)
	if maxTxs < 0 {
		return nil
	}
	config := evmserver.ResolveMempoolConfig(app.AnteHandler(), o.AppOptions, o.Logger)
	if err := evmserver.ValidateReapBounds(o.AppOptions, config.BlockGasLimit); err != nil {
		return fmt.Errorf("mempool: %w", err)
	}
	encoder := evmmempool.NewTxEncoder(app.txConfig)
	pool := evmmempool.NewMempool(app.CreateQueryContext, o.Logger, app.EVMKeeper, app.FeeMarketKeeper, app.txConfig,
		// two recheckers: each holds the state its half of the pool has reached
		evmmempool.NewTxRechecker(config.AnteHandler, encoder),
		evmmempool.NewTxRechecker(config.AnteHandler, encoder),
		config, maxTxs)

	app.mempool = pool
	app.SetMempool(pool)
	app.SetPrepareProposal(baseapp.NewDefaultProposalHandler(pool, encodeOnly{app.BaseApp}).PrepareProposalHandler())
	app.SetInsertTxHandler(pool.NewInsertTxHandler(app.TxDecode))
	app.SetReapTxsHandler(pool.NewReapTxsHandler())
	app.SetCheckTxHandler(pool.NewCheckTxHandler(app.TxDecode, evmserver.GetMempoolCheckTxTimeout(o.AppOptions, o.Logger)))
	app.SetPrepareCheckStater(func(sdk.Context) {
		if !pool.HasEventBus() { // not a node's process: nobody else tells the pool of blocks
			pool.NotifyNewBlock()
		}
	})
	return nil
}

// encodeOnly puts a transaction into a proposal without running its ante handler.
type encodeOnly struct{ *baseapp.BaseApp }

// PrepareProposalVerifyTx encodes; the pool has checked.
func (v encodeOnly) PrepareProposalVerifyTx(tx sdk.Tx) ([]byte, error) { return v.TxEncode(tx) }
