package keeper

import (
	"context"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/types"
)

type msgServer struct{ Keeper }

// NewMsgServer returns the native door: decode, authorize, one verb, respond.
func NewMsgServer(k Keeper) types.MsgServer { return msgServer{k} }

func (m msgServer) Submit(ctx context.Context, msg *types.MsgSubmit) (*types.MsgSubmitResponse, error) {
	sender, submitter, err := parties(msg.Sender, msg.Submitter)
	if err != nil {
		return nil, err
	}
	return m.append(ctx, msg.FlowId, sender, submitter, msg.Submission, msg.Endowment)
}

func (m msgServer) SubmitBatch(ctx context.Context, msg *types.MsgSubmitBatch) (*types.MsgSubmitBatchResponse, error) {
	sender, submitter, err := parties(msg.Sender, msg.Submitter)
	if err != nil {
		return nil, err
	}
	params, err := m.Params.Get(ctx)
	if err != nil {
		return nil, err
	}
	if len(msg.Items) == 0 || len(msg.Items) > int(params.MaxBatch) {
		return nil, types.ErrBatchTooLarge.Wrapf("%d submissions, want 1 to %d", len(msg.Items), params.MaxBatch)
	}
	response := &types.MsgSubmitBatchResponse{}
	for i, item := range msg.Items {
		result, err := m.append(ctx, msg.FlowId, sender, submitter, item.Submission, item.Endowment)
		if err != nil {
			return nil, types.ErrInvalidSubmission.Wrapf("item %d: %s", i, err)
		}
		response.Results = append(response.Results, *result)
	}
	return response, nil
}

func (m msgServer) append(
	ctx context.Context, flowID uint64, sender, submitter sdk.AccAddress, s types.Submission, offered sdkmath.Int,
) (*types.MsgSubmitResponse, error) {
	entry, err := m.Append(ctx, flowID, sender, submitter, s, offered)
	if err != nil {
		return nil, err
	}
	return &types.MsgSubmitResponse{
		TxSeq: entry.TxSeq, Root: entry.Root, StartSector: entry.StartSector, Sectors: entry.Sectors,
		Endowment: entry.Endowment(), EndTime: entry.EndTime(),
	}, nil
}

func (m msgServer) Recharge(ctx context.Context, msg *types.MsgRecharge) (*types.MsgRechargeResponse, error) {
	sender, err := sdk.AccAddressFromBech32(msg.Sender)
	if err != nil {
		return nil, types.ErrInvalidRecharge.Wrapf("sender: %s", err)
	}
	entry, err := m.Keeper.Recharge(ctx, sender, msg.FlowId, msg.TxSeq, msg.Amount)
	if err != nil {
		return nil, err
	}
	return &types.MsgRechargeResponse{EndTime: entry.EndTime()}, nil
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

// parties parses who pays and whose entry it becomes.
func parties(sender, submitter string) (from, owner sdk.AccAddress, err error) {
	if from, err = sdk.AccAddressFromBech32(sender); err != nil {
		return nil, nil, types.ErrInvalidSubmission.Wrapf("sender: %s", err)
	}
	if submitter == "" {
		return from, from, nil
	}
	if owner, err = sdk.AccAddressFromBech32(submitter); err != nil {
		return nil, nil, types.ErrInvalidSubmission.Wrapf("submitter: %s", err)
	}
	return from, owner, nil
}
