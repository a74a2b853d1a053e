package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

const (
	// payTimeout bounds one transaction, also after the user pressed Ctrl-C: a
	// payment under way is always waited for, else it could be paid again.
	payTimeout = 2 * time.Minute
	// orderAttempts: an order can be overtaken by a new epoch's shape or by an
	// order of this account from another place.
	orderAttempts = 3
)

// direct is the lane without a disperser: the user's own key orders, authorizes
// and confirms.
type direct struct {
	*putting
	prices    prices
	agreed    bool
	disperser *Disperser // made when first used
}

func newDirect(p *putting) *direct {
	return &direct{putting: p, prices: prices{p.chain, make(map[uint64]*big.Int)}}
}

func (d *direct) close() {
	if d.disperser != nil {
		d.disperser.Close()
	}
}

func (d *direct) done(context.Context) error { return nil }

// bring orders what is not on the chain, and disperses and confirms what is not
// confirmed, whoever began it and when, as long as this account ordered it.
func (d *direct) bring(ctx context.Context, items []*item) error {
	for attempt := 0; ; attempt++ {
		missing, waiting, err := d.lookUp(ctx, items)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			if err := d.agree(ctx, missing); err != nil || d.opts.DryRun {
				return err
			}
			placed, err := d.orderBlobs(ctx, missing)
			if chain.RefusedAs(err, chain.DADuplicateBlob) && attempt < orderAttempts {
				continue // ordered a moment ago, by this account
			}
			if err != nil {
				return err
			}
			waiting = append(waiting, placed...)
		}
		if d.opts.DryRun {
			return nil
		}
		err = d.confirmAll(ctx, waiting)
		if errors.Is(err, ErrLapsed) && attempt < orderAttempts {
			d.Client.opts.Progress.Note("the time to confirm ran out; ordering again")
			continue
		}
		return err
	}
}

// placedItem is an item that the chain has ordered.
type placedItem struct {
	*item
	blob chain.DABlob
}

// lookUp says which blobs the chain does not have and which wait for their
// confirmation by this account. Those that are confirmed are done.
func (d *direct) lookUp(ctx context.Context, items []*item) (missing []*item, waiting []placedItem, err error) {
	for _, it := range items {
		blob, err := d.standing(ctx, it.root)
		if err != nil && !errors.Is(err, chain.ErrNotFound) {
			return nil, nil, fmt.Errorf("look up %s: %w", hexRoot(it.root), err)
		}
		switch {
		case err != nil, blob.Status == chain.DABlobLapsed:
			missing = append(missing, it)
		case blob.DataLen != it.dataLen || blob.Profile != d.profile.ID:
			return nil, nil, fmt.Errorf("%w: blob %d on chain has this root and %d bytes of profile %d, want %d of %d: the node's answer cannot be", ErrVerify, blob.ID, blob.DataLen, blob.Profile, it.dataLen, d.profile.ID)
		case blob.Status == chain.DABlobConfirmed:
			it.out.fill(blob)
			it.out.Reused = it.out.ConfirmTx == "" // not by this put
		default: // this account's order
			it.out.fill(blob)
			waiting = append(waiting, placedItem{it, blob})
		}
	}
	return missing, waiting, nil
}

// standing is a confirmed blob, or one that this account ordered; others' orders
// that wait are of no use to it.
func (d *direct) standing(ctx context.Context, root chain.Hash) (chain.DABlob, error) {
	if d.sender != nil {
		return chain.DAStanding(ctx, d.chain, d.sender.Bytes(), root)
	}
	blob, err := d.chain.DABlobByRoot(ctx, root)
	if err == nil && blob.Status != chain.DABlobConfirmed {
		return chain.DABlob{}, chain.ErrNotFound
	}
	return blob, err
}

func (b *PutBlob) fill(blob chain.DABlob) {
	b.BlobID, b.Epoch, b.QuorumID = blob.ID, blob.Epoch, blob.QuorumID
	b.SubmitHeight, b.ConfirmHeight = blob.SubmitHeight, blob.ConfirmHeight
}

// agree shows the price once, before the first signature.
func (d *direct) agree(ctx context.Context, missing []*item) error {
	if d.agreed {
		return nil
	}
	if err := d.addToQuote(ctx, missing); err != nil {
		return err
	}
	if d.opts.DryRun || d.opts.Accept == nil {
		return nil
	}
	if err := d.opts.Accept(*d.result.Quote); err != nil {
		return err
	}
	d.agreed = true
	return nil
}

// order is the message for some blobs.
func (d *direct) order(ctx context.Context, items []*item) (chain.DASubmission, error) {
	s := chain.DASubmission{Profile: d.profile.ID, DataLens: lensOf(items)}
	for _, it := range items {
		s.Roots = append(s.Roots, it.root)
		s.StorageRoots = append(s.StorageRoots, it.nodes...)
	}
	fee, err := d.prices.of(ctx, s.DataLens)
	if err != nil {
		return s, err
	}
	endowment, err := d.endowments(ctx, s.DataLens)
	if err != nil {
		return s, err
	}
	s.MaxFee = new(big.Int).Add(fee, endowment)
	return s, nil
}

