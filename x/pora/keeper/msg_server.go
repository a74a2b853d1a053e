package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora/types"
)

type msgServer struct{ Keeper }

// NewMsgServer returns the native door: decode, authorize, one verb, respond.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (m msgServer) RegisterMiner(ctx context.Context, msg *types.MsgRegisterMiner) (*types.MsgRegisterMinerResponse, error) {
	owner, err := types.Address("owner", msg.Owner, nil)
	if err != nil {
		return nil, err
	}
	beneficiary, err := types.Address("beneficiary", msg.Beneficiary, owner)
	if err != nil {
		return nil, err
	}
	id, err := m.Keeper.RegisterMiner(ctx, owner, beneficiary, msg.Seed)
	if err != nil {
		return nil, err
	}
	return &types.MsgRegisterMinerResponse{MinerId: id[:]}, nil
}

func (m msgServer) SetBeneficiary(ctx context.Context, msg *types.MsgSetBeneficiary) (*types.MsgSetBeneficiaryResponse, error) {
	sender, err := types.Address("sender", msg.Sender, nil)
	if err != nil {
		return nil, err
	}
	beneficiary, err := types.Address("beneficiary", msg.Beneficiary, nil)
	if err != nil {
		return nil, err
	}
	return &types.MsgSetBeneficiaryResponse{}, m.Keeper.SetBeneficiary(ctx, sender, msg.MinerId, beneficiary)
}

func (m msgServer) ClaimRange(ctx context.Context, msg *types.MsgClaimRange) (*types.MsgClaimRangeResponse, error) {
	owner, err := types.Address("owner", msg.Owner, nil)
	if err != nil {
		return nil, err
	}
	activeFrom, err := m.Keeper.ClaimRange(ctx, owner, msg.MinerId, types.Claim{
		FlowId: msg.FlowId, StartLoad: msg.StartLoad, NumShard: msg.NumShard, ShardId: msg.ShardId,
	})
	if err != nil {
		return nil, err
	}
	return &types.MsgClaimRangeResponse{ActiveFromEpoch: activeFrom}, nil
}

func (m msgServer) ReleaseRange(ctx context.Context, msg *types.MsgReleaseRange) (*types.MsgReleaseRangeResponse, error) {
	owner, err := types.Address("owner", msg.Owner, nil)
	if err != nil {
		return nil, err
	}
	return &types.MsgReleaseRangeResponse{}, m.Keeper.ReleaseRange(ctx, owner, msg.MinerId)
}

func (m msgServer) SubmitProof(ctx context.Context, msg *types.MsgSubmitProof) (*types.MsgSubmitProofResponse, error) {
	if _, err := types.Address("sender", msg.Sender, nil); err != nil {
		return nil, err
	}
	proof, err := m.Keeper.SubmitProof(ctx, msg.Answer)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitProofResponse{ProofId: proof.ProofId, Reward: proof.Reward}, nil
}

func (m msgServer) Withdraw(ctx context.Context, msg *types.MsgWithdraw) (*types.MsgWithdrawResponse, error) {
	beneficiary, err := types.Address("beneficiary", msg.Beneficiary, nil)
	if err != nil {
		return nil, err
	}
	recipient, err := types.Address("recipient", msg.Recipient, beneficiary)
	if err != nil {
		return nil, err
	}
	amount, err := m.Keeper.Withdraw(ctx, beneficiary, recipient)
	if err != nil {
		return nil, err
	}
	return &types.MsgWithdrawResponse{Amount: amount}, nil
}

func (m msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), m.authority, msg.Authority); err != nil {
		return nil, err
	}
	if err := msg.Params.Validate(); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, m.Params.Set(ctx, msg.Params)
}
