package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/pora/types"
)

const (
	maxPrunedPerBlock = 100 // of each kind; the rest waits for the next block
	outputEpochs      = 2   // outputs are kept for the running epoch and the two before
)

// BeginBlock follows the flow's epochs and forgets what is too old. It runs
// after x/flow's, which opens the contexts.
func (k Keeper) BeginBlock(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if err := k.turnEpoch(ctx, types.MiningFlowID, params); err != nil {
		return err
	}
	if err := k.pruneOutputs(ctx, types.MiningFlowID); err != nil {
		return err
	}
	return k.pruneProofs(ctx, params.ProofHistory)
}

// pruneOutputs forgets outputs whose context no proof can name any more.
func (k Keeper) pruneOutputs(ctx context.Context, flowID uint64) error {
	current, err := k.currentEpoch(ctx, flowID)
	if err != nil || current <= outputEpochs {
		return err
	}
	var old []collections.Triple[uint64, uint64, []byte]
	err = k.UsedOutputs.Walk(ctx, collections.NewPrefixedTripleRange[uint64, uint64, []byte](flowID),
		func(key collections.Triple[uint64, uint64, []byte]) (stop bool, err error) {
			if key.K2()+outputEpochs >= current || len(old) == maxPrunedPerBlock {
				return true, nil
			}
			old = append(old, key)
			return false, nil
		})
	if err != nil {
		return err
	}
	for _, key := range old {
		if err := k.UsedOutputs.Remove(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// pruneProofs keeps the newest proofs.
func (k Keeper) pruneProofs(ctx context.Context, history uint64) error {
	next, err := k.NextProofID.Peek(ctx)
	if err != nil || next <= history {
		return err
	}
	var old []uint64
	err = k.Proofs.Walk(ctx, new(collections.Range[uint64]).EndExclusive(next-history),
		func(id uint64, _ types.Proof) (stop bool, err error) {
			old = append(old, id)
			return len(old) == maxPrunedPerBlock, nil
		})
	if err != nil {
		return err
	}
	for _, id := range old {
		if err := k.Proofs.Remove(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
