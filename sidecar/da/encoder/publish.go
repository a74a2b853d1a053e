package encoder

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// First pauses after what may pass: the next block; members that restart, prices
// that fall.
const (
	pauseChain  = 2 * time.Second
	pauseQuorum = 10 * time.Second
)

func errRoot(got, want Root) error {
	return fmt.Errorf("%w: payload codes to %s, want %s: another chain, or a damaged spool", ErrCorrupt, got, want)
}

// settle asks the chain where blobs stand that may have been ordered: after a
// start, an order without an answer, a dispersal without enough signatures. It
// returns those that something is to be done for.
func (s *Service) settle(ctx context.Context, batch []*blob) (open []*blob) {
	for _, b := range batch {
		if !b.uncertain {
			open = append(open, b)
			continue
		}
		found, err := chain.DAStanding(ctx, s.Chain, s.Account.Bytes(), chain.Hash(b.record.Root))
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, chain.ErrNotFound), err == nil && found.Status == chain.DABlobLapsed:
			if s.again(b) {
				open = append(open, b)
			}
		case err != nil:
			s.later(b, pauseChain, err.Error())
		case found.Status == chain.DABlobConfirmed:
			s.confirmed(ctx, b, func(r *Record) { r.onChain(found) })
		case s.keep(b, func(r *Record) { r.State, r.Attempts = Submitted, max(r.Attempts, 1); r.onChain(found) }):
			b.uncertain = false
			open = append(open, b)
		}
	}
	return open
}

// again clears the way for an order of a blob that the chain does not have, or
// has not any more, within bounds.
func (s *Service) again(b *blob) bool {
	switch {
	case !b.fresh() && b.record.Attempts >= s.cfg.MaxAttempts:
		s.fail(b, fmt.Sprintf("ordered %d times, never enough signatures; last: %s", b.record.Attempts, b.record.Reason))
		return false
	case s.Now().Sub(time.Unix(b.record.Received, 0)) > time.Duration(s.cfg.GiveUp):
		s.fail(b, "given up: "+b.record.Reason)
		return false
	}
	b.uncertain = false
	return b.fresh() || s.keep(b, func(r *Record) {
		r.State, r.BlobID, r.Epoch, r.QuorumID, r.SubmitHeight, r.SubmitTx = Accepted, 0, 0, 0, 0, ""
	})
}

// order submits those that are not ordered, together, and returns all that have a
// quorum.
func (s *Service) order(ctx context.Context, batch []*blob) (placed []*blob) {
	var fresh []*blob
	for _, b := range batch {
		if b.fresh() {
			fresh = append(fresh, b)
		} else {
			placed = append(placed, b)
		}
	}
	if len(fresh) == 0 {
		return placed
	}
	if want, err := s.network.shape(ctx); err == nil && want.limits.MaxBatch > 0 {
		fresh = fresh[:min(len(fresh), int(want.limits.MaxBatch))] // the others go back to the queue
	}
	fresh, submission, err := s.price(ctx, fresh)
	if len(fresh) == 0 || ctx.Err() != nil {
		return placed
	}
	var place chain.DAPlaced
	var receipt chain.Receipt
	if err == nil {
		place, receipt, err = s.Account.SubmitBlobs(ctx, submission)
	}
	if err != nil {
		if ctx.Err() != nil {
			return placed // the next start finds out
		}
		pause := pauseChain
		if chain.RefusedAs(err, chain.DADuplicateBlob) {
			pause = time.Second / 2 // one of them stands already: settle finds out which
		}
		for _, b := range fresh {
			s.later(b, pause, err.Error())
		}
		return placed
	}
	s.metrics.paid(place.Fee)
	for i, b := range fresh {
		id := place.FirstBlobID + uint64(i)
		if s.keep(b, func(r *Record) {
			r.State, r.BlobID, r.Epoch, r.QuorumID, r.Attempts = Submitted, id, place.Epoch, place.QuorumID, r.Attempts+1
			r.SubmitHeight, r.SubmitTx, r.Reason = receipt.Height, receipt.TxHash, ""
		}) {
			placed = append(placed, b)
		}
	}
	return placed
}

// price asks what an order costs and holds it to the operator's limit.
func (s *Service) price(ctx context.Context, batch []*blob) ([]*blob, chain.DASubmission, error) {
	submission := chain.DASubmission{MaxFee: new(big.Int)}
	limit, err := s.cfg.feeCap()
	if err != nil {
		return batch, submission, err
	}
	quotes := make(map[uint64]chain.DAQuote)
	open := batch[:0:0]
	for _, b := range batch {
		n := b.record.DataLen
		quote, known := quotes[n]
		if !known {
			if quote, err = s.Chain.DAQuote(ctx, n); err != nil {
				return batch, submission, err
			}
			quotes[n] = quote
		}
		mib := new(big.Int).SetUint64((n + 1<<20 - 1) >> 20)
		switch {
		case quote.Profile != b.record.Profile:
			s.fail(b, fmt.Sprintf("the chain's blobs have profile %d now, this one %d: put it again", quote.Profile, b.record.Profile))
			continue
		case limit != nil && quote.Fee.Cmp(mib.Mul(mib, limit)) > 0:
			s.later(b, pauseQuorum, fmt.Sprintf("the chain asks %s azg, max_fee_per_mib allows %s", quote.Fee, mib))
			continue
		}
		open = append(open, b)
		submission.Profile = quote.Profile
		submission.Roots = append(submission.Roots, chain.Hash(b.record.Root))
		submission.DataLens = append(submission.DataLens, n)
		submission.MaxFee.Add(submission.MaxFee, quote.Fee)
	}
	return open, submission, nil
}

