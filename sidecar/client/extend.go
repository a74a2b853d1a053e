package client

import (
	"context"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// ExtendOptions steer one extension; one of Seconds and Amount is given.
type ExtendOptions struct {
	Seconds uint64   // longer by so much, each entry
	Amount  *big.Int // azg in all, divided by the entries' sizes
	DryRun  bool
	Accept  func(ExtendQuote) error // asked before signing; nil: any
}

// ExtendQuote is what an extension will cost. Amounts are azg.
type ExtendQuote struct {
	Entries int      // each is a transaction
	Amount  *big.Int // endowment added
	Fee     *big.Int // network fee, estimated; nil: not known (no key, or too little balance)
	Balance *big.Int // of the account; nil without one
}

// Total is amount and fee.
func (q ExtendQuote) Total() *big.Int {
	total := new(big.Int).Set(q.Amount)
	if q.Fee != nil {
		total.Add(total, q.Fee)
	}
	return total
}

// ExtendResult says what an extension did. Amounts are decimal azg.
type ExtendResult struct {
	Root    nodeapi.Hash  `json:"root"`
	Amount  string        `json:"amount"`
	Fee     string        `json:"fee"` // paid; in a dry run the estimate, "" unknown
	Denom   string        `json:"denom"`
	DryRun  bool          `json:"dry_run"`
	Entries []ExtendEntry `json:"entries"`
	EndTime int64         `json:"end_time"` // the first of the entries to end
	Quote   ExtendQuote   `json:"-"`        // asked before paying
}

// ExtendEntry is one recharged entry.
type ExtendEntry struct {
	Root       nodeapi.Hash `json:"root"`
	TxSeq      uint64       `json:"tx_seq"`
	Amount     string       `json:"amount"`
	OldEndTime int64        `json:"old_end_time"`
	EndTime    int64        `json:"end_time"` // in a dry run what is expected
	TxHash     string       `json:"tx_hash"`

	amount *big.Int
}

// Extend recharges an entry, or every entry of a manifest and its own, at the
// price each was entered for. Entries are recharged one by one: after an error
// those before it are extended, and the result says which.
func (c *Client) Extend(ctx context.Context, root Hash, opts ExtendOptions) (*ExtendResult, error) {
	if (opts.Seconds == 0) == (opts.Amount == nil || opts.Amount.Sign() <= 0) {
		return nil, fmt.Errorf("%w: give either a time or a positive amount to extend by", ErrUsage)
	}
	located, err := c.open(ctx, root)
	if err != nil {
		return nil, err
	}
	entries, err := c.entriesOf(ctx, located)
	if err != nil {
		return nil, err
	}
	result := &ExtendResult{Root: nodeapi.Hash(root), Denom: Denom, DryRun: opts.DryRun, Amount: "0"}
	total, err := c.shareOut(ctx, entries, opts, result)
	if err != nil {
		return nil, err
	}
	result.Amount = total.String()
	result.Quote = ExtendQuote{Entries: len(entries), Amount: total}
	canPay, err := c.addRechargeFee(ctx, result)
	if err != nil {
		return nil, err
	}
	if opts.DryRun {
		if result.Quote.Fee != nil {
			result.Fee = result.Quote.Fee.String()
		}
		return result, nil
	}
	switch {
	case c.sender == nil:
		return nil, fmt.Errorf("%w: extending pays an amount", ErrNoKey)
	case canPay != nil:
		return nil, canPay
	}
	if opts.Accept != nil {
		if err := opts.Accept(result.Quote); err != nil {
			return nil, err
		}
	}
	return result, c.recharge(ctx, result)
}

// addRechargeFee fills in fee and balance of the quote. canPay is why the
// account could not pay, nil when it could.
func (c *Client) addRechargeFee(ctx context.Context, result *ExtendResult) (canPay, err error) {
	if c.sender == nil {
		return nil, nil
	}
	quote := &result.Quote
	if quote.Balance, err = c.chain.Balance(ctx, c.sender.Address()); err != nil {
		return nil, fmt.Errorf("balance of %s: %w", c.sender.Address(), err)
	}
	if quote.Balance.Cmp(quote.Amount) < 0 { // no simulation would pass
		return fmt.Errorf("%w: %s has %s azg, extending costs %s azg", ErrPayment, c.sender.Address(), quote.Balance, quote.Amount), nil
	}
	fee := new(big.Int)
	for _, row := range result.Entries {
		one, err := c.sender.EstimateRechargeFee(ctx, mainFlow, row.TxSeq, row.amount)
		if err != nil {
			return nil, fmt.Errorf("estimate the fee of entry %d: %w", row.TxSeq, asPayment(err))
		}
		fee.Add(fee, one)
	}
	quote.Fee = fee
	if quote.Balance.Cmp(quote.Total()) < 0 {
		return fmt.Errorf("%w: %s has %s azg, amount and fee are %s azg", ErrPayment, c.sender.Address(), quote.Balance, quote.Total()), nil
	}
	return nil, nil
}

// shareOut computes each entry's amount and returns their sum.
func (c *Client) shareOut(ctx context.Context, entries []Entry, opts ExtendOptions, result *ExtendResult) (*big.Int, error) {
	price, err := c.chain.Price(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("price: %w", err)
	}
	period := new(big.Int).SetUint64(price.PeriodSeconds)
	weights, all := make([]*big.Int, len(entries)), new(big.Int) // azg per period
	for i, entry := range entries {
		weights[i] = new(big.Int).Mul(entry.UnitPrice, new(big.Int).SetUint64(entry.Sectors))
		all.Add(all, weights[i])
	}
	if all.Sign() <= 0 || period.Sign() <= 0 {
		return nil, fmt.Errorf("%w: the entries have no price to extend at", ErrUsage)
	}
	total := new(big.Int)
	for i, entry := range entries {
		amount := new(big.Int)
		if opts.Seconds > 0 { // rounded up, so that the chain's rounding down gives the whole time
			amount.Mul(weights[i], new(big.Int).SetUint64(opts.Seconds))
			amount.Add(amount, period).Sub(amount, big.NewInt(1)).Quo(amount, period)
		} else {
			amount.Mul(opts.Amount, weights[i]).Quo(amount, all)
		}
		seconds := new(big.Int).Mul(amount, period)
		seconds.Quo(seconds, weights[i])
		total.Add(total, amount)
		row := ExtendEntry{
			Root: nodeapi.Hash(entry.Root), TxSeq: entry.TxSeq, Amount: amount.String(), amount: amount,
			OldEndTime: entry.EndTime, EndTime: entry.EndTime + seconds.Int64(),
		}
		result.Entries = append(result.Entries, row)
		result.noteEnd(row.EndTime)
	}
	return total, nil
}

func (r *ExtendResult) noteEnd(endTime int64) {
	if r.EndTime == 0 || endTime < r.EndTime {
		r.EndTime = endTime
	}
}

// recharge pays the entries one by one.
func (c *Client) recharge(ctx context.Context, result *ExtendResult) error {
	fee := new(big.Int)
	result.EndTime = 0
	for i := range result.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		row := &result.Entries[i]
		call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
		endTime, receipt, err := c.sender.Recharge(call, mainFlow, row.TxSeq, row.amount)
		cancel()
		if err != nil {
			return fmt.Errorf("recharge entry %d (%d of %d): %w", row.TxSeq, i+1, len(result.Entries), asPayment(err))
		}
		row.EndTime, row.TxHash = endTime, receipt.TxHash
		addTo(fee, receipt.Fee)
		result.Fee = fee.String()
		result.noteEnd(endTime)
	}
	return nil
}
