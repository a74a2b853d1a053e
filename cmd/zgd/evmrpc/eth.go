package evmrpc

import (
	"context"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/common/math"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	"github.com/cosmos/evm/rpc/backend"
	rpctypes "github.com/cosmos/evm/rpc/types"
)

// ethAPI holds the methods of eth_ that are ours. Those about state differ from
// upstream only in the names of blocks they know: upstream refuses "safe" and
// takes "earliest" for the latest.
type ethAPI struct {
	backend *backend.Backend
	engine  *engine
}

// upstreamBlock is a block as upstream names it.
func (e *ethAPI) upstreamBlock(ctx context.Context, block *ethrpc.BlockNumberOrHash) (rpctypes.BlockNumberOrHash, error) {
	height, err := e.engine.height(ctx, block)
	if err != nil {
		return rpctypes.BlockNumberOrHash{}, err
	}
	number := rpctypes.BlockNumber(height)
	if height == 0 {
		number = rpctypes.EthLatestBlockNumber
	}
	return rpctypes.BlockNumberOrHash{BlockNumber: &number}, nil
}

// GetBalance is in azg.
func (e *ethAPI) GetBalance(ctx context.Context, address common.Address, block *ethrpc.BlockNumberOrHash) (*hexutil.Big, error) {
	at, err := e.upstreamBlock(ctx, block)
	if err != nil {
		return nil, err
	}
	balance, err := e.backend.GetBalance(ctx, address, at)
	return balance, future(err)
}

// GetCode is the code of an account.
func (e *ethAPI) GetCode(ctx context.Context, address common.Address, block *ethrpc.BlockNumberOrHash) (hexutil.Bytes, error) {
	at, err := e.upstreamBlock(ctx, block)
	if err != nil {
		return nil, err
	}
	code, err := e.backend.GetCode(ctx, address, at)
	return code, future(err)
}

// GetStorageAt is a word of a contract; the key may be written short ("0x0").
func (e *ethAPI) GetStorageAt(ctx context.Context, address common.Address, key string, block *ethrpc.BlockNumberOrHash) (hexutil.Bytes, error) {
	word, err := storageKey(key)
	if err != nil {
		return nil, err
	}
	at, err := e.upstreamBlock(ctx, block)
	if err != nil {
		return nil, err
	}
	value, err := e.backend.GetStorageAt(ctx, address, word.Hex(), at)
	return value, future(err)
}

// GetTransactionCount is the nonce; with "pending" it counts the pool's run of
// transactions without a gap. Upstream decodes the whole pool for it and counts
// those behind a gap.
func (e *ethAPI) GetTransactionCount(ctx context.Context, address common.Address, block *ethrpc.BlockNumberOrHash) (*hexutil.Uint64, error) {
	state, _, err := e.engine.open(ctx, block)
	if err != nil {
		return nil, err
	}
	nonce := hexutil.Uint64(e.engine.keeper.GetNonce(state, address))
	pending := block != nil && block.BlockNumber != nil && *block.BlockNumber == ethrpc.PendingBlockNumber
	if pending && e.pool() != nil {
		nonce = hexutil.Uint64(e.pooledNonce(address, uint64(nonce)))
	}
	return &nonce, nil
}

// pooledNonce is the first nonce from next on that the pool has no transaction
// for. Those it has not sorted in yet count: a wallet that has just sent one
// asks at once for the next.
func (e *ethAPI) pooledNonce(address common.Address, next uint64) uint64 {
	pending, queued := e.pool().ContentFrom(address)
	have := make(map[uint64]bool, len(pending)+len(queued))
	for _, tx := range slices.Concat(pending, queued) {
		have[tx.Nonce()] = true
	}
	for have[next] {
		next++
	}
	return next
}

// maxProofKeys bounds eth_getProof: each key is a proof of its own.
const maxProofKeys = 1024

// GetProof proves an account and words of it against the app hash in the
// header of the next block. The proofs are ICS-23 over IAVL (a list of
// protobuf operations), not Merkle-Patricia: storageHash is zero.
func (e *ethAPI) GetProof(ctx context.Context, address common.Address, keys []string, block *ethrpc.BlockNumberOrHash) (*rpctypes.AccountResult, error) {
	if len(keys) > maxProofKeys {
		return nil, errorf(codeInvalidParams, "%d storage keys, at most %d", len(keys), maxProofKeys)
	}
	for _, key := range keys {
		if _, err := storageKey(key); err != nil {
			return nil, err
		}
	}
	height, err := e.engine.height(ctx, block)
	if err != nil {
		return nil, err
	}
	if height == 0 { // upstream wants a number
		latest, err := e.backend.BlockNumber(ctx)
		if err != nil {
			return nil, err
		}
		height = int64(latest)
	}
	number := rpctypes.BlockNumber(height)
	proof, err := e.backend.GetProof(ctx, address, keys, rpctypes.BlockNumberOrHash{BlockNumber: &number})
	return proof, future(err)
}

// FeeHistory gives at most as many blocks as the node is configured for, and
// none before the first, instead of refusing.
func (e *ethAPI) FeeHistory(ctx context.Context, blocks math.HexOrDecimal64, newest ethrpc.BlockNumber, percentiles []float64) (*rpctypes.FeeHistoryResult, error) {
	const maxPercentiles = 100 // geth's
	if len(percentiles) > maxPercentiles {
		return nil, errorf(codeInvalidParams, "%d reward percentiles, at most %d", len(percentiles), maxPercentiles)
	}
	height, err := e.engine.height(ctx, &ethrpc.BlockNumberOrHash{BlockNumber: &newest})
	if err != nil {
		return nil, err
	}
	latest, err := e.backend.BlockNumber(ctx)
	if err != nil {
		return nil, err
	}
	if height == 0 {
		height = int64(latest)
	}
	blocks = min(blocks, math.HexOrDecimal64(e.backend.Cfg.JSONRPC.FeeHistoryCap), math.HexOrDecimal64(height))
	history, err := e.backend.FeeHistory(ctx, blocks, ethrpc.BlockNumber(height), percentiles)
	return history, plain(err)
}

// Accounts is empty: the node holds no keys for JSON-RPC.
func (e *ethAPI) Accounts() []common.Address { return []common.Address{} }

// Coinbase is the proposer of the latest block, what COINBASE gives a contract.
func (e *ethAPI) Coinbase(ctx context.Context) (common.Address, error) {
	s, err := e.engine.at(ctx, nil)
	return s.coinbaseOrZero(), err
}

func (s scene) coinbaseOrZero() common.Address {
	if s.config == nil {
		return common.Address{}
	}
	return s.coinbase()
}

// Mining is false: blocks come from validators.
func (e *ethAPI) Mining() bool { return false }

// Hashrate is zero.
func (e *ethAPI) Hashrate() hexutil.Uint64 { return 0 }

// BlobBaseFee is the least there can be, 1 wei, as EIP-4844 gives for a chain
// whose blocks have no blobs. Blob transactions are refused.
func (e *ethAPI) BlobBaseFee() *hexutil.Big { return (*hexutil.Big)(common.Big1) }

// future gives geth's words for a block that does not exist yet.
func future(err error) error {
	if err == nil {
		return nil
	}
	if isFuture(err) {
		return errHeaderNotFound
	}
	return plain(err)
}
