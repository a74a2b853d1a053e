package keeper

import (
	"context"
	"slices"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// failureLog2Milli is a thousand times log2 of the probability that, with a third
// of the votes hostile, a quorum has so many hostile seats that the honest ones of
// the two thirds that sign are fewer than the k that rebuild. A test computes the
// table anew. 0: no bound.
func failureLog2Milli(profileID uint32) int64 {
	switch uint8(profileID) {
	case erasure.Production.ID:
		return -93_900
	case erasure.Dev.ID:
		return -5_500
	default:
		return 0
	}
}

// maxValidators bounds the work of the query.
const maxValidators = 1000

func (q queryServer) Assurance(ctx context.Context, _ *types.QueryAssuranceRequest) (*types.QueryAssuranceResponse, error) {
	epoch, err := q.Epoch.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	snapshot, err := q.Snapshots.Get(ctx, epoch.Number)
	if err := notFound(err, types.ErrNotFound, "votes of epoch %d: no block has begun", epoch.Number); err != nil {
		return nil, grpcError(err)
	}
	powers, err := q.powers(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryAssuranceResponse{
		Epoch: epoch.Number, Signers: snapshot.Signers, Votes: snapshot.Votes,
		RegisteredTokens: snapshot.TokensPerVote.Mul(sdkmath.NewIntFromUint64(snapshot.Votes)),
		BondedTokens:     snapshot.BondedTokens, Validators: uint32(len(powers)), LongestRun: longestRun(powers),
	}
	if snapshot.BondedTokens.IsPositive() {
		response.RegisteredBps = uint32(response.RegisteredTokens.MulRaw(10_000).Quo(snapshot.BondedTokens).Uint64())
	}
	if epoch.Quorums == 0 {
		return response, nil
	}
	record, err := q.Quorum(ctx, epoch.Number, 0)
	if err != nil {
		return nil, grpcError(err)
	}
	response.FailureLog2Milli = failureLog2Milli(record.Profile)
	response.WorstLog2Milli = min(response.FailureLog2Milli+1000*int64(response.LongestRun), 0)
	return response, nil
}

func (k Keeper) powers(ctx context.Context) ([]int64, error) {
	if k.Set == nil {
		return nil, nil
	}
	return k.Set.Powers(ctx)
}

// longestRun is beacon.LongestRun of the smallest validators. By holding slots back
// in a run that ends at the seed of an epoch, hostile ones choose among 2^S seeds
// (protocol-da.md §5.3).
func longestRun(powers []int64) uint32 {
	slices.Sort(powers)
	return uint32(beacon.LongestRun(powers[:min(len(powers), maxValidators)]))
}
