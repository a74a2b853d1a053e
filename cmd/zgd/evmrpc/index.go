package evmrpc

import (
	"context"
	"errors"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/evm/indexer"
	"github.com/cosmos/evm/rpc/backend"
	servertypes "github.com/cosmos/evm/server/types"
)

// recentBlocks is how many blocks the index takes in before it begins a new
// generation; the last two generations are kept.
const recentBlocks = 128

// recentIndex knows where the transactions of recent blocks are. CometBFT's own
// index is written a moment after the block, in which a receipt is missing and
// even the block cannot be shown, and upstream searches it once for every
// transaction of a block that is asked for. This one takes a block in when the
// first question after it comes; older blocks are CometBFT's to find.
type recentIndex struct {
	older *backend.Backend // without this index
	last  func() int64     // the latest height

	mu         sync.Mutex
	upTo       int64 // guarded by mu, as all below
	begun      int64 // first height of young
	young, old servertypes.EVMTxIndexer
	generation func() servertypes.EVMTxIndexer
}

// newRecentIndex makes the index of a backend, which still has none.
func newRecentIndex(b *backend.Backend, last func() int64, logger log.Logger) *recentIndex {
	older := *b
	generation := func() servertypes.EVMTxIndexer {
		return indexer.NewKVIndexer(dbm.NewMemDB(), logger, b.ClientCtx)
	}
	return &recentIndex{older: &older, last: last, generation: generation, young: generation(), old: generation()}
}

// GetByTxHash finds a transaction by its Ethereum hash.
func (r *recentIndex) GetByTxHash(hash common.Hash) (*servertypes.TxResult, error) {
	for _, index := range r.current() {
		if found, err := index.GetByTxHash(hash); err == nil && found != nil {
			return found, nil
		}
	}
	return r.older.GetTxByEthHash(context.Background(), hash)
}

// GetByBlockAndIndex finds a transaction by its place among the block's
// Ethereum transactions.
func (r *recentIndex) GetByBlockAndIndex(height int64, place int32) (*servertypes.TxResult, error) {
	if place < 0 {
		return nil, errors.New("a place in a block is not negative")
	}
	for _, index := range r.current() {
		if found, err := index.GetByBlockAndIndex(height, place); err == nil && found != nil {
			return found, nil
		}
	}
	return r.older.GetTxByTxIndex(context.Background(), height, uint(place))
}

// current takes in the blocks since the last question and returns the
// generations, the younger first.
func (r *recentIndex) current() [2]servertypes.EVMTxIndexer {
	r.mu.Lock()
	defer r.mu.Unlock()
	head := r.last()
	for height := max(r.upTo+1, head-recentBlocks/2); height <= head; height++ {
		if !r.take(height) {
			break // not stored yet: the next question tries again
		}
		r.upTo = height
	}
	return [2]servertypes.EVMTxIndexer{r.young, r.old}
}

func (r *recentIndex) take(height int64) bool {
	ctx := context.Background()
	block, err := r.older.RPCClient.Block(ctx, &height)
	if err != nil || block == nil || block.Block == nil {
		return height < r.last() // pruned, or never here on a node that was state-synced
	}
	results, err := r.older.RPCClient.BlockResults(ctx, &height)
	if err != nil || len(results.TxsResults) != len(block.Block.Txs) {
		return height < r.last()
	}
	if height-r.begun >= recentBlocks {
		r.young, r.old, r.begun = r.generation(), r.young, height
	}
	return r.young.IndexBlock(block.Block, results.TxsResults) == nil
}

// LastIndexedBlock is the latest block taken in.
func (r *recentIndex) LastIndexedBlock() (int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.upTo, nil
}

// IndexBlock refuses: the index takes blocks in by itself.
func (r *recentIndex) IndexBlock(*cmttypes.Block, []*abci.ExecTxResult) error {
	return errors.New("the index of recent blocks takes them in by itself")
}
