package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"
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

// dispersals is how many groups are dispersed at a time: while the members of one
// sign, the rows of the next are on their way.
const dispersals = 2

// direct is the lane without a disperser: the user's own key orders, authorizes
// and confirms. Each group of blobs goes its own way; they meet at the account, at
// the members and in the memory.
type direct struct {
	*putting
	prices     *prices
	agreed     bool
	dispersing chan struct{} // a place for each dispersal
	under      sync.WaitGroup

	mu        sync.Mutex // guards the rest and the sums and faults of result
	groups    int        // that have rows to disperse
	last      bool       // there are no more to come
	failed    error      // the first failure of a group
	disperser *Disperser // made when first used
}

func newDirect(p *putting) *direct {
	return &direct{
		putting: p, prices: &prices{chain: p.chain, known: make(map[uint64]*big.Int)}, dispersing: make(chan struct{}, dispersals),
	}
}

func (d *direct) close() {
	d.under.Wait() // payments, above all
	if d.disperser != nil {
		d.disperser.Close()
	}
}

// bring agrees on the price of what is not on the chain and leaves the rest to
// the group's own goroutine. After a failure no group sets out any more; those
// that are on their way go on, for their orders are paid.
func (d *direct) bring(ctx context.Context, items []*item) error {
	err := d.failure()
	var missing []*item
	var waiting []placedItem
	if err == nil {
		missing, waiting, err = d.lookUp(ctx, items)
	}
	if err == nil && len(missing) > 0 {
		err = d.agree(ctx, missing)
	}
	if err != nil || d.opts.DryRun || len(missing)+len(waiting) == 0 {
		d.freeAll(items)
		return err
	}
	d.setOut(+1)
	d.under.Go(func() {
		defer d.freeAll(items)
		err := d.settle(ctx, items, missing, waiting)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.failed == nil {
			d.failed = err
		}
	})
	return nil
}

// done waits for all groups.
func (d *direct) done(context.Context) error {
	d.mu.Lock()
	d.last = true
	d.mu.Unlock()
	d.setOut(0)
	d.under.Wait()
	return d.failure()
}

func (d *direct) failure() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.failed
}

// setOut counts the groups whose rows are not dispersed yet; after the last there
// is nothing to show but the wait.
func (d *direct) setOut(change int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.groups += change; d.groups == 0 && d.last {
		d.shown.reach(StageConfirm, 0)
	}
}

