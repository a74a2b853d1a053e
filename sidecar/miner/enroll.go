package miner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// ErrClaimDiffers: the miner holds another claim than the configuration asks for.
var ErrClaimDiffers = errors.New("the miner holds another claim")

// Enrollment is a miner with its claim, as the chain has it.
type Enrollment struct {
	MinerID     chain.Hash
	Beneficiary string
	Claim       chain.Claim
}

// enroll finds or registers the miner of this owner and seed, and its claim. It
// changes nothing that is there, so it may be called at each start.
func enroll(ctx context.Context, reader chain.Reader, sender chain.Sender, s Settings) (Enrollment, string, error) {
	miners, err := reader.MinersOf(ctx, sender.Address())
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return Enrollment{}, ReasonChain, err
	}
	var mine chain.Miner
	for _, miner := range miners {
		if miner.Seed == s.Seed && miner.Owner == sender.Address() {
			mine = miner
		}
	}
	if mine.MinerID == (chain.Hash{}) {
		id, _, err := sender.RegisterMiner(ctx, s.Beneficiary, s.Seed)
		if err != nil {
			return Enrollment{}, sendReason(err, ReasonRegistration), fmt.Errorf("register miner: %w", err)
		}
		mine = chain.Miner{MinerID: id, Beneficiary: s.Beneficiary}
		if mine.Beneficiary == "" {
			mine.Beneficiary = sender.Address()
		}
	}
	out := Enrollment{MinerID: mine.MinerID, Beneficiary: mine.Beneficiary}
	if mine.Claim != nil {
		out.Claim = *mine.Claim
		if got, want := bare(out.Claim), bare(s.Claim); got != want {
			return Enrollment{}, ReasonClaim, fmt.Errorf("%w: flow %d, start load %d, shard %d/%d, the configuration says flow %d, %d, %d/%d; change the configuration, use another miner seed, or release the claim",
				ErrClaimDiffers, got.FlowID, got.StartLoad, got.ShardID, got.NumShard, want.FlowID, want.StartLoad, want.ShardID, want.NumShard)
		}
		return out, "", nil
	}
	out.Claim = s.Claim
	if out.Claim.ActiveFromEpoch, _, err = sender.ClaimRange(ctx, mine.MinerID, s.Claim); err != nil {
		return Enrollment{}, sendReason(err, ReasonClaim), fmt.Errorf("claim range: %w", err)
	}
	return out, "", nil
}

// bare is a claim without what the chain adds.
func bare(c chain.Claim) chain.Claim {
	c.ActiveFromEpoch = 0
	return c
}

// sendReason says why a transaction did not go through.
func sendReason(err error, otherwise string) string {
	const sdkInsufficientFunds = 5
	var refused *chain.Rejection
	switch {
	case errors.Is(err, chain.ErrUnavailable):
		return ReasonChain
	case errors.Is(err, chain.ErrNotFound): // the account does not exist
		return ReasonBalance
	case errors.As(err, &refused) && refused.Codespace == "sdk" && refused.Code == sdkInsufficientFunds:
		return ReasonBalance
	}
	return otherwise
}

// Enroll tries until it succeeds, ctx ends, or trying is of no use; it tells
// report why it is not enrolled yet.
func Enroll(ctx context.Context, reader chain.Reader, sender chain.Sender, s Settings, log *slog.Logger, report func(reason string, err error)) (Enrollment, error) {
	for {
		out, reason, err := enroll(ctx, reader, sender, s)
		if err == nil {
			log.Info("enrolled", "miner_id", fmt.Sprintf("0x%x", out.MinerID), "start_load", out.Claim.StartLoad,
				"shard", out.Claim.ShardID, "num_shard", out.Claim.NumShard, "active_from_epoch", out.Claim.ActiveFromEpoch)
			return out, nil
		}
		if ctx.Err() != nil {
			return Enrollment{}, ctx.Err()
		}
		if errors.Is(err, ErrClaimDiffers) {
			return Enrollment{}, err
		}
		log.Warn("not enrolled yet", "reason", reason, "err", err)
		report(reason, err)
		if err := pause(ctx, enrollRetry); err != nil {
			return Enrollment{}, err
		}
	}
}

const enrollRetry = 2 * time.Second

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
