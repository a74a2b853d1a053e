package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

const (
	// payTimeout bounds one transaction, also after the user pressed Ctrl-C: a
	// payment under way is always waited for, else it could be paid again.
	payTimeout = 2 * time.Minute
	// pendingBlocks: a transaction not in after so many blocks never comes in
	// (the sender's timeout height is 40 blocks).
	pendingBlocks = 42
	// lookups is how many roots are asked for at once.
	lookups = 16
)

// findPaid gives the items that are on the chain already their placement, so
// that nothing is paid twice. force leaves out entries this put did not pay.
func (c *Client) findPaid(ctx context.Context, p *plan, r *resumeFile, force bool) error {
	head, err := c.chain.Status(ctx)
	if err != nil {
		return fmt.Errorf("chain status: %w", err)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for _, it := range p.items {
		if it.placed.txSeq != 0 {
			continue
		}
		group.Go(func() error {
			entries, err := c.chain.EntriesByRoot(ctx, it.root)
			if errors.Is(err, chain.ErrNotFound) {
				return nil
			}
			if err != nil {
				return fmt.Errorf("look up %s: %w", nodeapi.Hash(it.root), err)
			}
			c.adopt(it, entries, head.BlockTime.Unix(), r, force)
			return nil
		})
	}
	return group.Wait()
}

// adopt takes the entry that lasts longest of those that are this item.
func (c *Client) adopt(it *item, entries []chain.Entry, now int64, r *resumeFile, force bool) {
	isManifest := string(it.tags) == ManifestTag
	for _, entry := range entries {
		own := r.paid(it.root) == entry.TxSeq
		switch {
		case entry.FlowID != mainFlow || entry.SizeBytes != it.tree.Size() || entry.EndTime <= now:
		case isManifest != (string(entry.Tags) == ManifestTag):
		case force && !own:
		case entry.EndTime > it.placed.endTime || own:
			it.placed = placement{
				txSeq: entry.TxSeq, startSector: entry.StartSector, sectors: entry.Sectors,
				endTime: entry.EndTime, reused: true,
			}
			if own {
				return
			}
		}
	}
}

// paid returns the number the resume file has for a root, 0 for none.
func (r *resumeFile) paid(root Hash) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if entry := r.state.Entries[nodeapi.Hash(root).String()]; entry != nil {
		return entry.TxSeq
	}
	return 0
}

// settlePending waits until it is known whether a payment that an earlier run
// did not see the end of came in.
func (c *Client) settlePending(ctx context.Context, r *resumeFile) error {
	pending := r.pending()
	if pending == nil {
		return nil
	}
	c.opts.Progress.Note("an earlier run was cut off while paying; looking for its transaction")
	for {
		landed, err := c.anyNewEntry(ctx, pending, r)
		if err != nil {
			return err
		}
		head, err := c.chain.Status(ctx)
		if err != nil {
			return fmt.Errorf("chain status: %w", err)
		}
		if landed || head.Height > pending.Height+pendingBlocks {
			return r.setPending(nil)
		}
		select {
		case <-time.After(300 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// anyNewEntry looks for entries with the roots from the time of the payment on
// and notes them as this put's own. A batch is entered all or none.
func (c *Client) anyNewEntry(ctx context.Context, pending *resumePending, r *resumeFile) (bool, error) {
	landed := false
	for _, root := range pending.Roots {
		entries, err := c.chain.EntriesByRoot(ctx, Hash(root))
		if err != nil && !errors.Is(err, chain.ErrNotFound) {
			return false, fmt.Errorf("look up %s: %w", root, err)
		}
		for _, entry := range entries {
			if entry.Height > pending.Height {
				landed = true
				r.setPaid(Hash(root), entry.TxSeq)
			}
		}
		if !landed {
			return false, nil
		}
	}
	return landed, nil
}

// pay submits the batches one after another and notes each in the resume file
// before and after. It returns the sum of the fees as the chain took them.
func (c *Client) pay(ctx context.Context, batches []batch, r *resumeFile, result *PutResult) error {
	for _, b := range batches {
		if err := ctx.Err(); err != nil { // between transactions is a good place to stop
			return err
		}
		head, err := c.chain.Status(ctx)
		if err != nil {
			return fmt.Errorf("chain status: %w", err)
		}
		pending := &resumePending{Height: head.Height}
		for _, it := range b.items {
			pending.Roots = append(pending.Roots, nodeapi.Hash(it.root))
		}
		if err := r.setPending(pending); err != nil {
			return err
		}
		if err := c.payBatch(ctx, b, r, result); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) payBatch(ctx context.Context, b batch, r *resumeFile, result *PutResult) error {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
	defer cancel()
	placed, receipt, err := c.sender.Submit(call, mainFlow, b.submissions)
	if errors.Is(err, chain.ErrRejected) {
		_ = r.setPending(nil) // it is known: not paid
		return fmt.Errorf("submit: %w", asPayment(err))
	}
	if err != nil {
		return fmt.Errorf("submit: %w", err)
	}
	if len(placed) != len(b.items) {
		return fmt.Errorf("%w: the chain placed %d entries, want %d", chain.ErrUnavailable, len(placed), len(b.items))
	}
	for i, it := range b.items {
		if placed[i].Root != it.root {
			return fmt.Errorf("%w: the chain entered root %s for %s, want %s", ErrVerify, nodeapi.Hash(placed[i].Root), it.label, nodeapi.Hash(it.root))
		}
		it.placed = placement{
			txSeq: placed[i].TxSeq, startSector: placed[i].StartSector, sectors: placed[i].Sectors,
			endTime: placed[i].EndTime, endowment: placed[i].Endowment.String(), txHash: receipt.TxHash,
		}
		result.endowment.Add(&result.endowment, placed[i].Endowment)
		r.setPaid(it.root, it.placed.txSeq)
	}
	if receipt.Fee != nil {
		result.fee.Add(&result.fee, receipt.Fee)
	}
	return r.setPending(nil)
}
