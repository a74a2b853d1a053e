package types

import (
	sdkmath "cosmossdk.io/math"
)

// validatePools also compares their count of pending blobs with the records.
func (g GenesisState) validatePools() error {
	pending := map[uint64]uint64{} // only looked up
	for _, b := range g.Blobs {
		if b.Status == BLOB_STATUS_SUBMITTED {
			pending[b.Epoch]++
		}
	}
	signed := g.signedSeats()
	if g.Epoch == nil && g.NextUnsettledEpoch > 0 || g.Epoch != nil && g.NextUnsettledEpoch > g.Epoch.Number {
		return ErrInvalidGenesis.Wrapf("next_unsettled_epoch %d has not ended", g.NextUnsettledEpoch)
	}
	matched := uint64(0)
	seen := map[uint64]bool{} // only looked up
	for _, p := range g.Pools {
		if seen[p.Epoch] || !fits(p.Amount) || p.Pending != pending[p.Epoch] {
			return ErrInvalidGenesis.Wrapf("pool of epoch %d: listed twice, no amount, or %d pending blobs, want %d", p.Epoch, p.Pending, pending[p.Epoch])
		}
		if want := signed[p.Epoch]; p.Epoch >= g.NextUnsettledEpoch && p.ConfirmedSeats != want {
			return ErrInvalidGenesis.Wrapf("pool of epoch %d: confirmed_seats %d, its tallies have %d", p.Epoch, p.ConfirmedSeats, want)
		}
		if g.Epoch != nil && p.Epoch > g.Epoch.Number {
			return ErrInvalidGenesis.Wrapf("pool of epoch %d, the running one is %d", p.Epoch, g.Epoch.Number)
		}
		seen[p.Epoch] = true
		matched += p.Pending
	}
	for _, b := range g.Blobs {
		if b.Status == BLOB_STATUS_SUBMITTED && (!seen[b.Epoch] || b.Epoch < g.NextUnsettledEpoch) {
			return ErrInvalidGenesis.Wrapf("blob %d waits in epoch %d, which has no pool, or one that is paid out (%d blobs have one)", b.BlobId, b.Epoch, matched)
		}
	}
	return nil
}

// signedSeats is what the members of each epoch signed, in seats of confirmed
// blobs: its pool is divided by them.
func (g GenesisState) signedSeats() map[uint64]uint64 {
	seats := map[quorumKey][]int{} // only looked up
	for _, q := range g.Quorums {
		seats[quorumKey{q.Epoch, q.QuorumId}] = q.Drawn().SeatsOf()
	}
	sums := map[uint64]uint64{} // only looked up
	for _, t := range g.Tallies {
		for m, count := range seats[quorumKey{t.Epoch, t.QuorumId}] {
			sums[t.Epoch] += uint64(count) * uint64(t.SignedBy(m))
		}
	}
	return sums
}

// fits says whether an amount can be held: neither missing nor negative, and small
// enough that no share of it overflows.
func fits(amount sdkmath.Int) bool {
	return !amount.IsNil() && !amount.IsNegative() && amount.BigInt().BitLen() <= maxAmountBits
}

func (g GenesisState) validateRewards() error {
	seen := map[string]bool{} // only looked up
	for _, r := range g.Rewards {
		if _, err := Address("reward", r.Address); err != nil || seen[r.Address] || !fits(r.Amount) || r.Amount.IsZero() {
			return ErrInvalidGenesis.Wrapf("reward of %q: listed twice or not positive, or %v", r.Address, err)
		}
		seen[r.Address] = true
	}
	if !fits(g.SampleRound.Pool) {
		return ErrInvalidGenesis.Wrap("sample_round: pool is missing or negative")
	}
	return nil
}
