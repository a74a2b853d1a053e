package keeper

import (
	"context"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

type msgServer struct{ Keeper }

// NewMsgServer returns the native door: decode, authorize, one verb, respond.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (m msgServer) RegisterSigner(ctx context.Context, msg *types.MsgRegisterSigner) (*types.MsgRegisterSignerResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	epoch, err := m.Keeper.RegisterSigner(ctx, signer, msg.Socket, msg.Key, msg.Possession)
	return &types.MsgRegisterSignerResponse{ActivationEpoch: epoch}, err
}

func (m msgServer) SetBeaconKey(ctx context.Context, msg *types.MsgSetBeaconKey) (*types.MsgSetBeaconKeyResponse, error) {
	operator, err := types.Address("operator", msg.Operator)
	if err != nil {
		return nil, err
	}
	epoch, err := m.Keeper.SetBeaconKey(ctx, operator, msg.Key, msg.Possession)
	return &types.MsgSetBeaconKeyResponse{EffectiveEpoch: epoch}, err
}

func (m msgServer) UpdateSocket(ctx context.Context, msg *types.MsgUpdateSocket) (*types.MsgUpdateSocketResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	return &types.MsgUpdateSocketResponse{}, m.Keeper.UpdateSocket(ctx, signer, msg.Socket)
}

func (m msgServer) RotateKey(ctx context.Context, msg *types.MsgRotateKey) (*types.MsgRotateKeyResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	epoch, err := m.Keeper.RotateKey(ctx, signer, msg.Key, msg.Possession)
	return &types.MsgRotateKeyResponse{EffectiveEpoch: epoch}, err
}

func (m msgServer) RegisterNextEpoch(ctx context.Context, msg *types.MsgRegisterNextEpoch) (*types.MsgRegisterNextEpochResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	epoch, err := m.Keeper.RegisterNextEpoch(ctx, signer, msg.Signature)
	return &types.MsgRegisterNextEpochResponse{Epoch: epoch}, err
}

func (m msgServer) UnregisterSigner(ctx context.Context, msg *types.MsgUnregisterSigner) (*types.MsgUnregisterSignerResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	epoch, err := m.Keeper.UnregisterSigner(ctx, signer)
	return &types.MsgUnregisterSignerResponse{LockedUntilEpoch: epoch}, err
}

func (m msgServer) Deposit(ctx context.Context, msg *types.MsgDeposit) (*types.MsgDepositResponse, error) {
	signer, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	deposit, err := m.Keeper.Deposit(ctx, signer, msg.Amount)
	return &types.MsgDepositResponse{Deposit: deposit}, err
}

func (m msgServer) SubmitBlobs(ctx context.Context, msg *types.MsgSubmitBlobs) (*types.MsgSubmitBlobsResponse, error) {
	submitter, err := types.Address("submitter", msg.Submitter)
	if err != nil {
		return nil, err
	}
	params, err := m.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	roots, err := msg.Roots(params.MaxBatch)
	if err != nil {
		return nil, err
	}
	nodes, err := msg.LogNodes()
	if err != nil {
		return nil, err
	}
	receipt, err := m.Keeper.SubmitBlobs(ctx, Submission{
		Submitter: submitter, Profile: msg.Profile, Roots: roots, DataLens: msg.DataLens, LogNodes: nodes, MaxFee: msg.MaxFee,
	})
	return &types.MsgSubmitBlobsResponse{
		FirstBlobId: receipt.FirstBlobID, Epoch: receipt.Epoch, QuorumId: receipt.QuorumID, Fee: receipt.Fee,
		StorageEndowment: receipt.Endowment,
	}, err
}

func (m msgServer) ConfirmBatch(ctx context.Context, msg *types.MsgConfirmBatch) (*types.MsgConfirmBatchResponse, error) {
	if _, err := types.Address("sender", msg.Sender); err != nil {
		return nil, err
	}
	params, err := m.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	ids, err := msg.BlobIDs(params.MaxBatch)
	if err != nil {
		return nil, err
	}
	result, err := m.Keeper.ConfirmBatch(ctx, ids, msg.MemberBitmap, msg.Signature)
	return &types.MsgConfirmBatchResponse{
		Confirmed: uint32(len(result.Confirmed)), HitSeats: result.Hit, TotalSeats: result.Total,
	}, err
}

func (m msgServer) ClaimRewards(ctx context.Context, msg *types.MsgClaimRewards) (*types.MsgClaimRewardsResponse, error) {
	owner, err := types.Address("signer", msg.Signer)
	if err != nil {
		return nil, err
	}
	recipient := owner
	if msg.Recipient != "" {
		if recipient, err = types.Address("recipient", msg.Recipient); err != nil {
			return nil, err
		}
	}
	amount, err := m.Keeper.ClaimRewards(ctx, owner, recipient)
	return &types.MsgClaimRewardsResponse{Amount: amount}, err
}

func (m msgServer) UpdateParams(ctx context.Context, msg *types.MsgUpdateParams) (*types.MsgUpdateParamsResponse, error) {
	if err := sdk.ValidateAuthority(sdk.UnwrapSDKContext(ctx), m.Authority, msg.Authority); err != nil {
		return nil, err
	}
	if err := m.checkParams(ctx, msg.Params); err != nil {
		return nil, err
	}
	return &types.MsgUpdateParamsResponse{}, m.Params.Set(ctx, msg.Params)
}

func (m msgServer) SubmitFalseAttestation(ctx context.Context, msg *types.MsgSubmitFalseAttestation) (*types.MsgSubmitFalseAttestationResponse, error) {
	if _, err := types.Address("sender", msg.Sender); err != nil {
		return nil, err
	}
	evidence, err := msg.Evidence()
	if err != nil {
		return nil, err
	}
	p, err := m.PunishFalseAttestation(ctx, evidence)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitFalseAttestationResponse{Signers: 1, Slashed: p.Lost, ValidatorSlashed: p.Stake}, nil
}

func (m msgServer) SubmitSample(ctx context.Context, msg *types.MsgSubmitSample) (*types.MsgSubmitSampleResponse, error) {
	if _, err := types.Address("sender", msg.Sender); err != nil {
		return nil, err
	}
	sample, err := msg.Sample()
	if err != nil {
		return nil, err
	}
	holder, reward, err := m.Keeper.SubmitSample(ctx, sample)
	return &types.MsgSubmitSampleResponse{Holder: holder.String(), Reward: reward}, err
}

func (m msgServer) OpenChallenge(ctx context.Context, msg *types.MsgOpenChallenge) (*types.MsgOpenChallengeResponse, error) {
	challenger, err := types.Address("challenger", msg.Challenger)
	if err != nil {
		return nil, err
	}
	question, err := msg.Question()
	if err != nil {
		return nil, err
	}
	c, err := m.Keeper.OpenChallenge(ctx, challenger, question)
	return &types.MsgOpenChallengeResponse{ChallengeId: c.ChallengeId, Signer: c.Signer, DeadlineHeight: c.DeadlineHeight}, err
}

func (m msgServer) AnswerChallenge(ctx context.Context, msg *types.MsgAnswerChallenge) (*types.MsgAnswerChallengeResponse, error) {
	if _, err := types.Address("sender", msg.Sender); err != nil {
		return nil, err
	}
	answer, err := msg.Answer()
	if err != nil {
		return nil, err
	}
	return &types.MsgAnswerChallengeResponse{}, m.Keeper.AnswerChallenge(ctx, msg.ChallengeId, answer)
}
