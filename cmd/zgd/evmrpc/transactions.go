package evmrpc

import (
	"context"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cosmos/evm/mempool/txpool"
	rpctypes "github.com/cosmos/evm/rpc/types"
	servertypes "github.com/cosmos/evm/server/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// find looks a transaction of a block up.
func (e *ethAPI) find(ctx context.Context, hash common.Hash) *servertypes.TxResult {
	found, err := e.backend.GetTxByEthHash(ctx, hash)
	if err != nil {
		return nil
	}
	return found
}

// pooled is the transaction in the pool, pending or queued behind a gap.
func (e *ethAPI) pooled(hash common.Hash) *ethtypes.Transaction {
	if e.pool() == nil {
		return nil
	}
	return e.pool().Get(hash)
}

// pool holds the EVM's transactions that wait; nil on a node without one.
func (e *ethAPI) pool() *txpool.TxPool {
	if e.backend.Mempool == nil {
		return nil
	}
	return e.backend.Mempool.GetTxPool()
}

// GetTransactionByHash finds transactions of blocks and of the pool, those
// behind a nonce gap included.
func (e *ethAPI) GetTransactionByHash(ctx context.Context, hash common.Hash) (*rpctypes.RPCTransaction, error) {
	if tx := e.pooled(hash); tx != nil {
		return rpctypes.NewRPCTransaction(tx, common.Hash{}, 0, 0, 0, nil, e.backend.ChainConfig()), nil
	}
	if e.find(ctx, hash) == nil {
		return nil, nil
	}
	tx, err := e.backend.GetTransactionByHash(ctx, hash)
	return tx, plain(err)
}

// GetTransactionReceipt is null at once for what no block has; upstream sleeps
// up to 50 s for it. cumulativeGasUsed counts the transactions before it, too.
func (e *ethAPI) GetTransactionReceipt(ctx context.Context, hash common.Hash) (map[string]any, error) {
	found := e.find(ctx, hash)
	if found == nil {
		return nil, nil
	}
	receipt, err := e.backend.GetTransactionReceipt(ctx, hash)
	if err != nil || receipt == nil {
		return nil, plain(err)
	}
	results, err := e.backend.CometBlockResultByNumber(ctx, &found.Height)
	if err != nil {
		return nil, err
	}
	var before uint64
	for i, result := range results.TxsResults {
		if uint32(i) >= found.TxIndex {
			break
		}
		if isEthereum(result.Events) && evmtypes.TxSucessOrExpectedFailure(result) {
			before += uint64(result.GasUsed)
		}
	}
	receipt["cumulativeGasUsed"] = hexutil.Uint64(before + found.GasUsed)
	return receipt, nil
}

// transaction is one in Ethereum's form, of the pool or of a block.
func (e *ethAPI) transaction(ctx context.Context, hash common.Hash) (*ethtypes.Transaction, error) {
	if tx := e.pooled(hash); tx != nil {
		return tx, nil
	}
	found := e.find(ctx, hash)
	if found == nil {
		return nil, nil
	}
	block, err := e.backend.CometBlockByNumber(ctx, rpctypes.BlockNumber(found.Height))
	if err != nil || block == nil || int(found.TxIndex) >= len(block.Block.Txs) {
		return nil, err
	}
	tx, err := e.backend.ClientCtx.TxConfig.TxDecoder()(block.Block.Txs[found.TxIndex])
	if err != nil || int(found.MsgIndex) >= len(tx.GetMsgs()) {
		return nil, err
	}
	if msg, ok := tx.GetMsgs()[found.MsgIndex].(*evmtypes.MsgEthereumTx); ok {
		return msg.AsTransaction(), nil
	}
	return nil, nil
}

// GetRawTransactionByHash is the signed transaction as it was sent, null when
// there is none.
func (e *ethAPI) GetRawTransactionByHash(ctx context.Context, hash common.Hash) (*hexutil.Bytes, error) {
	tx, err := e.transaction(ctx, hash)
	if err != nil || tx == nil {
		return nil, err
	}
	raw, err := tx.MarshalBinary()
	return (*hexutil.Bytes)(&raw), err
}

// GetRawTransactionByBlockHashAndIndex is null when the block or the index does not exist.
func (e *ethAPI) GetRawTransactionByBlockHashAndIndex(ctx context.Context, hash common.Hash, index hexutil.Uint) (*hexutil.Bytes, error) {
	tx, err := e.backend.GetTransactionByBlockHashAndIndex(ctx, hash, index)
	if err != nil || tx == nil {
		return nil, nil
	}
	return e.GetRawTransactionByHash(ctx, tx.Hash)
}

// GetRawTransactionByBlockNumberAndIndex is null when the block or the index does not exist.
func (e *ethAPI) GetRawTransactionByBlockNumberAndIndex(ctx context.Context, number ethrpc.BlockNumber, index hexutil.Uint) (*hexutil.Bytes, error) {
	at, err := e.upstreamBlock(ctx, &ethrpc.BlockNumberOrHash{BlockNumber: &number})
	if err != nil {
		return nil, nil
	}
	tx, err := e.backend.GetTransactionByBlockNumberAndIndex(ctx, *at.BlockNumber, index)
	if err != nil || tx == nil {
		return nil, nil
	}
	return e.GetRawTransactionByHash(ctx, tx.Hash)
}

// FillTransaction completes a transaction that a wallet is about to sign (viem
// asks before it sends). Nonce and gas are found here: upstream estimates at
// block 0, where no contract is, and counts no pooled transaction.
func (e *ethAPI) FillTransaction(ctx context.Context, args evmtypes.TransactionArgs) (*rpctypes.SignTransactionResult, error) {
	if args.Nonce == nil {
		pending := ethrpc.BlockNumberOrHashWithNumber(ethrpc.PendingBlockNumber)
		nonce, err := e.GetTransactionCount(ctx, args.GetFrom(), &pending)
		if err != nil {
			return nil, err
		}
		args.Nonce = nonce
	}
	if args.Gas == nil {
		call := args
		call.Nonce = nil
		gas, err := e.EstimateGas(ctx, call, nil, nil)
		if err != nil {
			return nil, err
		}
		args.Gas = &gas
	}
	args, err := e.backend.SetTxDefaults(ctx, args)
	if err != nil {
		return nil, plain(err)
	}
	tx := args.ToTransaction(ethtypes.LegacyTxType)
	raw, err := tx.MarshalBinary()
	return &rpctypes.SignTransactionResult{Raw: raw, Tx: tx}, err
}
