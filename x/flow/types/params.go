package types

import (
	"fmt"

	sdkmath "cosmossdk.io/math"
)

// Bounds of the parameters. They keep every product below 2^256.
const (
	minPeriodSeconds   = 60
	maxPeriodSeconds   = 100 * 365 * 86400
	maxTagsBytes       = 64 << 10
	maxStoredTagsBytes = 1 << 10
	maxBatch           = 4096
	maxEntrySectors    = 1 << 36 // 16 TiB
	maxBlocksPerEpoch  = 1 << 32
	maxContextHistory  = 1 << 20
	maxAmountBits      = 128 // of a price or of one endowment
	// BlockShareUnit is the whole of a block in max_block_share_bps.
	BlockShareUnit = 10_000
	minLaneBps     = 100 // 1 % of a block
	// MaxIntervals bounds the active intervals of one entry.
	MaxIntervals = 8
)

// defaultPriceFloor is azg per sector and period: about 0.13 zg per GiB.
const defaultPriceFloor = 30_733_644_962

// DefaultParams are those of the main network.
func DefaultParams() Params {
	return Params{
		PeriodSeconds:        3 * 365 * 86400,
		PriceFloor:           sdkmath.NewInt(defaultPriceFloor),
		MaxTagsBytes:         4096,
		MaxStoredTagsBytes:   64,
		MaxBatch:             256,
		MaxEntrySectors:      1 << 24, // 4 GiB
		BlocksPerEpoch:       600,
		ContextHistory:       1000,
		RechargeGraceSeconds: 30 * 86400,
		MinRechargeSeconds:   86400,
		MaxBlockShareBps:     BlockShareUnit / 2,
	}
}

// Validate checks every bound.
func (p Params) Validate() error {
	if p.PriceFloor.IsNil() || !p.PriceFloor.IsPositive() || p.PriceFloor.BigInt().BitLen() > maxAmountBits {
		return ErrInvalidParams.Wrapf("price_floor %s, want 1 to 2^%d", p.PriceFloor, maxAmountBits)
	}
	for _, bound := range []struct {
		name          string
		got, min, max uint64
	}{
		{"period_seconds", p.PeriodSeconds, minPeriodSeconds, maxPeriodSeconds},
		{"max_tags_bytes", uint64(p.MaxTagsBytes), 0, maxTagsBytes},
		{"max_stored_tags_bytes", uint64(p.MaxStoredTagsBytes), 0, maxStoredTagsBytes},
		{"max_batch", uint64(p.MaxBatch), 1, maxBatch},
		{"max_entry_sectors", p.MaxEntrySectors, 1, maxEntrySectors},
		{"blocks_per_epoch", p.BlocksPerEpoch, 1, maxBlocksPerEpoch},
		{"context_history", p.ContextHistory, 1, maxContextHistory},
		{"recharge_grace_seconds", p.RechargeGraceSeconds, 0, maxPeriodSeconds},
		{"min_recharge_seconds", p.MinRechargeSeconds, 1, maxPeriodSeconds},
	} {
		if bound.got < bound.min || bound.got > bound.max {
			return ErrInvalidParams.Wrap(fmt.Sprintf("%s %d, want %d to %d", bound.name, bound.got, bound.min, bound.max))
		}
	}
	return p.validateBlockShare()
}

// validateBlockShare leaves each lane enough for some transactions.
func (p Params) validateBlockShare() error {
	share := p.MaxBlockShareBps
	if share == BlockShareUnit || (share >= minLaneBps && share <= BlockShareUnit-minLaneBps) {
		return nil
	}
	return ErrInvalidParams.Wrapf("max_block_share_bps %d, want %d to %d, or %d for no lanes",
		share, minLaneBps, BlockShareUnit-minLaneBps, BlockShareUnit)
}
