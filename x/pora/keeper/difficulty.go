package keeper

import (
	"context"
	"math/big"

	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

// Retarget is the pure step from one epoch's target to the next:
//
//	new = old * (1 + (elapsed/target_blocks - found) / n)
//
// clamped to x0.5..x2, to at least 1 and at most (2^256-1)/min_difficulty.
// Source: architecture.md "A mining epoch opens".
//
// Long searches are cut off by the window, and the rule knows: for a search of
// rate λ that is cut at W, mean elapsed is P(found)/λ, so the step is zero in the
// mean exactly at 1/λ = target_blocks, whatever W is. The same holds for several
// proofs per epoch.
//
//	elapsedBlocks  from the opening to the closing proof, or to the window's end
//	found          proofs accepted in the epoch
func Retarget(old mine.Hash, elapsedBlocks, found uint64, p types.Params) (next mine.Hash) {
	unit := new(big.Int).SetUint64(p.TargetBlocks)
	whole := new(big.Int).Mul(unit, big.NewInt(int64(p.AdjustN))) // n * target_blocks
	factor := new(big.Int).Add(whole, new(big.Int).SetUint64(elapsedBlocks))
	factor.Sub(factor, unit.Mul(unit, new(big.Int).SetUint64(found)))

	before := new(big.Int).SetBytes(old[:])
	target := factor.Mul(factor, before)
	target.Quo(target, whole)
	target = atLeast(target, new(big.Int).Rsh(before, 1))
	target = atMost(target, new(big.Int).Lsh(before, 1))
	most := types.TargetOf(p.MinDifficulty)
	target = atMost(target, new(big.Int).SetBytes(most[:]))
	atLeast(target, big.NewInt(1)).FillBytes(next[:])
	return next
}

func atLeast(a, bound *big.Int) *big.Int {
	if a.Cmp(bound) < 0 {
		return bound
	}
	return a
}

func atMost(a, bound *big.Int) *big.Int {
	if a.Cmp(bound) > 0 {
		return bound
	}
	return a
}

// Target returns the target of a flow, before the shard scale.
func (k Keeper) Target(ctx context.Context, flowID uint64) (mine.Hash, error) {
	target, err := k.Targets.Get(ctx, flowID)
	if err := notFound(err, types.ErrNoEpoch, "target of flow %d", flowID); err != nil {
		return mine.Hash{}, err
	}
	return types.Hash32("target", target)
}

// retarget moves the target by what a finished epoch showed, as of height. Where
// there was nothing to mine or nobody to mine it, the epoch shows nothing and the
// target stays: else an idle network would fall to difficulty 1.
func (k Keeper) retarget(ctx context.Context, ended types.MiningEpoch, height int64, p types.Params) error {
	old, err := k.Target(ctx, ended.FlowId)
	if err != nil {
		return err
	}
	minable, err := k.wasMinable(ctx, ended)
	if err != nil || !minable {
		return err
	}
	until := ended.CloseHeight
	if until == 0 {
		until = height
		if end := ended.OpenHeight + int64(p.WindowBlocks); p.WindowBlocks > 0 && end < until {
			until = end
		}
	}
	next := Retarget(old, uint64(max(until-ended.OpenHeight, 0)), uint64(ended.Proofs), p)
	return k.Targets.Set(ctx, ended.FlowId, next[:])
}
