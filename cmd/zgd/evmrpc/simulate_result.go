package evmrpc

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/trie"

	rpctypes "github.com/cosmos/evm/rpc/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// simulatedBlock collects a block's transactions and their results.
type simulatedBlock struct {
	scene   scene
	parent  common.Hash
	txs     []*ethtypes.Transaction
	senders []common.Address
	results []callResult
	gasUsed uint64
}

func (b *simulatedBlock) add(tx *ethtypes.Transaction, from common.Address, result callResult) {
	b.txs, b.senders, b.results = append(b.txs, tx), append(b.senders, from), append(b.results, result)
	b.gasUsed += uint64(result.GasUsed)
}

// fields is the block as eth_simulateV1 gives it, and its hash, which stands
// for a block that does not exist.
func (b *simulatedBlock) fields(full bool) (map[string]any, common.Hash) {
	s := b.scene
	header := &ethtypes.Header{
		ParentHash: b.parent, Number: big.NewInt(s.blockNumber()), Time: s.timeSeconds(),
		Coinbase: s.coinbase(), GasLimit: s.gasLimit(), GasUsed: b.gasUsed, BaseFee: s.config.BaseFee,
		Difficulty: new(big.Int), Extra: []byte{}, BlobGasUsed: new(uint64), ExcessBlobGas: new(uint64), ParentBeaconRoot: new(common.Hash),
	}
	receipts, cumulative := make(ethtypes.Receipts, len(b.txs)), uint64(0)
	for i, tx := range b.txs {
		cumulative += uint64(b.results[i].GasUsed)
		receipts[i] = &ethtypes.Receipt{Type: tx.Type(), Status: uint64(b.results[i].Status), CumulativeGasUsed: cumulative, Logs: b.results[i].Logs}
		receipts[i].Bloom = ethtypes.CreateBloom(receipts[i])
	}
	body := &ethtypes.Body{Transactions: b.txs, Withdrawals: []*ethtypes.Withdrawal{}}
	block := ethtypes.NewBlock(header, body, receipts, trie.NewStackTrie(nil))
	hash := block.Hash()

	out := rpctypes.RPCMarshalHeader(block.Header(), hash.Bytes())
	out["size"] = hexutil.Uint64(block.Size())
	out["uncles"] = []common.Hash{}
	out["withdrawals"] = block.Withdrawals()
	out["transactions"] = b.transactions(hash, full)
	b.placeLogs(hash)
	calls := b.results
	if calls == nil {
		calls = []callResult{}
	}
	out["calls"] = calls
	return out, hash
}

func (b *simulatedBlock) transactions(hash common.Hash, full bool) []any {
	out := make([]any, len(b.txs))
	for i, tx := range b.txs {
		out[i] = tx.Hash()
		if full {
			rpcTx := rpctypes.NewRPCTransaction(tx, hash, uint64(b.scene.blockNumber()), b.scene.timeSeconds(), uint64(i), b.scene.config.BaseFee, evmtypes.GetEthChainConfig())
			rpcTx.From = b.senders[i] // it is not signed
			out[i] = rpcTx
		}
	}
	return out
}

// placeLogs says of each log in which block and where in it it is.
func (b *simulatedBlock) placeLogs(hash common.Hash) {
	index := uint(0)
	for i, result := range b.results {
		for _, log := range result.Logs {
			log.BlockNumber, log.BlockHash, log.BlockTimestamp = uint64(b.scene.blockNumber()), hash, b.scene.timeSeconds()
			log.TxHash, log.TxIndex, log.Index = b.txs[i].Hash(), uint(i), index
			index++
		}
	}
}

func bigOf(n int64) *hexutil.Big { return (*hexutil.Big)(big.NewInt(n)) }