// disperse brings blobs of one quorum to its members and confirms those that
// enough sign for.
func (s *Service) disperse(ctx context.Context, group []*blob) {
	slices.SortFunc(group, func(a, b *blob) int { return int(int64(a.record.BlobID - b.record.BlobID)) })
	q, err := s.Chain.DAQuorum(ctx, group[0].record.Epoch, group[0].record.QuorumID)
	if err != nil {
		for _, b := range group {
			if ctx.Err() == nil {
				s.later(b, pauseChain, err.Error())
			}
		}
		return
	}
	pieces := make([]client.Piece, len(group))
	byID := make(map[uint64]*blob, len(group))
	for i, b := range group {
		pieces[i] = client.Piece{ID: b.record.BlobID, Root: chain.Hash(b.record.Root), Blob: b.coded}
		byID[b.record.BlobID] = b
	}
	began := s.Now()
	result, err := s.Quorums.Disperse(ctx, q, pieces)
	s.metrics.dispersal.Observe(s.Now().Sub(began).Seconds())
	if result != nil {
		s.metrics.faulty(result.Faults)
		for _, certificate := range result.Certificates {
			s.confirm(ctx, certificate, byID)
		}
	}
	if ctx.Err() != nil {
		return // they are continued after the next start
	}
	for _, b := range byID { // in no certificate
		reason := "no answer"
		if err != nil {
			reason = err.Error()
		}
		if errors.Is(err, client.ErrInsufficientSignatures) {
			s.keep(b, func(r *Record) { r.State = Insufficient })
		}
		s.later(b, pauseQuorum, reason)
	}
}

// confirm brings one certificate to the chain and takes its blobs out of byID.
func (s *Service) confirm(ctx context.Context, c client.Certificate, byID map[uint64]*blob) {
	_, receipt, err := s.Account.ConfirmBatch(ctx, c.IDs, c.Bitmap, c.Signature)
	for _, id := range c.IDs {
		b := byID[id]
		delete(byID, id)
		switch {
		case b == nil, ctx.Err() != nil && err != nil:
		case err != nil: // also: somebody else has confirmed it; settle finds out
			s.later(b, pauseChain, err.Error())
		default:
			s.confirmed(ctx, b, func(r *Record) {
				r.ConfirmHeight, r.ConfirmTx = receipt.Height, receipt.TxHash
				r.HitSeats, r.TotalSeats = uint32(c.HitSeats), uint32(c.TotalSeats)
			})
		}
	}
}

// confirmed ends a blob's way: it is in a block, which is final. The record is
// read back from the chain, and is Finalized then.
func (s *Service) confirmed(ctx context.Context, b *blob, change func(*Record)) {
	if !s.keep(b, func(r *Record) { r.State, r.Reason = Confirmed, ""; change(r) }) {
		return
	}
	if b.coded != nil {
		if payload, err := b.coded.Payload(b.coded.Rows[:b.coded.Profile.K]); err == nil {
			s.cache.put(s.recordOf(b).Root, payload)
		}
	}
	s.finish(b)
	s.mu.Lock()
	s.fault = ""
	s.mu.Unlock()
	s.finalize(ctx, b)
}

// finalize reads a confirmed blob back from the chain.
func (s *Service) finalize(ctx context.Context, b *blob) Record {
	r := s.recordOf(b)
	if r.State != Confirmed {
		return r
	}
	found, err := s.Chain.DABlobByRoot(ctx, chain.Hash(r.Root))
	if err == nil && found.Status == chain.DABlobConfirmed {
		s.keep(b, func(r *Record) { r.State = Finalized; r.onChain(found) })
	}
	return s.recordOf(b)
}

// fail ends a blob's way.
func (s *Service) fail(b *blob, reason string) {
	if s.keep(b, func(r *Record) { r.State, r.Reason = Failed, clip(reason) }) {
		s.finish(b)
	}
}

// finish gives back what a blob held.
func (s *Service) finish(b *blob) {
	s.drop(b)
	if err := s.spool.remove(s.recordOf(b).Root); err != nil { // readers may finalize the record meanwhile
		s.Log.Error("spool", "reason", err)
	}
	s.disk.give(b.spooled)
	b.spooled = 0
}

// keep is update for what cannot be undone: when the journal cannot be written
// the blob stays where it is and /healthz says why.
func (s *Service) keep(b *blob, change func(*Record)) bool {
	if err := s.update(b, change); err != nil {
		s.Log.Error("journal", "root", b.record.Root, "reason", err)
		return false
	}
	return true
}

// clip bounds a text that others chose.
func clip(text string) string {
	if len(text) > 500 {
		return text[:500] + "…"
	}
	return text
}
