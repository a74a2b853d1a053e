package types

import (
	"time"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
)

// Bounds of the parameters. They keep the work of a block and every product
// bounded.
const (
	maxBlocks     = 1 << 32
	maxEpochs     = 100_000
	maxVotes      = quorum.MaxTickets
	maxQuorums    = 64
	maxBatch      = 256
	maxBps        = 10_000
	minEpochBlock = 4
	maxBlockTime  = 3_600_000 // ms
	maxAmountBits = 128
)

// DefaultRetentionEpochs is the retention that fee_per_kib pays for.
const DefaultRetentionEpochs = 42

// DefaultParams are those of the main network.
func DefaultParams() Params {
	return Params{
		TokensPerVote: 10, MaxVotesPerSigner: 1024, MaxQuorums: 10, EpochBlocks: 5760,
		EncodedSlices: uint32(erasure.Production.N), DataSlices: uint32(erasure.Production.K),
		MaxBlobBytes: 32 << 20, MaxBatch: maxBatch, MaxMembers: quorum.MaxMembers,
		ConfirmWindowBlocks: 600, RecordRetentionEpochs: 3, RetentionEpochs: DefaultRetentionEpochs,
		MinVerifyRows: 8, SamplePeriodBlocks: 30, TargetRoundSubmissions: 20, RequireBeaconKey: true,
		BlobBaseFee:  sdkmath.NewInt(1_000_000_000_000_000),
		FeePerKib:    sdkmath.NewInt(120_000_000_000),
		PoolShareBps: 7000, LotteryShareBps: 2000, LapseRefundBps: 5000,
		SignerDeposit:     sdkmath.NewIntWithDecimal(10, TokenExponent),
		ChallengeBond:     sdkmath.NewIntWithDecimal(1, TokenExponent),
		ChallengeSlashBps: 100, ChallengeWindowBlocks: 100, SlashValidatorBps: 0, InactiveBelowBps: 5000,
		BlockTimeMs: 5000,
	}
}

// Validate checks every bound, and that the shape is one of the format's and
// leaves honest seats enough to rebuild: of the two thirds that sign, a third of
// all seats may lie, so n·(2/3 − 1/3) ≥ k.
func (p Params) Validate() error {
	if err := p.checkBounds(); err != nil {
		return err
	}
	for _, amount := range []struct {
		name  string
		got   sdkmath.Int
		least int64
	}{
		{"blob_base_fee", p.BlobBaseFee, 1}, {"fee_per_kib", p.FeePerKib, 1},
		{"signer_deposit", p.SignerDeposit, 1}, {"challenge_bond", p.ChallengeBond, 1},
	} {
		if amount.got.IsNil() || amount.got.LT(sdkmath.NewInt(amount.least)) || amount.got.BigInt().BitLen() > maxAmountBits {
			return ErrInvalidParams.Wrapf("%s %s, want %d to 2^128", amount.name, amount.got, amount.least)
		}
	}
	profile, err := p.Profile()
	if err != nil {
		return ErrInvalidParams.Wrap(err.Error())
	}
	if profile.N < 3*profile.K {
		return ErrInvalidParams.Wrapf("shape %d of %d: a third of the seats must hold enough rows to rebuild", profile.K, profile.N)
	}
	if p.MaxBlobBytes-erasure.HeaderSize > profile.MaxPayload() {
		return ErrInvalidParams.Wrapf("max_blob_bytes %d, want at most %d for this shape", p.MaxBlobBytes, profile.MaxPayload()+erasure.HeaderSize)
	}
	if p.PoolShareBps+p.LotteryShareBps > maxBps {
		return ErrInvalidParams.Wrapf("pool_share_bps %d and lottery_share_bps %d, want at most %d together", p.PoolShareBps, p.LotteryShareBps, maxBps)
	}
	if p.RecordRetentionEpochs > p.RetentionEpochs {
		return ErrInvalidParams.Wrapf("record_retention_epochs %d, want at most retention_epochs %d", p.RecordRetentionEpochs, p.RetentionEpochs)
	}
	return nil
}

func (p Params) checkBounds() error {
	for _, bound := range []struct {
		name          string
		got, min, max uint64
	}{
		{"tokens_per_vote", p.TokensPerVote, 1, 1 << 40},
		{"max_votes_per_signer", uint64(p.MaxVotesPerSigner), 1, maxVotes},
		{"max_quorums", uint64(p.MaxQuorums), 1, maxQuorums},
		{"epoch_blocks", p.EpochBlocks, minEpochBlock, maxBlocks},
		{"max_blob_bytes", p.MaxBlobBytes, erasure.HeaderSize + 1, 128 << 20},
		{"max_batch", uint64(p.MaxBatch), 1, maxBatch},
		{"max_members", uint64(p.MaxMembers), 1, quorum.MaxMembers},
		{"confirm_window_blocks", p.ConfirmWindowBlocks, 1, maxBlocks},
		{"record_retention_epochs", p.RecordRetentionEpochs, 1, maxEpochs},
		{"retention_epochs", p.RetentionEpochs, 1, maxEpochs},
		{"min_verify_rows", uint64(p.MinVerifyRows), 1, 1024},
		{"sample_period_blocks", p.SamplePeriodBlocks, 1, maxBlocks},
		{"target_round_submissions", uint64(p.TargetRoundSubmissions), 1, 1000},
		{"pool_share_bps", uint64(p.PoolShareBps), 0, maxBps},
		{"lottery_share_bps", uint64(p.LotteryShareBps), 0, maxBps},
		{"lapse_refund_bps", uint64(p.LapseRefundBps), 0, maxBps},
		{"challenge_slash_bps", uint64(p.ChallengeSlashBps), 0, maxBps},
		{"challenge_window_blocks", p.ChallengeWindowBlocks, 1, maxBlocks},
		{"slash_validator_bps", uint64(p.SlashValidatorBps), 0, maxBps},
		{"inactive_below_bps", uint64(p.InactiveBelowBps), 0, maxBps},
		{"block_time_ms", uint64(p.BlockTimeMs), 1, maxBlockTime},
	} {
		if bound.got < bound.min || bound.got > bound.max {
			return ErrInvalidParams.Wrapf("%s %d, want %d to %d", bound.name, bound.got, bound.min, bound.max)
		}
	}
	return nil
}

