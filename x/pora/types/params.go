package types

// Bounds of the parameters. They keep the work of a block and every product
// bounded.
const (
	maxBlocks           = 1 << 32
	maxProofsPerEpoch   = 256
	maxAdjustN          = 1000
	maxMinDifficulty    = 1 << 62
	maxMiningRangeLoads = 1 << 40
	maxClaimAlignLoads  = 1 << 30
	maxClaimMinEpochs   = 10_000
	minProofGas         = 100_000
	maxProofGas         = 20_000_000
	minProofHistory     = 4 * maxProofsPerEpoch // genesis rebuilds the replay set from it
	maxProofHistory     = 1_000_000
)

// MaxShards bounds max_shards, and with it the shards that a claim can name.
const MaxShards = 64

// DefaultParams are those of the main network.
func DefaultParams() Params {
	return Params{
		WindowBlocks:      0,
		TargetBlocks:      10,
		MaxProofsPerEpoch: 1,
		AdjustN:           20,
		MinDifficulty:     1,
		MaxShards:         64,
		MiningRangeLoads:  1 << 25, // 8 TiB
		ClaimAlignLoads:   1 << 15, // 8 GiB
		ClaimMinEpochs:    4,
		ProofGas:          400_000,
		ProofHistory:      10_000,
	}
}

// Validate checks every bound.
func (p Params) Validate() error {
	for _, bound := range []struct {
		name          string
		got, min, max uint64
	}{
		{"window_blocks", p.WindowBlocks, 0, maxBlocks},
		{"target_blocks", p.TargetBlocks, 1, maxBlocks},
		{"max_proofs_per_epoch", uint64(p.MaxProofsPerEpoch), 1, maxProofsPerEpoch},
		{"adjust_n", uint64(p.AdjustN), 1, maxAdjustN},
		{"min_difficulty", p.MinDifficulty, 1, maxMinDifficulty},
		{"max_shards", uint64(p.MaxShards), 1, MaxShards},
		{"mining_range_loads", p.MiningRangeLoads, 1, maxMiningRangeLoads},
		{"claim_align_loads", p.ClaimAlignLoads, 1, maxClaimAlignLoads},
		{"claim_min_epochs", p.ClaimMinEpochs, 0, maxClaimMinEpochs},
		{"proof_gas", p.ProofGas, minProofGas, maxProofGas},
		{"proof_history", p.ProofHistory, minProofHistory, maxProofHistory},
	} {
		if bound.got < bound.min || bound.got > bound.max {
			return ErrInvalidParams.Wrapf("%s %d, want %d to %d", bound.name, bound.got, bound.min, bound.max)
		}
	}
	if p.MaxShards&(p.MaxShards-1) != 0 {
		return ErrInvalidParams.Wrapf("max_shards %d, want a power of two", p.MaxShards)
	}
	if p.ClaimAlignLoads%uint64(p.MaxShards) != 0 { // a claim starts on every shard's grid
		return ErrInvalidParams.Wrapf("claim_align_loads %d, want a multiple of max_shards %d", p.ClaimAlignLoads, p.MaxShards)
	}
	return nil
}
