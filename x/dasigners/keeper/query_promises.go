package keeper

import (
	"context"
	"slices"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

func (q queryServer) SampleTask(ctx context.Context, _ *types.QuerySampleTaskRequest) (*types.QuerySampleTaskResponse, error) {
	round, err := q.SampleRound.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	params, err := q.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	epoch, err := q.Epoch.Get(ctx)
	response := &types.QuerySampleTaskResponse{
		Round: round, NextHeight: round.StartHeight + int64(params.SamplePeriodBlocks), Reward: sampleReward(params, round),
	}
	if limit := params.RoundLimit(); round.Number > 0 && limit > round.Submissions {
		response.RestSubmissions = limit - round.Submissions
	}
	if epoch.Number > params.RetentionEpochs {
		response.FirstEpoch = epoch.Number - params.RetentionEpochs
	}
	return response, grpcError(err)
}

func (q queryServer) Challenge(ctx context.Context, req *types.QueryChallengeRequest) (*types.QueryChallengeResponse, error) {
	c, err := q.Keeper.Challenge(ctx, req.ChallengeId)
	return &types.QueryChallengeResponse{Challenge: c}, grpcError(err)
}

func (q queryServer) Challenges(ctx context.Context, req *types.QueryChallengesRequest) (*types.QueryChallengesResponse, error) {
	ids, err := q.challengeIDs(ctx, req)
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryChallengesResponse{}
	for _, id := range ids {
		c, err := q.Keeper.Challenge(ctx, id)
		if err != nil {
			return nil, grpcError(err)
		}
		response.Challenges = append(response.Challenges, c)
	}
	return response, nil
}

func (q queryServer) challengeIDs(ctx context.Context, req *types.QueryChallengesRequest) ([]uint64, error) {
	if req.Signer == "" {
		return firstIn(ctx, q.Keeper.Challenges, new(collections.Range[uint64]).StartExclusive(req.AfterId), pageSize(req.Limit))
	}
	signer, err := types.Address("signer", req.Signer)
	if err != nil {
		return nil, err
	}
	ids, err := q.openChallenges(ctx, signer, maxOpenChallenges)
	ids = slices.DeleteFunc(ids, func(id uint64) bool { return id <= req.AfterId })
	return ids[:min(len(ids), pageSize(req.Limit))], err
}

// logPrice is 0 where the log takes no such entry now.
func (q queryServer) logPrice(ctx context.Context, dataLen uint64) sdkmath.Int {
	if q.Log == nil {
		return sdkmath.ZeroInt()
	}
	price, err := q.Log.Price(ctx, dataLen)
	if err != nil {
		return sdkmath.ZeroInt()
	}
	return price
}