// ValidateFor is Validate, and refuses shapes too small for the bounds of
// sampling anywhere but on a development chain. isDevelopment is the app's table.
func (p Params) ValidateFor(chainID string, isDevelopment func(string) bool) error {
	if err := p.Validate(); err != nil {
		return err
	}
	profile, err := p.Profile()
	if err != nil {
		return ErrInvalidParams.Wrap(err.Error())
	}
	if profile.Unsafe && !isDevelopment(chainID) {
		return ErrUnsafeShape.Wrapf("%d of %d rows on %q, want %d of %d", profile.K, profile.N, chainID, erasure.Production.K, erasure.Production.N)
	}
	return nil
}

// CheckPromise refuses promises that last as long as stake takes to unbond: the
// votes that stand behind a promise must not be free before it ends.
func (p Params) CheckPromise(unbonding time.Duration) error {
	blocks := sdkmath.NewIntFromUint64(p.PromiseEpochs()).Mul(sdkmath.NewIntFromUint64(p.EpochBlocks))
	if lasts := blocks.MulRaw(int64(p.BlockTimeMs)); lasts.GTE(sdkmath.NewInt(unbonding.Milliseconds())) {
		return ErrInvalidParams.Wrapf("promises last %s ms (%d epochs of %d blocks of %d ms), want less than the unbonding time of %d ms",
			lasts, p.PromiseEpochs(), p.EpochBlocks, p.BlockTimeMs, unbonding.Milliseconds())
	}
	return nil
}

// Profile is the shape of the parameters.
func (p Params) Profile() (erasure.Profile, error) {
	return erasure.ProfileByShape(int(p.DataSlices), int(p.EncodedSlices))
}

// WindowEpochs is how many epochs after its own a blob may still be confirmed.
func (p Params) WindowEpochs() uint64 {
	return (p.ConfirmWindowBlocks + p.EpochBlocks - 1) / p.EpochBlocks
}

// RecordEpochs is how long after its epoch the record of a blob stays. A window
// longer than an epoch is added, so that a late confirmation has a record, too.
func (p Params) RecordEpochs() uint64 { return p.RecordRetentionEpochs + p.WindowEpochs() - 1 }

// PromiseEpochs is how long after an epoch what its quorums signed is promised.
func (p Params) PromiseEpochs() uint64 { return p.RetentionEpochs + p.WindowEpochs() }

// Fee of a blob, base units: its base, and its data rows by the KiB for as long
// as they are kept, rounded up.
func (p Params) Fee(profile erasure.Profile, dataLen uint64) (sdkmath.Int, error) {
	rowSize, err := profile.RowSize(dataLen)
	if err != nil {
		return sdkmath.Int{}, ErrInvalidMessage.Wrap(err.Error())
	}
	kib := sdkmath.NewIntFromUint64((uint64(profile.K)*uint64(rowSize) + 1023) / 1024)
	kept := p.FeePerKib.Mul(kib).Mul(sdkmath.NewIntFromUint64(p.RetentionEpochs))
	return p.BlobBaseFee.Add(kept.AddRaw(DefaultRetentionEpochs - 1).QuoRaw(DefaultRetentionEpochs)), nil
}

// SampleDivisor is how many samples the rounds of one retention should bring. One
// that wins is paid the lottery's pool divided by it, so that without fees a pool
// would lose all but a third of itself in that time, whatever its size.
func (p Params) SampleDivisor() uint64 {
	rounds := max(p.RetentionEpochs*p.EpochBlocks/p.SamplePeriodBlocks, 1)
	return rounds * uint64(p.TargetRoundSubmissions)
}

// RoundLimit is the samples that one round takes.
func (p Params) RoundLimit() uint32 { return 2 * p.TargetRoundSubmissions }

// Split divides the fee of so many blobs into the signers' pool, the lottery and
// the community pool. The lottery has its share of what was paid by the KiB only:
// each stored byte wins as often and so has paid as much, and nobody can order
// bytes for less than they take out. Of the base fees, its share is the community's.
func (p Params) Split(fee sdkmath.Int, blobs uint64) (pool, lottery, community sdkmath.Int) {
	base := p.BlobBaseFee.Mul(sdkmath.NewIntFromUint64(blobs))
	byKib := fee.Sub(sdkmath.MinInt(fee, base)) // the base fee may have been another when they were ordered
	pool = fee.MulRaw(int64(p.PoolShareBps)).QuoRaw(maxBps)
	lottery = byKib.MulRaw(int64(p.LotteryShareBps)).QuoRaw(maxBps)
	return pool, lottery, fee.Sub(pool).Sub(lottery)
}
