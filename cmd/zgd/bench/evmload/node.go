package evmload

import (
	"context"
	"crypto/ecdsa"
	"fmt"
	"math/big"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"
)

// feeCapMultiple is how far above the present price a run bids, in case its own
// blocks raise the base fee; setupFeeMultiple is the same for large deployments,
// whose fee nodes cap at one coin.
const (
	feeCapMultiple   = 64
	setupFeeMultiple = 4
	setupBatch       = 50 // a pool keeps 64 transactions of an account that it has not looked at
)

// node is the endpoint under load.
type node struct {
	rpc     *rpc.Client
	eth     *ethclient.Client
	chainID *big.Int
	signer  ethtypes.Signer
	price   *big.Int // of gas, when the run began
}

func dial(ctx context.Context, url string) (*node, error) {
	client, err := rpc.DialContext(ctx, url)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", url, err)
	}
	n := &node{rpc: client, eth: ethclient.NewClient(client)}
	if n.chainID, err = n.eth.ChainID(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("chain id of %s: %w", url, err)
	}
	if n.price, err = n.eth.SuggestGasPrice(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("gas price of %s: %w", url, err)
	}
	n.signer = ethtypes.LatestSignerForChainID(n.chainID)
	return n, nil
}

// call is what a transaction does; To nil deploys.
type call struct {
	To    *common.Address
	Value *big.Int
	Data  []byte
	Gas   uint64
}

// signed is a transaction ready to leave.
type signed struct {
	Hash common.Hash
	Raw  string // hex
}

func (n *node) sign(key *ecdsa.PrivateKey, nonce uint64, c call, feeMultiple int64) (signed, error) {
	tx, err := ethtypes.SignNewTx(key, n.signer, &ethtypes.DynamicFeeTx{
		ChainID: n.chainID, Nonce: nonce, GasTipCap: big.NewInt(1), GasFeeCap: new(big.Int).Mul(n.price, big.NewInt(feeMultiple)),
		Gas: c.Gas, To: c.To, Value: c.Value, Data: c.Data,
	})
	if err != nil {
		return signed{}, fmt.Errorf("sign: %w", err)
	}
	raw, err := tx.MarshalBinary()
	if err != nil {
		return signed{}, fmt.Errorf("encode: %w", err)
	}
	return signed{Hash: tx.Hash(), Raw: hexutil.Encode(raw)}, nil
}

// send hands over transactions and returns the answer to each.
func (n *node) send(ctx context.Context, txs []signed) []error {
	answers := make([]error, len(txs))
	if len(txs) == 1 {
		answers[0] = n.rpc.CallContext(ctx, new(common.Hash), "eth_sendRawTransaction", txs[0].Raw)
		return answers
	}
	batch := make([]rpc.BatchElem, len(txs))
	for i, tx := range txs {
		batch[i] = rpc.BatchElem{Method: "eth_sendRawTransaction", Args: []any{tx.Raw}, Result: new(common.Hash)}
	}
	err := n.rpc.BatchCallContext(ctx, batch)
	for i := range batch {
		if answers[i] = batch[i].Error; err != nil {
			answers[i] = err
		}
	}
	return answers
}

// receipt is what a run reads of one.
type receipt struct {
	TransactionHash common.Hash     `json:"transactionHash"`
	Status          hexutil.Uint64  `json:"status"`
	GasUsed         hexutil.Uint64  `json:"gasUsed"`
	ContractAddress *common.Address `json:"contractAddress"`
	BlockNumber     hexutil.Uint64  `json:"blockNumber"`
}

// settle sends transactions of the preparation and waits until all succeeded. It
// returns the receipt of the last.
func (n *node) settle(ctx context.Context, txs []signed, limit time.Duration) (receipt, error) {
	var last receipt
	for _, span := range Spans(len(txs), setupBatch) {
		part := txs[span.From:span.To]
		for _, err := range n.send(ctx, part) {
			if err != nil {
				return receipt{}, fmt.Errorf("refused: %w", err)
			}
		}
		for _, tx := range part {
			var err error
			if last, err = n.waitFor(ctx, tx.Hash, limit); err != nil {
				return receipt{}, err
			}
		}
	}
	return last, nil
}

func (n *node) waitFor(ctx context.Context, hash common.Hash, limit time.Duration) (receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		var r *receipt
		err := n.rpc.CallContext(ctx, &r, "eth_getTransactionReceipt", hash)
		if err == nil && r != nil {
			if r.Status != hexutil.Uint64(ethtypes.ReceiptStatusSuccessful) {
				return receipt{}, fmt.Errorf("transaction %s failed: does the key hold enough?", hash)
			}
			return *r, nil
		}
		select {
		case <-ctx.Done():
			return receipt{}, fmt.Errorf("transaction %s is in no block after %s (last answer: %v): does the chain make blocks?", hash, limit, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