// orderBlobs pays for blobs; the chain draws their quorum.
func (d *direct) orderBlobs(ctx context.Context, items []*item) ([]placedItem, error) {
	if err := ctx.Err(); err != nil { // before paying is a good place to stop
		return nil, err
	}
	order, err := d.order(ctx, items)
	if err != nil {
		return nil, err
	}
	d.Client.opts.Progress.Stage(StageSubmit, 0)
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
	defer cancel()
	placed, receipt, err := d.sender.SubmitBlobs(call, order)
	if err != nil {
		return nil, fmt.Errorf("order %d blobs: %w", len(items), err)
	}
	d.result.fee.Add(&d.result.fee, placed.Fee)
	if endowment, err := d.endowments(ctx, order.DataLens); err == nil { // held until the confirmation
		d.result.endowment.Add(&d.result.endowment, endowment)
	}
	d.addGas(receipt)
	out := make([]placedItem, len(items))
	for i, it := range items {
		blob := chain.DABlob{
			ID: placed.FirstBlobID + uint64(i), Root: it.root, DataLen: it.dataLen, Profile: d.profile.ID,
			Epoch: placed.Epoch, QuorumID: placed.QuorumID, SubmitHeight: receipt.Height, Status: chain.DABlobSubmitted,
		}
		it.out.fill(blob)
		it.out.SubmitTx = receipt.TxHash
		out[i] = placedItem{it, blob}
	}
	return out, nil
}

func (d *direct) addGas(r chain.Receipt) {
	if r.Fee != nil {
		d.result.gas.Add(&d.result.gas, r.Fee)
	}
}

// confirmAll disperses and confirms blobs, those of one quorum together.
func (d *direct) confirmAll(ctx context.Context, waiting []placedItem) error {
	slices.SortFunc(waiting, func(a, b placedItem) int {
		return cmp.Or(cmp.Compare(a.blob.Epoch, b.blob.Epoch), cmp.Compare(a.blob.QuorumID, b.blob.QuorumID), cmp.Compare(a.blob.ID, b.blob.ID))
	})
	for len(waiting) > 0 {
		n := 1
		for n < len(waiting) && waiting[n].blob.Epoch == waiting[0].blob.Epoch && waiting[n].blob.QuorumID == waiting[0].blob.QuorumID {
			n++
		}
		if err := d.confirmBatch(ctx, waiting[:n]); err != nil {
			return err
		}
		waiting = waiting[n:]
	}
	return nil
}

// confirmBatch disperses blobs of one quorum and confirms those that it signs.
func (d *direct) confirmBatch(ctx context.Context, batch []placedItem) error {
	quorum, err := d.chain.DAQuorum(ctx, batch[0].blob.Epoch, batch[0].blob.QuorumID)
	if err != nil {
		return fmt.Errorf("quorum %d of epoch %d: %w", batch[0].blob.QuorumID, batch[0].blob.Epoch, err)
	}
	if d.disperser == nil {
		options := d.Client.opts.Disperser
		options.MinRows, options.Sent = int(d.limits.MinVerifyRows), d.Client.opts.Progress.Add
		d.disperser = NewDisperser(d.evmChainID, d.sender, options)
	}
	pieces, bytes := make([]Piece, len(batch)), uint64(0)
	for i, one := range batch {
		pieces[i] = Piece{ID: one.blob.ID, Root: one.root, Blob: one.item.blob}
		bytes += uint64(len(one.item.blob.Rows) * one.item.blob.RowSize)
	}
	d.Client.opts.Progress.Stage(StageDisperse, bytes)
	dispersal, lacking := d.disperser.Disperse(ctx, quorum, pieces)
	if dispersal != nil {
		d.result.Faults = addFaults(d.result.Faults, dispersal.Faults, d.Client.opts.Progress.Note)
		for _, certificate := range dispersal.Certificates {
			if err := d.confirm(ctx, batch, certificate); err != nil {
				return err
			}
		}
	}
	return lacking
}

// confirm brings a certificate to the chain.
func (d *direct) confirm(ctx context.Context, batch []placedItem, c Certificate) error {
	d.Client.opts.Progress.Stage(StageConfirm, 0)
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
	defer cancel()
	_, receipt, err := d.sender.ConfirmBatch(call, c.IDs, c.Bitmap, c.Signature)
	if chain.RefusedAs(err, chain.DALapsed) {
		return fmt.Errorf("%w: %w", ErrLapsed, err)
	}
	if err != nil && !chain.RefusedAs(err, chain.DANothingToConfirm) { // confirmed by an earlier try
		return fmt.Errorf("confirm blobs %v: %w", c.IDs, err)
	}
	d.addGas(receipt)
	for _, one := range batch {
		if !slices.Contains(c.IDs, one.blob.ID) {
			continue
		}
		one.out.HitSeats, one.out.TotalSeats = c.HitSeats, c.TotalSeats
		one.out.ConfirmHeight, one.out.ConfirmTx = receipt.Height, receipt.TxHash
	}
	return nil
}
