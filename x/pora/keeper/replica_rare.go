package keeper

import (
	"cmp"
	"context"
	"slices"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// maxRareRanges bounds the ranges that one query looks at.
const maxRareRanges = 256

func (q queryServer) Replicas(ctx context.Context, req *types.QueryReplicasRequest) (*types.QueryReplicasResponse, error) {
	replicas, err := q.ReplicasOf(ctx, req.FlowId, req.Sector)
	return &types.QueryReplicasResponse{Replicas: replicas}, grpcError(err)
}

// RarestRanges tells a miner where its claim is needed most.
func (q queryServer) RarestRanges(ctx context.Context, req *types.QueryRarestRangesRequest) (*types.QueryRarestRangesResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	flow, err := q.flow.Flow(ctx, req.FlowId)
	if err != nil {
		return nil, grpcError(err)
	}
	end := layout.Segments(flow.LengthSectors)
	response := &types.QueryRarestRangesResponse{}
	load := req.FromLoad - req.FromLoad%params.ClaimAlignLoads
	for range maxRareRanges {
		if load >= end {
			break
		}
		next := min(load+params.ClaimAlignLoads, end)
		found, err := q.rarest(ctx, req.FlowId, load, next, params.MiningRangeLoads)
		if err != nil {
			return nil, grpcError(err)
		}
		response.Ranges = append(response.Ranges, found)
		load = next
	}
	if load < end {
		response.NextLoad = load
	}
	slices.SortStableFunc(response.Ranges, func(a, b types.RarestRange) int { return cmp.Compare(a.Replicas, b.Replicas) })
	response.Ranges = response.Ranges[:min(len(response.Ranges), pageSize(req.Limit))]
	return response, nil
}

// rarest finds the rarest load of a range that starts on the claims' grid, where
// no claim begins inside. (One may end inside where mining_range_loads is not a
// multiple of the grid; the range then counts as it does at its first load.)
func (q queryServer) rarest(ctx context.Context, flowID, start, end, rangeLoads uint64) (types.RarestRange, error) {
	cover, err := q.covering(ctx, flowID, start, rangeLoads)
	if err != nil {
		return types.RarestRange{}, err
	}
	found := types.RarestRange{StartLoad: start, EndLoad: end, Replicas: ^uint64(0)}
	for load := start; load < end && load < start+types.MaxShards; load++ {
		if replicas := cover.of(load); replicas < found.Replicas {
			found.Replicas, found.RarestShard = replicas, load%types.MaxShards
		}
	}
	return found, nil
}
