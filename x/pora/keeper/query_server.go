package keeper

import (
	"context"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/types"
)

// Pages are bounded so that no query can hold a node for long.
const (
	defaultPage = 100
	maxPage     = 1000
	maxScanned  = 20_000 // proofs one query looks at to fill its page
)

type queryServer struct{ Keeper }

// NewQueryServer returns the reading door.
func NewQueryServer(k Keeper) types.QueryServer { return queryServer{k} }

func (q queryServer) Params(ctx context.Context, _ *types.QueryParamsRequest) (*types.QueryParamsResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	return &types.QueryParamsResponse{Params: params}, grpcError(err)
}

func (q queryServer) Miner(ctx context.Context, req *types.QueryMinerRequest) (*types.QueryMinerResponse, error) {
	miner, err := q.minerByHex(ctx, req.MinerId)
	return &types.QueryMinerResponse{Miner: miner}, grpcError(err)
}

func (q queryServer) Miners(ctx context.Context, req *types.QueryMinersRequest) (*types.QueryMinersResponse, error) {
	var after []byte
	if req.AfterMinerId != "" {
		id, err := parseID(req.AfterMinerId)
		if err != nil {
			return nil, grpcError(err)
		}
		after = id
	}
	var miners []types.Miner
	var err error
	if req.Owner == "" {
		miners, err = q.allMiners(ctx, after, pageSize(req.Limit))
	} else {
		miners, err = q.minersOf(ctx, req.Owner, after, pageSize(req.Limit))
	}
	return &types.QueryMinersResponse{Miners: miners}, grpcError(err)
}

// allMiners lists miners by id.
func (q queryServer) allMiners(ctx context.Context, after []byte, limit int) (miners []types.Miner, err error) {
	page := new(collections.Range[[]byte])
	if after != nil {
		page = page.StartExclusive(after)
	}
	err = q.Keeper.Miners.Walk(ctx, page, func(_ []byte, miner types.Miner) (stop bool, err error) {
		miners = append(miners, miner)
		return len(miners) == limit, nil
	})
	return miners, err
}

// minersOf lists an owner's miners by seed.
func (q queryServer) minersOf(ctx context.Context, owner string, after []byte, limit int) (miners []types.Miner, err error) {
	addr, err := types.Address("owner", owner, nil)
	if err != nil {
		return nil, err
	}
	page := collections.NewPrefixedPairRange[sdk.AccAddress, uint64](addr)
	if after != nil {
		last, err := q.Keeper.Miner(ctx, after)
		if err != nil {
			return nil, err
		}
		page = page.StartExclusive(last.Seed)
	}
	err = q.OwnerSeeds.Walk(ctx, page, func(_ collections.Pair[sdk.AccAddress, uint64], id []byte) (stop bool, err error) {
		miner, err := q.Keeper.Miner(ctx, id)
		miners = append(miners, miner)
		return len(miners) == limit, err
	})
	return miners, err
}

func (q queryServer) Epoch(ctx context.Context, req *types.QueryEpochRequest) (*types.QueryEpochResponse, error) {
	epoch, err := q.Epochs.Get(ctx, req.FlowId)
	if err := notFound(err, types.ErrNoEpoch, "flow %d", req.FlowId); err != nil {
		return nil, grpcError(err)
	}
	target, err := q.Target(ctx, req.FlowId)
	if err != nil {
		return nil, grpcError(err)
	}
	most := types.TargetOf(1)
	difficulty := new(big.Int).Div(new(big.Int).SetBytes(most[:]), new(big.Int).SetBytes(target[:])) // target is never 0
	return &types.QueryEpochResponse{Epoch: epoch, Target: target[:], Difficulty: difficulty.String()}, nil
}

func (q queryServer) Proofs(ctx context.Context, req *types.QueryProofsRequest) (*types.QueryProofsResponse, error) {
	var minerID []byte
	if req.MinerId != "" {
		id, err := parseID(req.MinerId)
		if err != nil {
			return nil, grpcError(err)
		}
		minerID = id
	}
	page := new(collections.Range[uint64]).Descending()
	if req.BeforeProofId != 0 {
		page = page.EndExclusive(req.BeforeProofId)
	}
	limit, scanned := pageSize(req.Limit), 0
	response := &types.QueryProofsResponse{}
	err := q.Keeper.Proofs.Walk(ctx, page, func(_ uint64, proof types.Proof) (stop bool, err error) {
		if matches(proof, req, minerID) {
			response.Proofs = append(response.Proofs, proof)
		}
		scanned++
		return len(response.Proofs) == limit || scanned == maxScanned, nil
	})
	return response, grpcError(err)
}

