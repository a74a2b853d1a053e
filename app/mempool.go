package app

import (
	"fmt"
	"math/big"

	ethtypes "github.com/ethereum/go-ethereum/core/types"

	evmmempool "github.com/cosmos/evm/mempool"
	"github.com/cosmos/evm/mempool/txpool/legacypool"
	evmserver "github.com/cosmos/evm/server"

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
	app.setProposalHandlers(o)
	maxTxs := evmserver.GetCosmosPoolMaxTx(o.AppOptions, o.Logger)
	if maxTxs < 0 {
		return nil
	}
	config := evmserver.ResolveMempoolConfig(app.AnteHandler(), o.AppOptions, o.Logger)
	if err := evmserver.ValidateReapBounds(o.AppOptions, config.BlockGasLimit); err != nil {
		return fmt.Errorf("mempool: %w", err)
	}
	encoder := evmmempool.NewTxEncoder(app.txConfig)
	lanes := &lanePool{
		eth:    newLaneCount("Ethereum", ethPoolSlots(config)),
		native: newLaneCount("native", nativePoolSlots(maxTxs)),
	}
	rechecker := func(count *laneCount) laneRechecker { // one for each half: it holds the state that half has reached
		return laneRechecker{
			TxRechecker: evmmempool.NewTxRechecker(config.AnteHandler, encoder), count: count, share: app.submissionShareBps,
			eth: ethtypes.LatestSignerForChainID(new(big.Int).SetUint64(app.EVMChainID)),
		}
	}
	pool := evmmempool.NewMempool(app.CreateQueryContext, o.Logger, app.EVMKeeper, app.FeeMarketKeeper, app.txConfig,
		rechecker(lanes.eth), rechecker(lanes.native), config, maxTxs)
	lanes.Mempool = pool

	app.mempool = lanes
	app.SetMempool(lanes)
	app.SetInsertTxHandler(lanes.insertTxHandler(app.TxDecode))
	app.SetReapTxsHandler(pool.NewReapTxsHandler())
	app.SetCheckTxHandler(lanes.checkTxHandler(app.TxDecode, evmserver.GetMempoolCheckTxTimeout(o.AppOptions, o.Logger)))
	app.SetPrepareCheckStater(tellPool(pool))
	return nil
}

// tellPool passes committed blocks on to the pool. In a node's process CometBFT's
// event bus does so, but the first block after a restart has to be told twice:
// upstream's pool learns its head by comparing two notices and until then
// refuses every Ethereum transaction, as beyond a gas limit of 0.
func tellPool(pool *evmmempool.Mempool) sdk.PrepareCheckStater {
	awake := false
	return func(ctx sdk.Context) {
		if !awake && ctx.BlockHeight() > 1 {
			pool.NotifyNewBlock()
		}
		awake = true
		if !pool.HasEventBus() {
			pool.NotifyNewBlock()
		}
	}
}

// defaultNativeSlots is of how many native transactions submissions get their
// share while mempool.max-txs says 0, not bounded.
const defaultNativeSlots = 5120

func nativePoolSlots(maxTxs int) uint64 {
	if maxTxs > 0 {
		return uint64(maxTxs)
	}
	return defaultNativeSlots
}

func ethPoolSlots(config *evmmempool.Config) uint64 {
	if config.LegacyPoolConfig != nil {
		return config.LegacyPoolConfig.GlobalSlots
	}
	return legacypool.DefaultConfig.GlobalSlots
}
