package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// batchItems bounds the submissions of one transaction below the chain's own
// bound, so that its gas stays far from a block's.
const batchItems = 100

// Quote is what a put will cost. Amounts are azg.
type Quote struct {
	SizeBytes     uint64
	Entries       int // to be paid
	Reused        int // on the chain already
	Transactions  int
	Sectors       uint64   // charged, of the entries to be paid
	Endowment     *big.Int // pays for storage, goes to the module account
	UnitPrice     *big.Int // per sector and period
	PeriodSeconds uint64
	Fee           *big.Int // network fee, estimated; nil: not known (no key, or too little balance)
	Balance       *big.Int // of the account; nil without one
}

// Total is endowment and fee.
func (q Quote) Total() *big.Int {
	total := new(big.Int).Set(q.Endowment)
	if q.Fee != nil {
		total.Add(total, q.Fee)
	}
	return total
}

// MarshalJSON writes amounts as decimal strings; what is not known is null.
func (q Quote) MarshalJSON() ([]byte, error) {
	text := func(x *big.Int) *string {
		if x == nil {
			return nil
		}
		s := x.String()
		return &s
	}
	if q.Endowment == nil {
		return []byte("null"), nil
	}
	return json.Marshal(struct {
		Entries       int     `json:"entries"`
		Reused        int     `json:"reused"`
		Transactions  int     `json:"transactions"`
		Sectors       uint64  `json:"sectors"`
		Endowment     *string `json:"endowment"`
		Fee           *string `json:"fee"`
		Total         *string `json:"total"`
		UnitPrice     *string `json:"unit_price"`
		PeriodSeconds uint64  `json:"period_seconds"`
		Balance       *string `json:"balance"`
		Denom         string  `json:"denom"`
	}{
		q.Entries, q.Reused, q.Transactions, q.Sectors, text(q.Endowment), text(q.Fee), text(q.Total()),
		text(q.UnitPrice), q.PeriodSeconds, text(q.Balance), Denom,
	})
}

// batch is the submissions of one transaction, and their items.
type batch struct {
	items       []*item
	submissions []chain.Submission
}

// makeQuote prices the items that have no placement yet, at unitPrice or, if
// that is nil, at the floor.
func (c *Client) makeQuote(ctx context.Context, p *plan, maxBatch int, unitPrice *big.Int) (Quote, []batch, error) {
	quote := Quote{SizeBytes: p.sizeBytes, Endowment: new(big.Int), UnitPrice: new(big.Int)}
	prices := map[uint64]chain.Price{}
	var batches []batch
	for _, it := range p.items {
		if it.placed.txSeq != 0 {
			quote.Reused++
			continue
		}
		nodes := it.tree.Nodes()
		sectors := merkle.ChargedSectors(nodes)
		price, known := prices[sectors]
		if !known {
			var err error
			if price, err = c.priceAt(ctx, sectors, unitPrice); err != nil {
				return Quote{}, nil, err
			}
			prices[sectors] = price
		}
		quote.Entries++
		quote.Sectors += sectors
		quote.Endowment.Add(quote.Endowment, price.Endowment)
		quote.UnitPrice, quote.PeriodSeconds = price.UnitPrice, price.PeriodSeconds
		if len(batches) == 0 || len(batches[len(batches)-1].items) >= min(batchItems, max(1, maxBatch)) {
			batches = append(batches, batch{})
		}
		last := &batches[len(batches)-1]
		last.items = append(last.items, it)
		last.submissions = append(last.submissions, chain.Submission{
			SizeBytes: it.tree.Size(), Tags: it.tags, Nodes: chainNodes(nodes), Endowment: price.Endowment,
		})
	}
	quote.Transactions = len(batches)
	return quote, batches, nil
}

// priceAt is what sectors cost at a unit price, which may not be below the floor.
func (c *Client) priceAt(ctx context.Context, sectors uint64, unitPrice *big.Int) (chain.Price, error) {
	price, err := c.chain.Price(ctx, sectors)
	if err != nil {
		return chain.Price{}, fmt.Errorf("price of %d sectors: %w", sectors, err)
	}
	if unitPrice == nil {
		return price, nil
	}
	if unitPrice.Cmp(price.UnitPrice) < 0 {
		return chain.Price{}, fmt.Errorf("%w: unit price %s azg is below the floor of %s azg per sector and period", ErrPayment, unitPrice, price.UnitPrice)
	}
	price.UnitPrice = unitPrice
	price.Endowment = new(big.Int).Mul(unitPrice, new(big.Int).SetUint64(sectors))
	return price, nil
}

func chainNodes(nodes []merkle.Node) []chain.Node {
	out := make([]chain.Node, len(nodes))
	for i, node := range nodes {
		out[i] = chain.Node{Root: node.Root, Height: node.Height}
	}
	return out
}

// addFee fills in fee and balance. canPay is why the account could not pay,
// nil when it could.
func (c *Client) addFee(ctx context.Context, quote *Quote, batches []batch) (canPay, err error) {
	if c.sender == nil || len(batches) == 0 {
		return nil, nil
	}
	balance, err := c.chain.Balance(ctx, c.sender.Address())
	if err != nil {
		return nil, fmt.Errorf("balance of %s: %w", c.sender.Address(), err)
	}
	quote.Balance = balance
	if balance.Cmp(quote.Endowment) < 0 {
		return fmt.Errorf("%w: %s has %s azg, the endowment is %s azg", ErrPayment, c.sender.Address(), balance, quote.Endowment), nil
	}
	fee := new(big.Int)
	for _, b := range batches {
		one, err := c.sender.EstimateFee(ctx, mainFlow, b.submissions)
		if err != nil {
			return nil, fmt.Errorf("estimate the fee: %w", asPayment(err))
		}
		fee.Add(fee, one)
	}
	quote.Fee = fee
	if balance.Cmp(quote.Total()) < 0 {
		return fmt.Errorf("%w: %s has %s azg, endowment and fee are %s azg", ErrPayment, c.sender.Address(), balance, quote.Total()), nil
	}
	return nil, nil
}

// asPayment marks the refusals of the chain that are about money, so that they
// read and exit as such. Codes: x/flow types/errors.go; sdk 5 and 13 are
// insufficient funds and fee.
func asPayment(err error) error {
	var rejection *chain.Rejection
	if !errors.As(err, &rejection) {
		return err
	}
	switch {
	case rejection.Codespace == "sdk" && (rejection.Code == 5 || rejection.Code == 13),
		rejection.Codespace == "flow" && rejection.Code == 3,
		strings.Contains(rejection.Log, "insufficient funds"), strings.Contains(rejection.Log, "below the price floor"):
		return fmt.Errorf("%w: %w", ErrPayment, err)
	case rejection.Codespace == "flow" && rejection.Code == 4:
		return fmt.Errorf("%w: %w", ErrPaused, err)
	}
	return err
}
