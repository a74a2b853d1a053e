package types

import (
	"math/big"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/mine"
)

// defaultDifficulty is the mean number of 4 KiB tries for the first proof: about
// 15 600 loads, 5 core-seconds of mining with four lanes and 20 with one.
const defaultDifficulty = 1_000_000

// DefaultGenesis has no miner and the default difficulty.
func DefaultGenesis() *GenesisState {
	target := TargetOf(defaultDifficulty)
	return &GenesisState{Params: DefaultParams(), Target: target[:], NextProofId: 1}
}

// TargetOf returns (2^256-1) / difficulty, big-endian; difficulty 0 counts as 1.
func TargetOf(difficulty uint64) (target mine.Hash) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	most.Div(most, new(big.Int).SetUint64(max(difficulty, 1))).FillBytes(target[:])
	return target
}

// Validate checks everything that one record shows by itself.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if len(g.Target) != hashBytes || mine.Hash(g.Target) == (mine.Hash{}) {
		return ErrInvalidGenesis.Wrapf("target has %d bytes, want 32 that are not all zero", len(g.Target))
	}
	if err := validateMiners(g.Miners); err != nil {
		return err
	}
	flows := map[uint64]bool{} // only looked up, never ranged over
	for _, epoch := range g.Epochs {
		if flows[epoch.FlowId] || epoch.Epoch == 0 || epoch.CloseHeight < 0 || epoch.OpenHeight < 0 {
			return ErrInvalidGenesis.Wrapf("mining epoch %d of flow %d: listed twice, numbered 0 or at a negative height", epoch.Epoch, epoch.FlowId)
		}
		flows[epoch.FlowId] = true
	}
	if err := validateProofs(g.Proofs, g.NextProofId); err != nil {
		return err
	}
	return validateCredits(g.Credits)
}

func validateMiners(miners []Miner) error {
	type seedKey struct {
		owner string
		seed  uint64
	}
	ids, seeds := map[mine.Hash]bool{}, map[seedKey]bool{} // only looked up
	for _, miner := range miners {
		id, err := Hash32("miner_id", miner.MinerId)
		if err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		key := seedKey{miner.Owner, miner.Seed}
		if ids[id] || seeds[key] {
			return ErrInvalidGenesis.Wrapf("miner %x: id, or owner and seed, listed twice", id)
		}
		ids[id], seeds[key] = true, true
		for _, text := range []string{miner.Owner, miner.Beneficiary} {
			if _, err := sdk.AccAddressFromBech32(text); err != nil {
				return ErrInvalidGenesis.Wrapf("miner %x: %s", id, err)
			}
		}
		if miner.Rewards.IsNil() || miner.Rewards.IsNegative() {
			return ErrInvalidGenesis.Wrapf("miner %x: rewards are missing or negative", id)
		}
		if miner.Claim != nil {
			if err := miner.Claim.Puzzle().Validate(); err != nil {
				return ErrInvalidGenesis.Wrapf("miner %x: %s", id, err)
			}
			if miner.Claim.NumShard > MaxShards {
				return ErrInvalidGenesis.Wrapf("miner %x: %d shards, want at most %d", id, miner.Claim.NumShard, MaxShards)
			}
		}
	}
	return nil
}

func validateProofs(proofs []Proof, nextProofID uint64) error {
	last := uint64(0)
	for _, proof := range proofs {
		if proof.ProofId <= last || proof.ProofId >= nextProofID {
			return ErrInvalidGenesis.Wrapf("proof %d after %d, want ascending and below %d", proof.ProofId, last, nextProofID)
		}
		last = proof.ProofId
		if len(proof.MinerId) != hashBytes || len(proof.Output) != hashBytes || proof.Reward.IsNil() || proof.Reward.IsNegative() {
			return ErrInvalidGenesis.Wrapf("proof %d: want 32 bytes of miner id and of output, and a reward", proof.ProofId)
		}
	}
	if nextProofID == 0 {
		return ErrInvalidGenesis.Wrap("next_proof_id 0, want at least 1")
	}
	return nil
}

func validateCredits(credits []Credit) error {
	seen := map[string]bool{} // only looked up
	for _, credit := range credits {
		if _, err := sdk.AccAddressFromBech32(credit.Beneficiary); err != nil {
			return ErrInvalidGenesis.Wrapf("credit of %q: %s", credit.Beneficiary, err)
		}
		if seen[credit.Beneficiary] || credit.Amount.IsNil() || !credit.Amount.IsPositive() {
			return ErrInvalidGenesis.Wrapf("credit of %s: listed twice or not positive", credit.Beneficiary)
		}
		seen[credit.Beneficiary] = true
	}
	return nil
}