// settle orders what is not on the chain, and disperses and confirms what is not
// confirmed, whoever began it and when, as long as this account ordered it.
func (d *direct) settle(ctx context.Context, items, missing []*item, waiting []placedItem) (err error) {
	dispersed := sync.OnceFunc(func() { d.setOut(-1) })
	defer dispersed()
	for attempt := 0; ; attempt++ {
		if attempt > 0 {
			if missing, waiting, err = d.lookUp(ctx, items); err != nil {
				return err
			}
		}
		if len(missing) > 0 {
			placed, err := d.orderBlobs(ctx, missing)
			if chain.RefusedAs(err, chain.DADuplicateBlob) && attempt < orderAttempts {
				continue // ordered a moment ago, by this account
			}
			if err != nil {
				return err
			}
			waiting = append(waiting, placed...)
		}
		err = d.confirmAll(ctx, waiting, dispersed)
		if !errors.Is(err, ErrLapsed) || attempt == orderAttempts {
			return err
		}
		d.Client.opts.Progress.Note("the time to confirm ran out; ordering again")
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
			if it.out.Reused {
				d.shown.count(StageDisperse, uint64(d.rowsBytes(it.dataLen)))
			}
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
	d.shown.reach(StageSubmit, 0)
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
	defer cancel()
	placed, receipt, err := d.sender.SubmitBlobs(call, order)
	if err != nil {
		return nil, fmt.Errorf("order %d blobs: %w", len(items), err)
	}
	endowment, err := d.endowments(ctx, order.DataLens) // held until the confirmation
	if err != nil {
		endowment = new(big.Int)
	}
	d.addCost(placed.Fee, endowment, receipt)
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

// addCost adds to what the put has cost; nil is nothing.
func (d *direct) addCost(fee, endowment *big.Int, r chain.Receipt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, part := range []struct{ sum, more *big.Int }{{&d.result.fee, fee}, {&d.result.endowment, endowment}, {&d.result.gas, r.Fee}} {
		if part.more != nil {
			part.sum.Add(part.sum, part.more)
		}
	}
}

// confirmAll disperses and confirms blobs, those of one quorum together, and says
// when the last are dispersed.
func (d *direct) confirmAll(ctx context.Context, waiting []placedItem, dispersed func()) error {
	slices.SortFunc(waiting, func(a, b placedItem) int {
		return cmp.Or(cmp.Compare(a.blob.Epoch, b.blob.Epoch), cmp.Compare(a.blob.QuorumID, b.blob.QuorumID), cmp.Compare(a.blob.ID, b.blob.ID))
	})
	for len(waiting) > 0 {
		n := 1
		for n < len(waiting) && waiting[n].blob.Epoch == waiting[0].blob.Epoch && waiting[n].blob.QuorumID == waiting[0].blob.QuorumID {
			n++
		}
		dispersal, lacking := d.disperse(ctx, waiting[:n])
		if n == len(waiting) {
			dispersed()
		}
		if dispersal != nil {
			for _, certificate := range dispersal.Certificates {
				if err := d.confirm(ctx, waiting[:n], certificate); err != nil {
					return err
				}
			}
		}
		if lacking != nil {
			return lacking
		}
		waiting = waiting[n:]
	}
	return nil
}

// disperse brings blobs of one quorum to its members. The rows of what they signed
// for are of no more use here.
func (d *direct) disperse(ctx context.Context, batch []placedItem) (*Dispersal, error) {
	quorum, err := d.chain.DAQuorum(ctx, batch[0].blob.Epoch, batch[0].blob.QuorumID)
	if err != nil {
		return nil, fmt.Errorf("quorum %d of epoch %d: %w", batch[0].blob.QuorumID, batch[0].blob.Epoch, err)
	}
	select {
	case d.dispersing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-d.dispersing }()
	pieces := make([]Piece, len(batch))
	for i, one := range batch {
		if one.item.blob == nil {
			if err := d.encodeAgain(ctx, one.item); err != nil {
				return nil, err
			}
		}
		pieces[i] = Piece{ID: one.blob.ID, Root: one.root, Blob: one.item.blob}
	}
	d.shown.reach(StageDisperse, d.toDisperse(batch))
	dispersal, lacking := d.members().Disperse(ctx, quorum, pieces)
	if dispersal != nil {
		d.mu.Lock()
		d.result.Faults = addFaults(d.result.Faults, dispersal.Faults, d.Client.opts.Progress.Note)
		d.mu.Unlock()
	}
	if lacking == nil {
		for _, one := range batch {
			d.free(one.item)
		}
	}
	return dispersal, lacking
}

// toDisperse is the rows of the whole file, as far as it is known.
func (d *direct) toDisperse(batch []placedItem) (bytes uint64) {
	if d.source == nil {
		return uint64(d.rowsBytes(batch[0].dataLen))
	}
	for _, dataLen := range d.source.lens() {
		bytes += uint64(d.rowsBytes(dataLen))
	}
	return bytes
}

func (d *direct) members() *Disperser {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.disperser == nil {
		options := d.Client.opts.Disperser
		options.MinRows = int(d.limits.MinVerifyRows)
		options.Sent = func(bytes uint64) { d.shown.count(StageDisperse, bytes) }
		d.disperser = NewDisperser(d.evmChainID, d.sender, options)
	}
	return d.disperser
}

// confirm brings a certificate to the chain.
func (d *direct) confirm(ctx context.Context, batch []placedItem, c Certificate) error {
	call, cancel := context.WithTimeout(context.WithoutCancel(ctx), payTimeout)
	defer cancel()
	_, receipt, err := d.sender.ConfirmBatch(call, c.IDs, c.Bitmap, c.Signature)
	if chain.RefusedAs(err, chain.DALapsed) {
		return fmt.Errorf("%w: %w", ErrLapsed, err)
	}
	if err != nil && !chain.RefusedAs(err, chain.DANothingToConfirm) { // confirmed by an earlier try
		return fmt.Errorf("confirm blobs %v: %w", c.IDs, err)
	}
	d.addCost(nil, nil, receipt)
	for _, one := range batch {
		if !slices.Contains(c.IDs, one.blob.ID) {
			continue
		}
		one.out.HitSeats, one.out.TotalSeats = c.HitSeats, c.TotalSeats
		one.out.ConfirmHeight, one.out.ConfirmTx = receipt.Height, receipt.TxHash
	}
	return nil
}
