package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// answerer shows what challenges ask this signer for. It looks at each block: an
// answer that comes too late costs a part of the deposit.
type answerer struct {
	reader  chain.DASampleReader
	sender  chain.DASampleSender
	store   *Store
	view    *view
	address chain.Address
	log     *slog.Logger
	counts  *counters
	told    map[uint64]bool // challenges that cannot be answered, and were told of
}

func (a *answerer) run(ctx context.Context) {
	a.told = map[uint64]bool{}
	for {
		_, moved := a.view.at() // before the look: a block that comes meanwhile counts
		if err := a.look(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("challenges", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-moved:
		case <-time.After(enrollRetry):
		}
	}
}

// look answers every open challenge.
func (a *answerer) look(ctx context.Context) error {
	if height, _ := a.view.at(); height == 0 {
		return nil
	}
	open, err := a.reader.DAChallenges(ctx, a.address)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		clear(a.told)
	}
	for _, c := range open {
		if err := a.answer(ctx, c); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if !a.told[c.ID] {
				a.told[c.ID] = true
				a.counts.challengesFailed.Add(1)
				a.log.Error("challenge not answered", "challenge", c.String(), "deadline", c.DeadlineHeight, "err", err)
			}
			continue
		}
		a.counts.challengesAnswered.Add(1)
		a.log.Info("challenge answered", "challenge", c.String(), "bond_azg", c.Bond)
	}
	return nil
}

func (a *answerer) answer(ctx context.Context, c chain.DAChallenge) error {
	chunk, err := a.chunk(c)
	if err != nil {
		return err
	}
	_, err = a.sender.AnswerDAChallenge(ctx, c.ID, chunk)
	return err
}

// chunk finds what a challenge asks for among the blobs with its root.
func (a *answerer) chunk(c chain.DAChallenge) (chain.DAChunk, error) {
	records, err := a.store.WithRoot(c.Root)
	if err != nil {
		return chain.DAChunk{}, err
	}
	err = fmt.Errorf("%w: row %d of blob %d", ErrNotHeld, c.Row, c.BlobID)
	for _, r := range records {
		row, rowErr := a.store.Row(r, int(c.Row))
		if errors.Is(rowErr, ErrNotHeld) {
			continue
		}
		if rowErr != nil {
			err = rowErr
			continue
		}
		return chunkOf(r, row, int(c.Chunk))
	}
	return chain.DAChunk{}, err
}
