package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	errorsmod "cosmossdk.io/errors"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

// SubmitProof judges a solution and pays for it. Anyone may bring it: the miner
// id is in the hashed tuple, and its beneficiary is paid.
//
// The flat gas is charged before all else. Then come the cheap checks, in the
// order of protocol-storage.md 8.5; no hash is computed before they hold.
func (k Keeper) SubmitProof(ctx context.Context, answer types.PoraAnswer) (types.Proof, error) {
	if err := k.chargeProofGas(ctx); err != nil {
		return types.Proof{}, err
	}
	solution, err := answer.Solution()
	if err != nil {
		return types.Proof{}, err
	}
	miner, err := k.Miner(ctx, answer.MinerId)
	if err != nil {
		return types.Proof{}, err
	}
	j, err := k.openJob(ctx, miner, answer.FlowId)
	if err != nil {
		return types.Proof{}, err
	}
	output, err := k.judge(ctx, &solution, j)
	if err != nil {
		return types.Proof{}, err
	}
	return k.accept(ctx, j, miner, answer.RecallSector, output)
}

func (k Keeper) chargeProofGas(ctx context.Context) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	sdk.UnwrapSDKContext(ctx).GasMeter().ConsumeGas(params.ProofGas, "proof of random access")
	return nil
}

// judge verifies a solution of an open job and refuses a replay.
func (k Keeper) judge(ctx context.Context, s *mine.Solution, j job) (mine.Hash, error) {
	if s.ContextDigest != j.work.ContextDigest {
		return mine.Hash{}, types.ErrStaleContext.Wrapf("got %x, epoch %d has %x", s.ContextDigest, j.epoch.Epoch, j.work.ContextDigest)
	}
	load := s.RecallSector / layout.SectorsPerLoad
	if !j.work.Range.Contains(load) {
		return mine.Hash{}, types.ErrRecall.Wrapf("load %d is not in the claimed range", load)
	}
	holdsData, err := k.flow.LoadHoldsData(ctx, j.epoch.FlowId, load)
	if err != nil {
		return mine.Hash{}, err
	}
	if !holdsData {
		return mine.Hash{}, types.ErrEmptyLoad.Wrapf("load %d is gap or padding, which nobody stores", load)
	}
	sealed, err := k.sealContext(ctx, s, j.epoch.FlowId)
	if err != nil {
		return mine.Hash{}, err
	}
	root, err := types.Hash32("flow root", j.context.FlowRoot)
	if err != nil {
		return mine.Hash{}, err
	}
	context := mine.Context{Digest: j.work.ContextDigest, FlowRoot: root, LengthSectors: j.context.FlowLengthSectors}
	output, err := mine.Verify(s, &j.work, context, sealed)
	if err != nil {
		return mine.Hash{}, rejected(err)
	}
	used, err := k.UsedOutputs.Has(ctx, collections.Join3(j.epoch.FlowId, j.epoch.Epoch, output[:]))
	if err != nil {
		return mine.Hash{}, err
	}
	if used {
		return mine.Hash{}, types.ErrReplay.Wrapf("output %x of epoch %d", output, j.epoch.Epoch)
	}
	return output, nil
}

func (k Keeper) sealContext(ctx context.Context, s *mine.Solution, flowID uint64) (mine.SealContext, error) {
	c, err := k.flow.ContextByDigest(ctx, s.SealContextDigest[:])
	if errors.Is(err, flowtypes.ErrContextNotFound) || (err == nil && c.FlowId != flowID) {
		return mine.SealContext{}, types.ErrSealContext.Wrapf("flow %d has no context %x", flowID, s.SealContextDigest)
	}
	return mine.SealContext{
		Digest: s.SealContextDigest, PreviousLengthSectors: c.PreviousLengthSectors, LengthSectors: c.FlowLengthSectors,
	}, err
}

// rejected gives the judge's reason the module's code.
func rejected(err error) error {
	for _, pair := range []struct {
		from error
		to   *errorsmod.Error
	}{
		{mine.ErrMiner, types.ErrMinerNotFound},
		{mine.ErrContext, types.ErrStaleContext},
		{mine.ErrRecallSector, types.ErrRecall},
		{mine.ErrRecall, types.ErrRecall},
		{mine.ErrSealContext, types.ErrSealContext},
		{mine.ErrQuality, types.ErrQuality},
	} {
		if errors.Is(err, pair.from) {
			return pair.to.Wrap(err.Error())
		}
	}
	return types.ErrInvalidProof.Wrap(err.Error()) // ErrProofLength, ErrMerkle
}

// accept pays a judged solution and writes it down, once.
func (k Keeper) accept(ctx context.Context, j job, miner types.Miner, recallSector uint64, output mine.Hash) (types.Proof, error) {
	if err := k.UsedOutputs.Set(ctx, collections.Join3(j.epoch.FlowId, j.epoch.Epoch, output[:])); err != nil {
		return types.Proof{}, err
	}
	if err := k.countProof(ctx, j.epoch, j.params); err != nil {
		return types.Proof{}, err
	}
	reward, err := k.payBeneficiary(ctx, j.epoch.FlowId, recallSector/layout.SectorsPerLoad, miner.Beneficiary)
	if err != nil {
		return types.Proof{}, err
	}
	miner.Proofs++
	miner.Rewards = miner.Rewards.Add(reward)
	if err := k.Miners.Set(ctx, miner.MinerId, miner); err != nil {
		return types.Proof{}, err
	}
	id, err := k.NextProofID.Next(ctx)
	if err != nil {
		return types.Proof{}, err
	}
	block := sdk.UnwrapSDKContext(ctx)
	proof := types.Proof{
		ProofId: id, FlowId: j.epoch.FlowId, Epoch: j.epoch.Epoch, MinerId: miner.MinerId, Beneficiary: miner.Beneficiary,
		RecallSector: recallSector, Reward: reward, Height: block.BlockHeight(), Time: block.BlockTime().Unix(), Output: output[:],
	}
	if err := k.Proofs.Set(ctx, id, proof); err != nil {
		return types.Proof{}, err
	}
	return proof, emit(ctx, &types.EventProof{
		ProofId: id, FlowId: proof.FlowId, Epoch: proof.Epoch, MinerId: proof.MinerId,
		Beneficiary: proof.Beneficiary, RecallSector: recallSector, Reward: reward.String(),
	})
}
