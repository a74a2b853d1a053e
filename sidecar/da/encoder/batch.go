package encoder

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Run sends batches on their way until its context ends.
func (s *Service) Run(ctx context.Context) error {
	var wait sync.WaitGroup
	defer wait.Wait()
	slots := make(chan struct{}, s.cfg.Batches)
	for {
		batch, pause := s.next(s.Now(), len(slots) < cap(slots))
		if len(batch) > 0 {
			slots <- struct{}{}
			wait.Go(func() {
				defer func() { <-slots; s.nudge() }()
				s.send(ctx, batch)
			})
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		}
		if err := s.forget(); err != nil {
			return err
		}
	}
}

// idle is how long Run sleeps when nothing is due and nobody wakes it.
const idle = time.Second

// next takes blobs out of the queue that can go together: new ones that have
// waited for company, or ordered ones of one quorum. pause is when to ask again.
func (s *Service) next(now time.Time, free bool) (batch []*blob, pause time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pause = idle
	if !free {
		return nil, pause
	}
	for _, first := range s.queue {
		if wait := first.due.Sub(now); wait > 0 {
			pause = min(pause, wait)
			continue
		}
		batch = s.company(first, now)
		full := len(batch) == int(s.cfg.MaxBatch)
		if wait := first.since.Add(time.Duration(s.cfg.BatchWait)).Sub(now); wait > 0 && !full && first.fresh() {
			pause = min(pause, wait)
			continue
		}
		s.queue = slices.DeleteFunc(s.queue, func(b *blob) bool { return slices.Contains(batch, b) })
		s.taken += len(batch)
		return batch, 0
	}
	return nil, max(pause, time.Millisecond)
}

// fresh says that a blob was never ordered.
func (b *blob) fresh() bool { return b.record.BlobID == 0 }

// company lists the blobs that can go with the first, itself included; needs s.mu.
func (s *Service) company(first *blob, now time.Time) (batch []*blob) {
	uncoded := uint64(0)
	for _, b := range s.queue {
		same := b.due.Compare(now) <= 0 && b.fresh() == first.fresh() && b.record.Profile == first.record.Profile &&
			b.record.Epoch == first.record.Epoch && b.record.QuorumID == first.record.QuorumID
		if b.coded == nil && same {
			uncoded += b.need()
			same = b == first || uncoded <= s.memory.size/2
		}
		if same && len(batch) < int(s.cfg.MaxBatch) {
			batch = append(batch, b)
		}
	}
	if !slices.Contains(batch, first) {
		batch = []*blob{first}
	}
	return batch
}

// need is the memory that it takes to code a blob from the spool.
func (b *blob) need() uint64 {
	p, err := erasure.ProfileByID(b.record.Profile)
	if err != nil {
		return 0 // records are checked
	}
	rowSize, err := p.RowSize(b.record.DataLen)
	if err != nil {
		return 0
	}
	return b.record.DataLen + codedBytes(p, rowSize)
}

// send brings a batch as far as it goes; what is not over goes back to the queue.
func (s *Service) send(ctx context.Context, batch []*blob) {
	open := s.settle(ctx, batch)
	open = s.recode(ctx, open)
	placed := s.order(ctx, open)
	for len(placed) > 0 && ctx.Err() == nil {
		first := s.recordOf(placed[0])
		var group, rest []*blob // blobs that were settled may be of several quorums
		for _, b := range placed {
			if r := s.recordOf(b); r.Epoch == first.Epoch && r.QuorumID == first.QuorumID {
				group = append(group, b)
			} else {
				rest = append(rest, b)
			}
		}
		s.disperse(ctx, group)
		placed = rest
	}
	s.putBack(batch)
}

// putBack returns what is not over to the queue.
func (s *Service) putBack(batch []*blob) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken -= len(batch)
	soon := s.Now().Add(time.Second)
	for _, b := range batch {
		if b.record.State.over() {
			continue
		}
		if b.due.Before(soon) { // its next step could not be noted: ask the chain
			b.due, b.uncertain = soon, true
		}
		s.queue = append(s.queue, b)
	}
}

// later lets a blob wait, longer each time in a row up to thirty times least,
// without its rows.
func (s *Service) later(b *blob, least time.Duration, reason string) {
	s.drop(b)
	s.mu.Lock()
	b.failures++
	b.uncertain = true
	b.due = s.Now().Add(min(least<<min(b.failures-1, 6), 30*least))
	s.fault = reason
	s.mu.Unlock()
	if b.record.Reason != reason {
		if err := s.update(b, func(r *Record) { r.Reason = clip(reason) }); err != nil {
			s.Log.Error("journal", "reason", err)
		}
	}
}

// drop frees the rows of a blob; they can be made again from the spool.
func (s *Service) drop(b *blob) {
	if b.coded != nil {
		encode.Recycle(b.coded)
		b.coded = nil
	}
	if b.held > 0 {
		s.memory.give(b.held)
		b.held = 0
	}
}

// recode makes the rows of those that have none.
func (s *Service) recode(ctx context.Context, batch []*blob) (ready []*blob) {
	for _, b := range batch {
		if b.coded == nil {
			err := s.recodeOne(ctx, b)
			switch {
			case ctx.Err() != nil:
				continue
			case errors.Is(err, ErrCorrupt), errors.Is(err, os.ErrNotExist):
				s.fail(b, err.Error())
				continue
			case err != nil:
				s.later(b, pauseChain, err.Error())
				continue
			}
		}
		ready = append(ready, b)
	}
	return ready
}

func (s *Service) recodeOne(ctx context.Context, b *blob) error {
	want, err := s.network.shape(ctx)
	if err != nil {
		return err
	}
	payload, profile, err := s.spool.get(b.record.Root)
	if err != nil {
		return err
	}
	held, err := s.memory.wait(ctx, b.need())
	if err != nil {
		return err
	}
	b.held = held
	if want.profile, err = erasure.ProfileByID(profile); err != nil {
		return err
	}
	coded, err := s.code(ctx, want, payload)
	if err != nil {
		s.drop(b)
		return err
	}
	b.coded = coded
	if got := Root(coded.DataRoot()); got != b.record.Root {
		return errRoot(got, b.record.Root)
	}
	return nil
}
