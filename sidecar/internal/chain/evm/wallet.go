// Package evm pays from one key by plain EVM transfers over a node's JSON-RPC,
// for whoever wants a hash and a receipt that Ethereum tools can look up.
package evm

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/ethclient"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

const (
	callTimeout = 10 * time.Second
	commitPoll  = 200 * time.Millisecond
	// nonceTrust is how long a nonce that we used counts although the node does
	// not tell of it; after that the node has lost the transaction.
	nonceTrust = 15 * time.Second
	// maxGas bounds what a recipient with code may burn of ours.
	maxGas = 200_000
)

// ErrNoFunds says that the wallet cannot pay the amount and the fee.
var ErrNoFunds = errors.New("wallet has too little money")

// Wallet sends money of one key. It is the key's only user: it counts nonces.
type Wallet struct {
	client  *ethclient.Client
	key     chain.Key
	address Address
	chainID *big.Int
	now     func() time.Time

	turn    sync.Mutex // one transaction is made at a time
	next    uint64     // guarded by turn: first nonce not used by us
	sent    time.Time  // guarded by turn: when next was set
	checked bool       // guarded by turn: the node is of our chain
}

// Dial returns a wallet over the JSON-RPC at url, http://host:port; it does not
// wait for the node. Transactions are for chainID alone.
func Dial(url string, chainID uint64, key chain.Key) (*Wallet, error) {
	address, err := ParseAddress(key.EVMAddress())
	if err != nil {
		return nil, err
	}
	client, err := ethclient.Dial(url)
	if err != nil {
		return nil, fmt.Errorf("EVM JSON-RPC %q: %w; want http://host:port", url, err)
	}
	return &Wallet{client: client, key: key, address: address, chainID: new(big.Int).SetUint64(chainID), now: time.Now}, nil
}

// Close ends the wallet's connections.
func (w *Wallet) Close() { w.client.Close() }

// Address is where the wallet's money lies.
func (w *Wallet) Address() Address { return w.address }

// Balance is the wallet's money at the newest block, in azg.
func (w *Wallet) Balance(ctx context.Context) (*big.Int, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	balance, err := w.client.BalanceAt(ctx, common.Address(w.address), nil)
	return balance, nodeError("read the balance", err)
}

// Send offers a transfer of amount azg to the node and returns its hash. It is
// not in a block yet; see Await.
func (w *Wallet) Send(ctx context.Context, to Address, amount *big.Int) (chain.Hash, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	w.turn.Lock()
	defer w.turn.Unlock()
	if err := w.checkChain(ctx); err != nil {
		return chain.Hash{}, err
	}
	unsigned, err := w.transfer(ctx, to, amount)
	if err != nil {
		return chain.Hash{}, err
	}
	signer := types.LatestSignerForChainID(w.chainID)
	signature, err := w.key.SignDigest(signer.Hash(unsigned))
	if err != nil {
		return chain.Hash{}, err
	}
	signed, err := unsigned.WithSignature(signer, signature)
	if err != nil {
		return chain.Hash{}, fmt.Errorf("sign: %w", err)
	}
	if err := w.client.SendTransaction(ctx, signed); err != nil {
		// The transfer itself was tried above: what a pool refuses is our nonce
		// or its own state, such as before a restarted node's first block.
		return chain.Hash{}, fmt.Errorf("send: %w: %w", chain.ErrUnavailable, err)
	}
	w.next, w.sent = signed.Nonce()+1, w.now()
	return chain.Hash(signed.Hash()), nil
}

// checkChain asks once whose node it is: a signature for another chain is of no
// use to anybody but a thief.
func (w *Wallet) checkChain(ctx context.Context) error {
	if w.checked {
		return nil
	}
	got, err := w.client.ChainID(ctx)
	if err != nil {
		return nodeError("ask for the chain id", err)
	}
	if got.Cmp(w.chainID) != 0 {
		return fmt.Errorf("the node has EVM chain id %s, want %s: it is of another network", got, w.chainID)
	}
	w.checked = true
	return nil
}

// transfer makes the transaction; needs turn.
func (w *Wallet) transfer(ctx context.Context, to Address, amount *big.Int) (*types.Transaction, error) {
	head, err := w.client.HeaderByNumber(ctx, nil)
	if err != nil {
		return nil, nodeError("read the newest block", err)
	}
	balance, err := w.client.BalanceAt(ctx, common.Address(w.address), nil)
	if err != nil {
		return nil, nodeError("read the balance", err)
	}
	feeCap := new(big.Int)
	if head.BaseFee != nil {
		feeCap.Lsh(head.BaseFee, 1) // it rises by an eighth a block at most
	}
	need := new(big.Int).Mul(feeCap, big.NewInt(maxGas))
	if need.Add(need, amount).Cmp(balance) > 0 {
		return nil, fmt.Errorf("%w: %s has %s azg, the transfer may need %s", ErrNoFunds, w.address.Bech32(), balance, need)
	}
	recipient := common.Address(to)
	gas, err := w.client.EstimateGas(ctx, ethereum.CallMsg{From: common.Address(w.address), To: &recipient, Value: amount})
	if err != nil {
		return nil, nodeError("try the transfer", err)
	}
	nonce, err := w.nonce(ctx)
	if err != nil {
		return nil, err
	}
	return types.NewTx(&types.DynamicFeeTx{
		ChainID: w.chainID, Nonce: nonce, To: &recipient, Value: amount,
		Gas: min(gas, maxGas), GasFeeCap: feeCap, GasTipCap: new(big.Int),
	}), nil
}

// nonce is the node's count with its pool, or ours where we sent something the
// node does not show yet; needs turn.
func (w *Wallet) nonce(ctx context.Context) (uint64, error) {
	nonce, err := w.client.PendingNonceAt(ctx, common.Address(w.address))
	if err != nil {
		return 0, nodeError("read the nonce", err)
	}
	if w.now().Sub(w.sent) < nonceTrust {
		nonce = max(nonce, w.next)
	}
	return nonce, nil
}

// Await returns the height of the block that holds the transaction. A transfer
// that failed there is a *chain.Rejection; ctx bounds the wait.
func (w *Wallet) Await(ctx context.Context, hash chain.Hash) (uint64, error) {
	ticker := time.NewTicker(commitPoll)
	defer ticker.Stop()
	for {
		receipt, err := w.client.TransactionReceipt(ctx, common.Hash(hash))
		switch {
		case err == nil && receipt.Status == types.ReceiptStatusSuccessful:
			return receipt.BlockNumber.Uint64(), nil
		case err == nil:
			return 0, &chain.Rejection{Log: "the transfer failed in its block: the recipient refuses money", TxHash: common.Hash(hash).Hex()}
		}
		select { // not found yet, or the node is restarting: ask again
		case <-ctx.Done():
			return 0, fmt.Errorf("transaction %s was sent, its block not seen: %w: %w", common.Hash(hash).Hex(), chain.ErrUnavailable, ctx.Err())
		case <-ticker.C:
		}
	}
}

// nodeError tells a node that answers no from one that does not answer.
func nodeError(what string, err error) error {
	var refused rpc.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return fmt.Errorf("%s: %w", what, &chain.Rejection{Log: refused.Error()})
	}
	return fmt.Errorf("%s: %w: %w", what, chain.ErrUnavailable, err)
}
