// Package simulation makes random messages of x/pora for the SDK's simulator.
package simulation

import (
	"context"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"

	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/types"
)

// MsgRegisterMinerFactory registers a miner with a random seed.
func MsgRegisterMinerFactory() simsx.SimMsgFactoryFn[*types.MsgRegisterMiner] {
	return func(_ context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterMiner) {
		owner := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		return []simsx.SimAccount{owner}, &types.MsgRegisterMiner{Owner: owner.AddressBech32, Seed: data.Rand().Uint64()}
	}
}

// MsgClaimRangeFactory lets some miner without a claim take one.
func MsgClaimRangeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgClaimRange] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgClaimRange) {
		owner, miner, ok := anyMiner(ctx, k, data, reporter, func(m types.Miner) bool { return m.Claim == nil })
		if !ok {
			return nil, nil
		}
		shards := uint32(1) << data.Rand().Intn(4)
		return []simsx.SimAccount{owner}, &types.MsgClaimRange{
			Owner: miner.Owner, MinerId: miner.MinerId, NumShard: shards, ShardId: uint32(data.Rand().Intn(int(shards))),
		}
	}
}

// MsgReleaseRangeFactory lets some miner give back a claim that is old enough.
func MsgReleaseRangeFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgReleaseRange] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgReleaseRange) {
		params, paramsErr := k.Params.Get(ctx)
		epoch, epochErr := k.Epochs.Get(ctx, types.MiningFlowID)
		if paramsErr != nil || epochErr != nil {
			reporter.Skip("no mining epoch yet")
			return nil, nil
		}
		owner, miner, ok := anyMiner(ctx, k, data, reporter, func(m types.Miner) bool {
			return m.Claim != nil && m.Claim.ActiveFromEpoch+params.ClaimMinEpochs <= epoch.Epoch
		})
		if !ok {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgReleaseRange{Owner: miner.Owner, MinerId: miner.MinerId}
	}
}

// MsgWithdrawFactory lets an account with a credit take it.
func MsgWithdrawFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgWithdraw] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgWithdraw) {
		beneficiary := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		if credit, err := k.Credit(ctx, beneficiary.Address); err != nil || !credit.IsPositive() {
			reporter.Skip("no credit")
			return nil, nil
		}
		return []simsx.SimAccount{beneficiary}, &types.MsgWithdraw{Beneficiary: beneficiary.AddressBech32}
	}
}

// anyMiner finds a miner of a simulated account that the condition holds for,
// first in order of ids from a random place on.
func anyMiner(
	ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, want func(types.Miner) bool,
) (owner simsx.SimAccount, found types.Miner, ok bool) {
	var candidates []types.Miner
	err := k.Miners.Walk(ctx, nil, func(_ []byte, m types.Miner) (stop bool, err error) {
		if want(m) && data.HasAccount(m.Owner) {
			candidates = append(candidates, m)
		}
		return false, nil
	})
	if err != nil || len(candidates) == 0 {
		reporter.Skip("no such miner")
		return owner, found, false
	}
	found = candidates[data.Rand().Intn(len(candidates))]
	return data.GetAccount(reporter, found.Owner), found, !reporter.IsSkipped()
}
