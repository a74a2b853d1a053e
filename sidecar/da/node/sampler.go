package node

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"math/big"
	"slices"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/scrub"
)

const (
	samplerPause  = 500 * time.Millisecond // while there is nothing to search
	samplerBlobs  = 64                     // searched in one step
	samplerQueued = 64                     // winners on their way
)

// sampler searches the rows that are held for chunks that win the lottery of the
// running round. The search runs at idle priority, reads a bounded number of
// bytes in a round and begins at another blob each time, so that a node with more
// than it can search in a round searches other blobs in the next.
type sampler struct {
	reader  chain.DASampleReader
	sender  chain.DASampleSender
	store   *Store
	view    *view
	log     *slog.Logger
	counts  *counters
	least   *big.Int // azg, smallest reward worth a transaction
	budget  int64    // bytes read in a round
	winners chan winner

	task  chain.DASampleTask
	asked int64    // height at which the task was read
	ids   []uint64 // blobs to search in this round
	next  int      // among them
	read  int64    // bytes in this round

	mu     sync.Mutex
	round  uint64
	reward *big.Int // azg since the start
}

func newSampler(n *Node, store *Store, least *big.Int) *sampler {
	return &sampler{
		reader: n.deps.Chain, sender: n.deps.Sender, store: store, view: n.view, log: n.log, counts: &n.counts,
		least: least, budget: int64(n.config.Sample.MiBPerRound) << 20, winners: make(chan winner, samplerQueued), reward: new(big.Int),
	}
}

// run searches and sends until ctx ends.
func (s *sampler) run(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { s.send(ctx) })
	var idle scrub.Runner // it has the idle priority; nothing is scrubbed
	idle.Run(ctx, s.log, func() (scrub.Totals, time.Duration, error) {
		wait, err := s.step(ctx)
		if ctx.Err() != nil {
			err = nil
		}
		return scrub.Totals{}, wait, err
	}, func(context.Context) {})
	all.Wait()
}

// step searches some blobs and says how long to wait before the next step.
func (s *sampler) step(ctx context.Context) (wait time.Duration, err error) {
	height, _ := s.view.at()
	if height == 0 {
		return samplerPause, nil
	}
	if height >= s.task.NextHeight && height != s.asked {
		if err := s.turn(ctx, height); err != nil {
			return samplerPause, err
		}
	}
	if s.next == len(s.ids) {
		return samplerPause, nil
	}
	for range min(samplerBlobs, len(s.ids)-s.next) {
		r, err := s.store.Record(s.ids[s.next])
		s.next++
		if errors.Is(err, ErrNotHeld) {
			continue // deleted meanwhile
		}
		if err != nil {
			return samplerPause, err
		}
		if !s.search(ctx, r) {
			s.next = len(s.ids)
			break
		}
	}
	return 0, nil
}

// turn begins a round. Its search starts at a blob that the seed names.
func (s *sampler) turn(ctx context.Context, height int64) error {
	task, err := s.reader.DASampleTask(ctx)
	if err != nil {
		return err
	}
	s.asked = height
	if task.Round == s.task.Round {
		return nil
	}
	s.task, s.read, s.ids, s.next = task, 0, nil, 0
	s.mu.Lock()
	s.round = task.Round
	s.mu.Unlock()
	if task.Round == 0 || task.Rest == 0 || task.Reward.Cmp(s.least) < 0 {
		return nil
	}
	ids, err := s.store.Since(task.FirstEpoch)
	if err != nil || len(ids) == 0 {
		return err
	}
	start := binary.BigEndian.Uint64(task.Seed[:]) % uint64(len(ids))
	s.ids = slices.Concat(ids[start:], ids[:start])
	return nil
}

// search reads the candidates of one blob and hands winners on. It returns false
// when the round has had enough of this node.
func (s *sampler) search(ctx context.Context, r *Record) (more bool) {
	if r.ConfirmHeight == 0 || r.ConfirmHeight >= s.task.StartHeight {
		return true // it waits, or its root may have been chosen to win
	}
	for _, c := range candidates(r, s.task) {
		if s.read += int64(r.Commitment.RowSize); s.read > s.budget {
			return false
		}
		row, err := s.store.Row(r, c.row)
		if err != nil {
			continue // lost rows win nothing; the scrubber tells of them
		}
		s.counts.sampledRows.Add(1)
		found, err := winners(r, row, c.quality, s.task)
		if err != nil {
			s.log.Error("sample", "err", err)
			continue
		}
		for _, w := range found {
			s.counts.sampleWinners.Add(1)
			select {
			case s.winners <- w:
			case <-ctx.Done():
				return false
			default: // more than the round takes
				return false
			}
		}
	}
	return true
}

// send brings winners to the chain while their round runs.
func (s *sampler) send(ctx context.Context) {
	full := uint64(0) // round that takes no more
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.winners:
			s.mu.Lock()
			over := w.round != s.round
			s.mu.Unlock()
			if over || w.round == full {
				continue
			}
			reward, _, err := s.sender.SubmitDASample(ctx, w.chunk, w.place)
			switch {
			case err == nil:
				s.counts.samplesPaid.Add(1)
				s.mu.Lock()
				s.reward.Add(s.reward, reward)
				s.mu.Unlock()
				s.log.Info("sample won", "round", w.round, "blob", w.place.BlobID, "row", w.chunk.Row, "chunk", w.chunk.Index, "reward_azg", reward)
			case chain.RefusedAs(err, chain.DARoundFull):
				full = w.round
			case chain.RefusedAs(err, chain.DASampleTwice), chain.RefusedAs(err, chain.DANoWin): // brought by others; or the round has turned
			case ctx.Err() == nil && !errors.Is(err, context.Canceled):
				s.log.Warn("sample not sent", "round", w.round, "blob", w.place.BlobID, "err", err)
			}
		}
	}
}

// standing is the running round and what was earned since the start.
func (s *sampler) standing() (round uint64, reward string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.round, s.reward.String()
}
