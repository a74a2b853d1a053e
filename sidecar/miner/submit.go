package miner

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// submit proves and sends a candidate.
func (n *Node) submit(ctx context.Context, c *Candidate) {
	defer n.submits.Done()
	limit, cancel := context.WithTimeout(ctx, time.Duration(n.settings.Config.SubmitWithin))
	defer cancel()
	height, err := n.prove(limit, c)
	switch {
	case err == nil:
		n.counts.accepted.Add(1)
	case chain.LostRace(err): // part of the game, no error
		n.counts.late.Add(1)
		n.log.Info("proof came too late", "epoch", c.Job.Epoch, "sector", c.Sector)
	case errors.Is(err, chain.ErrRejected):
		n.counts.refused.Add(1)
		n.noteError("proof refused", err)
	default:
		n.counts.unproven.Add(1)
		n.noteError("proof not sent", err)
		if errors.Is(err, ErrSealedCopy) {
			n.resealLoad(c.Load)
		} else {
			_ = pause(ctx, failurePause)
		}
	}
	n.step(ctx, EventSubmitted{Candidate: c, Height: height, Err: err})
	select {
	case n.kick <- struct{}{}:
	default:
	}
}

// prove completes a candidate's proof and sends it. A node that is away is
// waited for as long as the epoch can still take the proof: finding another one
// costs far more. Sending twice is harmless, the chain takes one.
func (n *Node) prove(ctx context.Context, c *Candidate) (height int64, err error) {
	for {
		height, err = n.proveOnce(ctx, c)
		away := errors.Is(err, nodeapi.ErrUnavailable) || errors.Is(err, chain.ErrUnavailable)
		if !away || !n.current(c) || pause(ctx, proveRetryAfter) != nil {
			return height, err
		}
		n.noteError("proof waits", err)
	}
}

// current says whether a candidate's epoch is open, for all we know.
func (n *Node) current(c *Candidate) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.core.chainUp || n.core.work.Open && n.core.work.ContextDigest == c.Job.Context.Digest
}

func (n *Node) proveOnce(ctx context.Context, c *Candidate) (height int64, err error) {
	answer, err := n.prover.answer(ctx, c)
	if err != nil {
		return 0, fmt.Errorf("prove sector %d: %w", c.Sector, err)
	}
	reward, receipt, err := n.deps.Sender.SubmitProof(ctx, answer)
	if err != nil {
		return 0, fmt.Errorf("submit proof of sector %d: %w", c.Sector, err)
	}
	n.mu.Lock()
	n.reward.Add(n.reward, reward)
	n.mu.Unlock()
	n.log.Info("proof accepted", "epoch", c.Job.Epoch, "sector", c.Sector, "reward_azg", reward, "height", receipt.Height, "tx", receipt.TxHash)
	return receipt.Height, nil
}
