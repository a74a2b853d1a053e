package client

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// PutOptions steer one put.
type PutOptions struct {
	Tags   []byte // of the entry of a single file
	Force  bool   // pay even if the same root is on the chain already
	DryRun bool   // price only: sign nothing, send nothing
	// UnitPrice is what to pay per sector and period, azg; nil is the floor. More
	// makes every proof over the data pay more, and so draws miners to it.
	UnitPrice *big.Int
	Accept    func(Quote) error // asked before anything is signed; nil: any price
}

// PutResult says what a put did. Amounts are decimal azg.
type PutResult struct {
	Root      nodeapi.Hash `json:"root"`
	Kind      string       `json:"kind"`
	SizeBytes uint64       `json:"size_bytes"`
	Files     int          `json:"files"`
	TxSeq     uint64       `json:"tx_seq"` // of the root's entry; 0 in a dry run
	EndTime   int64        `json:"end_time"`
	Endowment string       `json:"endowment"` // paid now
	Fee       string       `json:"fee"`       // paid now; in a dry run the estimate, "" unknown
	Denom     string       `json:"denom"`
	Reused    int          `json:"reused"` // entries that were on the chain already
	Entries   []PutEntry   `json:"entries"`
	Dropped   []Dropped    `json:"dropped"`
	DryRun    bool         `json:"dry_run"`
	Seconds   float64      `json:"seconds"`
	Quote     Quote        `json:"price"` // asked before paying

	endowment, fee big.Int
}

// PutEntry is one entry of the chain.
type PutEntry struct {
	Root        nodeapi.Hash `json:"root"`
	Path        string       `json:"path"`
	TxSeq       uint64       `json:"tx_seq"`
	StartSector uint64       `json:"start_sector"`
	Sectors     uint64       `json:"sectors"`
	SizeBytes   uint64       `json:"size_bytes"`
	EndTime     int64        `json:"end_time"`
	Endowment   string       `json:"endowment"` // "0" when reused
	TxHash      string       `json:"tx_hash"`
	Reused      bool         `json:"reused"`
}

// Put stores what paths name: one file, or files and folders under one
// manifest. On an error after payment the result tells how far it got, and the
// same call goes on from there without paying again.
func (c *Client) Put(ctx context.Context, paths []string, opts PutOptions) (*PutResult, error) {
	began := time.Now()
	if strings.HasPrefix(string(opts.Tags), "zg-") {
		return nil, fmt.Errorf("%w: tags that begin with zg- are reserved", ErrUsage)
	}
	head, err := c.chain.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain status: %w", err)
	}
	limits, err := c.chain.Limits(ctx)
	if err != nil {
		return nil, fmt.Errorf("chain parameters: %w", err)
	}
	p, err := c.makePlan(ctx, paths, opts.Tags, head.ChainID, limits.MaxEntrySectors)
	if err != nil {
		return nil, err
	}
	r := openResume(c.opts.ResumeDir, p, head.ChainID, paths)
	result := &PutResult{
		Root: nodeapi.Hash(p.root), Kind: p.kind, SizeBytes: p.sizeBytes, Files: p.files, Denom: Denom,
		DryRun: opts.DryRun, Dropped: []Dropped{},
	}
	err = c.put(ctx, p, r, limits.Paused, int(limits.MaxBatch), opts, result)
	result.finish(p, began)
	if err != nil {
		return result, errors.Join(err, r.save(true))
	}
	if !opts.DryRun {
		r.remove()
	}
	return result, nil
}

// put pays for a plan and uploads it.
func (c *Client) put(ctx context.Context, p *plan, r *resumeFile, paused bool, maxBatch int, opts PutOptions, result *PutResult) error {
	if !opts.DryRun {
		if err := c.settlePending(ctx, r); err != nil {
			return err
		}
	}
	if err := c.findPaid(ctx, p, r, opts.Force); err != nil {
		return err
	}
	quote, batches, err := c.makeQuote(ctx, p, maxBatch, opts.UnitPrice)
	if err != nil {
		return err
	}
	canPay, err := c.addFee(ctx, &quote, batches)
	if err != nil {
		return err
	}
	result.Quote, result.Reused = quote, quote.Reused
	if opts.DryRun {
		return nil
	}
	if quote.Entries > 0 {
		if err := c.agree(quote, canPay, paused, opts); err != nil {
			return err
		}
	}
	pool, err := c.newPool(ctx) // before paying: no node, no payment
	if err != nil {
		return err
	}
	c.opts.Progress.Stage(StagePay, 0)
	if err := c.pay(ctx, batches, r, result); err != nil {
		return err
	}
	err = c.uploadAll(ctx, pool, p, r)
	result.Dropped = append(result.Dropped, pool.report()...)
	return err
}

// agree checks that the put can be paid and that the user wants to.
func (c *Client) agree(quote Quote, canPay error, paused bool, opts PutOptions) error {
	switch {
	case c.sender == nil:
		return fmt.Errorf("%w: storing pays an endowment", ErrNoKey)
	case paused:
		return fmt.Errorf("%w: the chain's governance has set flow.paused", ErrPaused)
	case canPay != nil:
		return canPay
	case opts.Accept == nil:
		return nil
	}
	return opts.Accept(quote)
}

// finish fills in what is the same for every outcome.
func (result *PutResult) finish(p *plan, began time.Time) {
	result.Seconds = time.Since(began).Seconds()
	result.Endowment, result.Fee = result.endowment.String(), result.fee.String()
	if result.DryRun {
		result.Fee = ""
		if result.Quote.Endowment != nil {
			result.Endowment = result.Quote.Endowment.String()
		}
		if result.Quote.Fee != nil {
			result.Fee = result.Quote.Fee.String()
		}
	}
	result.Entries = make([]PutEntry, 0, len(p.items))
	for _, it := range p.items {
		entry := PutEntry{
			Root: nodeapi.Hash(it.root), Path: it.label, TxSeq: it.placed.txSeq, StartSector: it.placed.startSector,
			Sectors: it.placed.sectors, SizeBytes: it.tree.Size(), EndTime: it.placed.endTime,
			Endowment: it.placed.endowment, TxHash: it.placed.txHash, Reused: it.placed.reused,
		}
		if entry.Endowment == "" {
			entry.Endowment = "0"
		}
		result.Entries = append(result.Entries, entry)
		if it.root == p.root {
			result.TxSeq = it.placed.txSeq
		}
		if result.EndTime == 0 || (entry.EndTime != 0 && entry.EndTime < result.EndTime) {
			result.EndTime = entry.EndTime // the first of them to end
		}
	}
}
