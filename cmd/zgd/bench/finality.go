package bench

import (
	"context"
	"crypto/ecdsa"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/ethclient"
)

// Options of a finality run.
type Options struct {
	RPC      string            // http://host:port of JSON-RPC
	Key      *ecdsa.PrivateKey // pays
	RatePerS float64           // transactions per second
	Duration time.Duration     // of sending
	Senders  int               // accounts that send, round robin
	Drain    time.Duration     // how long to wait for the last receipts
	Poll     time.Duration     // how often to ask for a new block
}

// sample is one transaction of the run.
type sample struct {
	due       time.Time
	committed time.Time // zero: no receipt seen
	err       error     // of sending
}

// Finality sends transfers at a rate and measures, for each, the time from when
// it was due to when its receipt could be read from a committed block. One block
// is final in CometBFT, so this is the time to finality a client sees.
func Finality(ctx context.Context, o Options) (Report, error) {
	client, err := ethclient.DialContext(ctx, o.RPC)
	if err != nil {
		return Report{}, fmt.Errorf("connect to %s: %w", o.RPC, err)
	}
	defer client.Close()
	run := &run{Options: o, client: client, pending: map[common.Hash]int{}}
	if err := run.prepare(ctx); err != nil {
		return Report{}, err
	}
	watchCtx, stop := context.WithCancel(ctx)
	watched := make(chan struct{})
	go func() { defer close(watched); run.watch(watchCtx) }()
	run.send(ctx)
	run.drain(ctx)
	stop()
	<-watched
	return run.report(), nil
}

type run struct {
	Options
	client  *ethclient.Client
	senders []*ecdsa.PrivateKey
	signer  ethtypes.Signer
	chainID *big.Int
	tip     *big.Int
	feeCap  *big.Int

	mu      sync.Mutex // guards what follows
	samples []sample
	pending map[common.Hash]int // transaction → index into samples
	blocks  int
	first   time.Time // block seen
	last    time.Time
}

const transferGas = 21_000

// prepare funds the senders, who are new accounts of this run.
func (r *run) prepare(ctx context.Context) error {
	var err error
	if r.chainID, err = r.client.ChainID(ctx); err != nil {
		return fmt.Errorf("chain id: %w", err)
	}
	price, err := r.client.SuggestGasPrice(ctx)
	if err != nil {
		return fmt.Errorf("gas price: %w", err)
	}
	r.signer, r.tip = ethtypes.LatestSignerForChainID(r.chainID), big.NewInt(1)
	r.feeCap = new(big.Int).Mul(price, big.NewInt(4)) // room for the base fee to rise during the run
	payer := crypto.PubkeyToAddress(r.Key.PublicKey)
	nonce, err := r.client.PendingNonceAt(ctx, payer)
	if err != nil {
		return fmt.Errorf("nonce of %s: %w", payer, err)
	}
	perSender := int64(r.RatePerS*r.Duration.Seconds())/int64(r.Senders) + 1
	need := new(big.Int).Mul(r.feeCap, big.NewInt(2*transferGas*perSender))
	var lastFunding common.Hash
	for i := range r.Senders {
		key, err := crypto.GenerateKey()
		if err != nil {
			return err
		}
		r.senders = append(r.senders, key)
		tx, err := r.transfer(r.Key, nonce+uint64(i), crypto.PubkeyToAddress(key.PublicKey), need)
		if err != nil {
			return err
		}
		if err := r.client.SendTransaction(ctx, tx); err != nil {
			return fmt.Errorf("fund sender %d from %s: %w", i, payer, err)
		}
		lastFunding = tx.Hash()
	}
	return r.waitFor(ctx, lastFunding)
}

func (r *run) waitFor(ctx context.Context, tx common.Hash) error {
	ctx, cancel := context.WithTimeout(ctx, r.Drain)
	defer cancel()
	for {
		if receipt, err := r.client.TransactionReceipt(ctx, tx); err == nil {
			if receipt.Status != ethtypes.ReceiptStatusSuccessful {
				return fmt.Errorf("funding %s failed: does the key hold enough?", tx)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("funding %s did not enter a block within %s: does the chain make blocks?", tx, r.Drain)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (r *run) transfer(from *ecdsa.PrivateKey, nonce uint64, to common.Address, value *big.Int) (*ethtypes.Transaction, error) {
	return ethtypes.SignNewTx(from, r.signer, &ethtypes.DynamicFeeTx{
		ChainID: r.chainID, Nonce: nonce, GasTipCap: r.tip, GasFeeCap: r.feeCap, Gas: transferGas, To: &to, Value: value,
	})
}

// send puts out the schedule. Each transaction has a goroutine of its own, so
// that a slow answer does not delay the next one; a sender's transactions may
// overtake each other, which the pool queues by nonce.
func (r *run) send(ctx context.Context) {
	total := int(r.RatePerS * r.Duration.Seconds())
	interval := time.Duration(float64(time.Second) / r.RatePerS)
	start := time.Now().Add(interval)
	r.mu.Lock()
	r.samples = make([]sample, total)
	r.mu.Unlock()
	var sending sync.WaitGroup
	defer sending.Wait()
	for i := range total {
		due := start.Add(time.Duration(i) * interval)
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Until(due)):
		}
		sending.Add(1)
		go func() { defer sending.Done(); r.sendOne(ctx, i, due) }()
	}
}

func (r *run) sendOne(ctx context.Context, i int, due time.Time) {
	from := r.senders[i%r.Senders]
	tx, err := r.transfer(from, uint64(i/r.Senders), common.BigToAddress(big.NewInt(int64(0x10000+i))), big.NewInt(1))
	if err == nil {
		r.mu.Lock()
		r.samples[i].due, r.pending[tx.Hash()] = due, i // before sending: the block may be faster than the answer
		r.mu.Unlock()
		err = r.client.SendTransaction(ctx, tx)
	}
	if err != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.samples[i].due, r.samples[i].err = due, err
		if tx != nil {
			delete(r.pending, tx.Hash())
		}
	}
}

// drain waits until every transaction is in a block, or gives up.
func (r *run) drain(ctx context.Context) {
	deadline := time.Now().Add(r.Drain)
	for time.Now().Before(deadline) && ctx.Err() == nil {
		r.mu.Lock()
		left := len(r.pending)
		r.mu.Unlock()
		if left == 0 {
			return
		}
		time.Sleep(r.Poll)
	}
}

// watch notes when receipts can be read.
func (r *run) watch(ctx context.Context) {
	next := uint64(0)
	for ctx.Err() == nil {
		head, err := r.client.BlockNumber(ctx)
		if err == nil && next == 0 {
			next = head + 1
		}
		for err == nil && next <= head {
			if err = r.readBlock(ctx, next); err == nil {
				next++
			}
		}
		if err != nil && !errors.Is(err, context.Canceled) {
			time.Sleep(r.Poll) // a node that is behind; the transactions stay pending
		}
		select {
		case <-ctx.Done():
		case <-time.After(r.Poll):
		}
	}
}

func (r *run) readBlock(ctx context.Context, number uint64) error {
	var receipts []struct {
		TransactionHash common.Hash `json:"transactionHash"`
	}
	err := r.client.Client().CallContext(ctx, &receipts, "eth_getBlockReceipts", fmt.Sprintf("0x%x", number))
	if err != nil {
		return err
	}
	now := time.Now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, receipt := range receipts {
		if i, ours := r.pending[receipt.TransactionHash]; ours {
			r.samples[i].committed = now
			delete(r.pending, receipt.TransactionHash)
		}
	}
	if r.blocks++; r.blocks == 1 {
		r.first = now
	}
	r.last = now
	return nil
}
