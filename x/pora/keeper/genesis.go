package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/types"
)

// InitGenesis writes a validated state.
func (k Keeper) InitGenesis(ctx context.Context, g types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.Params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.Targets.Set(ctx, types.MiningFlowID, g.Target); err != nil {
		return err
	}
	if err := k.initMiners(ctx, g.Miners); err != nil {
		return err
	}
	for _, epoch := range g.Epochs {
		if err := k.Epochs.Set(ctx, epoch.FlowId, epoch); err != nil {
			return err
		}
	}
	if err := k.initProofs(ctx, g.Proofs, g.NextProofId); err != nil {
		return err
	}
	for _, credit := range g.Credits {
		beneficiary, err := sdk.AccAddressFromBech32(credit.Beneficiary)
		if err != nil {
			return err
		}
		if err := k.Credits.Set(ctx, beneficiary, credit.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initMiners(ctx context.Context, miners []types.Miner) error {
	var claims uint64
	for _, miner := range miners {
		owner, err := sdk.AccAddressFromBech32(miner.Owner)
		if err != nil {
			return err
		}
		if err := k.Miners.Set(ctx, miner.MinerId, miner); err != nil {
			return err
		}
		if err := k.OwnerSeeds.Set(ctx, collections.Join(owner, miner.Seed), miner.MinerId); err != nil {
			return err
		}
		if miner.Claim != nil {
			claims++
			if err := k.countStart(ctx, *miner.Claim, true); err != nil {
				return err
			}
		}
	}
	return k.ClaimCount.Set(ctx, claims)
}

// initProofs also rebuilds the set of used outputs from the newest epochs.
func (k Keeper) initProofs(ctx context.Context, proofs []types.Proof, nextProofID uint64) error {
	for _, proof := range proofs {
		if err := k.Proofs.Set(ctx, proof.ProofId, proof); err != nil {
			return err
		}
		current, err := k.currentEpoch(ctx, proof.FlowId)
		if err != nil {
			return err
		}
		if proof.Epoch+outputEpochs < current {
			continue
		}
		if err := k.UsedOutputs.Set(ctx, collections.Join3(proof.FlowId, proof.Epoch, proof.Output)); err != nil {
			return err
		}
	}
	return k.NextProofID.Set(ctx, nextProofID)
}

// ExportGenesis reads the whole state.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if g.Target, err = k.Targets.Get(ctx, types.MiningFlowID); err != nil {
		return nil, err
	}
	if g.NextProofId, err = k.NextProofID.Peek(ctx); err != nil {
		return nil, err
	}
	return g, errors.Join(
		k.Miners.Walk(ctx, nil, func(_ []byte, m types.Miner) (bool, error) {
			g.Miners = append(g.Miners, m)
			return false, nil
		}),
		k.Epochs.Walk(ctx, nil, func(_ uint64, e types.MiningEpoch) (bool, error) {
			g.Epochs = append(g.Epochs, e)
			return false, nil
		}),
		k.Proofs.Walk(ctx, nil, func(_ uint64, p types.Proof) (bool, error) {
			g.Proofs = append(g.Proofs, p)
			return false, nil
		}),
		k.Credits.Walk(ctx, nil, func(beneficiary sdk.AccAddress, amount sdkmath.Int) (bool, error) {
			g.Credits = append(g.Credits, types.Credit{Beneficiary: beneficiary.String(), Amount: amount})
			return false, nil
		}),
	)
}