func matches(proof types.Proof, req *types.QueryProofsRequest, minerID []byte) bool {
	load := proof.RecallSector / layout.SectorsPerLoad
	return proof.FlowId == req.FlowId && load >= req.StartLoad && (req.EndLoad == 0 || load < req.EndLoad) &&
		(minerID == nil || string(proof.MinerId) == string(minerID))
}

func (q queryServer) Credit(ctx context.Context, req *types.QueryCreditRequest) (*types.QueryCreditResponse, error) {
	beneficiary, err := types.Address("beneficiary", req.Beneficiary, nil)
	if err != nil {
		return nil, grpcError(err)
	}
	amount, err := q.Keeper.Credit(ctx, beneficiary)
	return &types.QueryCreditResponse{Amount: amount}, grpcError(err)
}

func (q queryServer) Work(ctx context.Context, req *types.QueryWorkRequest) (*types.QueryWorkResponse, error) {
	miner, err := q.minerByHex(ctx, req.MinerId)
	if err != nil {
		return nil, grpcError(err)
	}
	j, err := q.openJob(ctx, miner, types.MiningFlowID)
	reason, known := reasonOf(err)
	if !known {
		return nil, grpcError(err)
	}
	var target []byte
	if err == nil {
		target = j.work.Target[:]
	}
	return &types.QueryWorkResponse{
		Open: err == nil, Reason: reason, FlowId: types.MiningFlowID, Epoch: j.epoch.Epoch,
		ContextDigest: j.context.Digest, FlowRoot: j.context.FlowRoot, FlowLengthSectors: j.context.FlowLengthSectors,
		StartLoad: j.work.Range.StartLoad, LengthLoads: j.work.Range.LengthLoads,
		NumShard: uint32(j.work.Range.NumShard), ShardId: uint32(j.work.Range.ShardID),
		Target: target, CloseHeight: j.closeHeight(), Height: sdk.UnwrapSDKContext(ctx).BlockHeight(),
	}, nil
}

// reasonOf names why there is nothing to mine; known is false for a failure.
func reasonOf(err error) (reason string, known bool) {
	for _, pair := range []struct {
		err    error
		reason string
	}{
		{types.ErrNoClaim, "no_claim"},
		{types.ErrInvalidClaim, "no_claim"},
		{types.ErrClaimNotActive, "claim_not_active"},
		{types.ErrNoEpoch, "epoch_closed"},
		{types.ErrEpochClosed, "epoch_closed"},
		{types.ErrWindowOver, "window_over"},
		{types.ErrFlowTooShort, "flow_too_short"},
		{types.ErrRangeShort, "range_short"},
	} {
		if errors.Is(err, pair.err) {
			return pair.reason, true
		}
	}
	return "", err == nil
}

func (q queryServer) minerByHex(ctx context.Context, text string) (types.Miner, error) {
	id, err := parseID(text)
	if err != nil {
		return types.Miner{}, err
	}
	return q.Keeper.Miner(ctx, id)
}

func parseID(text string) ([]byte, error) {
	id, err := hex.DecodeString(strings.TrimPrefix(text, "0x"))
	if err != nil || len(id) != 32 {
		return nil, types.ErrInvalidMessage.Wrapf("miner id %q, want 32 bytes in hex", text)
	}
	return id, nil
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
	case errors.Is(err, types.ErrInvalidMessage):
		return status.Error(codes.InvalidArgument, err.Error())
	case errors.Is(err, types.ErrMinerNotFound), errors.Is(err, types.ErrNoEpoch),
		errors.Is(err, flowtypes.ErrContextNotFound), errors.Is(err, flowtypes.ErrFlowNotFound), errors.Is(err, collections.ErrNotFound):
		return status.Error(codes.NotFound, err.Error())
	default:
		return status.Error(codes.Internal, err.Error())
	}
}
