package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sync"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// Quote is the price of a put, asked before anything is signed. Amounts are azg.
type Quote struct {
	SizeBytes    uint64
	Blobs        int // to be paid; at most, if some later ones are confirmed already
	Transactions int
	Fee          *big.Int // of the blobs
	Endowment    *big.Int // of their entries in the storage log
	Gas          *big.Int // of the transactions, estimated; nil unknown
	Balance      *big.Int // nil unknown
}

// Total is fee, endowment and gas.
func (q *Quote) Total() *big.Int {
	total := new(big.Int).Add(q.Fee, q.Endowment)
	if q.Gas != nil {
		total.Add(total, q.Gas)
	}
	return total
}

// MarshalJSON writes amounts as decimal strings, null where unknown.
func (q Quote) MarshalJSON() ([]byte, error) {
	text := func(amount *big.Int) *string {
		if amount == nil {
			return nil
		}
		s := amount.String()
		return &s
	}
	var total *string
	if q.Fee != nil && q.Endowment != nil {
		total = text(q.Total())
	}
	return json.Marshal(struct {
		SizeBytes    uint64  `json:"size_bytes"`
		Blobs        int     `json:"blobs"`
		Transactions int     `json:"transactions"`
		Fee          *string `json:"fee"`
		Endowment    *string `json:"endowment"`
		Gas          *string `json:"gas"`
		Total        *string `json:"total"`
		Balance      *string `json:"balance"`
	}{q.SizeBytes, q.Blobs, q.Transactions, text(q.Fee), text(q.Endowment), text(q.Gas), total, text(q.Balance)})
}

// prices asks the chain what blobs cost, each size once.
type prices struct {
	chain chain.DAReader

	mu    sync.Mutex // guards known
	known map[uint64]*big.Int
}

func (p *prices) of(ctx context.Context, lens []uint64) (*big.Int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	total := new(big.Int)
	for _, dataLen := range lens {
		fee, ok := p.known[dataLen]
		if !ok {
			quote, err := p.chain.DAQuote(ctx, dataLen)
			if err != nil {
				return nil, fmt.Errorf("price of %d bytes: %w", dataLen, err)
			}
			fee = quote.Fee
			p.known[dataLen] = fee
		}
		total.Add(total, fee)
	}
	return total, nil
}

// addToQuote prices blobs that are to be ordered now and, unless it is a dry
// run, which will ask again, those still to come.
func (d *direct) addToQuote(ctx context.Context, now []*item) error {
	q := d.result.Quote
	lens := lensOf(now)
	transactions := 2
	if !d.opts.DryRun {
		later := d.source.left()
		lens = append(lens, later...)
		rows, most := int64(sum(later))*int64(d.profile.N/d.profile.K), d.groupBytes()
		transactions += 2 * int((rows+most-1)/most)
	}
	fee, err := d.prices.of(ctx, lens)
	if err != nil {
		return err
	}
	endowment, err := d.endowments(ctx, lens)
	if err != nil {
		return err
	}
	q.Fee.Add(q.Fee, fee)
	q.Endowment.Add(q.Endowment, endowment)
	q.Blobs += len(lens)
	q.Transactions += transactions
	if d.sender == nil {
		return nil
	}
	if q.Balance, err = d.chain.Balance(ctx, d.sender.Address()); err != nil {
		return fmt.Errorf("balance: %w", err)
	}
	return d.estimateGas(ctx, now, q)
}

// estimateGas simulates the order of some blobs. A confirmation, which cannot be
// simulated before it is signed, is taken to cost the same.
func (d *direct) estimateGas(ctx context.Context, now []*item, q *Quote) error {
	order, err := d.order(ctx, now)
	if err != nil {
		return err
	}
	gas, err := d.sender.EstimateDAFee(ctx, order)
	var refused *chain.Rejection
	if errors.As(err, &refused) && q.Balance.Cmp(q.Fee) < 0 {
		return fmt.Errorf("%w: %s azg in the account, the blobs cost %s azg", ErrPayment, q.Balance, q.Fee)
	}
	if err != nil {
		return fmt.Errorf("simulate the order: %w", err)
	}
	q.Gas = gas.Mul(gas, big.NewInt(int64(q.Transactions)))
	if total := q.Total(); q.Balance.Cmp(total) < 0 {
		return fmt.Errorf("%w: %s azg in the account, want %s azg", ErrPayment, q.Balance, total)
	}
	return nil
}

func lensOf(items []*item) []uint64 {
	lens := make([]uint64, len(items))
	for i, it := range items {
		lens[i] = it.dataLen
	}
	return lens
}
