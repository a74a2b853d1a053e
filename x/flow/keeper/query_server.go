package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/types"
)

// Pages are bounded so that no query can hold a node for long.
const (
	defaultPage = 100
	maxPage     = 1000
)

type queryServer struct{ Keeper }

// NewQueryServer returns the reading door.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (q queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	windowLoads, err := q.PayoutWindow.Get(ctx)
	return &types.QueryParamsResponse{Params: params, PayoutWindowLoads: windowLoads, Denom: types.Denom}, grpcError(err)
}

func (q queryServer) Flow(ctx context.Context, req *types.QueryFlowRequest) (*types.QueryFlowResponse, error) {
	flow, err := q.Keeper.Flow(ctx, req.FlowId)
	if err != nil {
		return nil, grpcError(err)
	}
	frontier, err := flow.Frontier()
	if err != nil {
		return nil, grpcError(err)
	}
	root := frontier.Root()
	return &types.QueryFlowResponse{Flow: flow, Root: root[:]}, nil
}

func (q queryServer) Context(ctx context.Context, req *types.QueryContextRequest) (*types.QueryContextResponse, error) {
	c, err := q.Keeper.Context(ctx, req.FlowId, req.Epoch)
	return &types.QueryContextResponse{Context: c}, grpcError(err)
}

func (q queryServer) ContextAt(ctx context.Context, req *types.QueryContextAtRequest) (*types.QueryContextAtResponse, error) {
	c, err := q.Keeper.ContextAt(ctx, req.FlowId, req.Sector)
	return &types.QueryContextAtResponse{Context: c}, grpcError(err)
}

func (q queryServer) Price(ctx context.Context, req *types.QueryPriceRequest) (*types.QueryPriceResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	if req.Sectors == 0 || req.Sectors > 1<<56 {
		return nil, status.Errorf(codes.InvalidArgument, "sectors %d, want 1 to 2^56", req.Sectors)
	}
	return &types.QueryPriceResponse{
		Endowment: params.PriceFloor.Mul(sdkmath.NewIntFromUint64(req.Sectors)),
		UnitPrice: params.PriceFloor, PeriodSeconds: params.PeriodSeconds, Denom: types.Denom,
	}, nil
}

func (q queryServer) EntryReward(ctx context.Context, req *types.QueryEntryRewardRequest) (*types.QueryEntryRewardResponse, error) {
	entry, err := q.Keeper.Entry(ctx, req.FlowId, req.TxSeq)
	if err != nil {
		return nil, grpcError(err)
	}
	paid, accrued, err := q.Keeper.EntryReward(ctx, entry)
	if err != nil {
		return nil, grpcError(err)
	}
	endowment := entry.Endowment()
	return &types.QueryEntryRewardResponse{
		Endowment: endowment, Paid: paid, Accrued: accrued, Left: endowment.Sub(paid).Sub(accrued), EndTime: entry.EndTime(),
	}, nil
}

func (q queryServer) Accrued(ctx context.Context, req *types.QueryAccruedRequest) (*types.QueryAccruedResponse, error) {
	windowLoads, err := q.PayoutWindow.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	if req.Window > 1<<46/windowLoads {
		return nil, status.Errorf(codes.InvalidArgument, "window %d is behind the end of any flow", req.Window)
	}
	accrued, err := q.Keeper.Accrued(ctx, req.FlowId, req.Window)
	if err != nil {
		return nil, grpcError(err)
	}
	w, err := q.window(ctx, req.FlowId, req.Window)
	return &types.QueryAccruedResponse{
		Accrued: accrued, StartLoad: req.Window * windowLoads, EndLoad: (req.Window + 1) * windowLoads, ClaimedTime: w.claimed,
	}, grpcError(err)
}

func (q queryServer) Totals(ctx context.Context, _ *types.QueryTotalsRequest) (*types.QueryTotalsResponse, error) {
	totals, err := q.Keeper.Totals.Get(ctx)
	return &types.QueryTotalsResponse{Totals: totals}, grpcError(err)
}

func pageSize(limit uint32) int {
	if limit == 0 {
		return defaultPage
	}
	return int(min(limit, maxPage))
}

// grpcError gives what a client can act on the right code.
func grpcError(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, types.ErrEntryNotFound), errors.Is(err, types.ErrFlowNotFound),
		errors.Is(err, types.ErrContextNotFound), errors.Is(err, collections.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	default:
		return status.Error(codes.Internal, err.Error())
	}
}

func blockHeight(ctx context.Context) int64 { return sdk.UnwrapSDKContext(ctx).BlockHeight() }
