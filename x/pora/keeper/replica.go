package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// How many claims promise to hold a load? A claim of shard i of n from start on
// promises the loads of [start, start + n·mining_range_loads) that are i modulo
// n, so the answer is a sum over the seven possible n of
//
//	claims of shard (load mod n) of n that start in (load - n·mining_range_loads, load]
//
// and all it takes is counting starts. The index counts them in a Fenwick tree:
// node x sums the starts in [x-1, x-1+lowbit(x)), node 0 all of them, each with
// one counter per shard. A claim writes popcount(start+1)+1 nodes (2 at load 0,
// 48 at most), an answer reads at most 47 nodes for each of eight bounds. As no
// end is stored, a new mining_range_loads needs no rebuilding.

const (
	shardLevels = 7                  // 1, 2, 4 .. 64 shards
	shards      = 1<<shardLevels - 1 // of all levels together
	indexEnd    = uint64(1) << 47    // starts are below 2^46 loads
)

// shardCounts holds one counter per shard, shard i of n at n-1+i.
type shardCounts [shards]uint64

func shardPlace(numShard, shardID uint64) int { return int(numShard - 1 + shardID) }

// countStart adds a claim to the index, or takes it out.
func (k Keeper) countStart(ctx context.Context, claim types.Claim, add bool) error {
	place := shardPlace(uint64(claim.NumShard), uint64(claim.ShardId))
	for node := claim.StartLoad + 1; ; node &= node - 1 {
		counts, err := k.replicaNode(ctx, claim.FlowId, node)
		if err != nil {
			return err
		}
		switch {
		case add:
			counts[place]++
		case counts[place] == 0:
			return types.ErrNoClaim.Wrapf("the replica index has no claim of shard %d of %d from load %d on", claim.ShardId, claim.NumShard, claim.StartLoad)
		default:
			counts[place]--
		}
		if err := k.setReplicaNode(ctx, claim.FlowId, node, counts); err != nil {
			return err
		}
		if node == 0 {
			return nil
		}
	}
}

func (k Keeper) replicaNode(ctx context.Context, flowID, node uint64) (counts shardCounts, err error) {
	stored, err := k.Replicas.Get(ctx, collections.Join(flowID, node))
	if errors.Is(err, collections.ErrNotFound) {
		return counts, nil
	}
	copy(counts[:], stored.Claims)
	return counts, err
}

func (k Keeper) setReplicaNode(ctx context.Context, flowID, node uint64, counts shardCounts) error {
	used := len(counts)
	for used > 0 && counts[used-1] == 0 {
		used--
	}
	key := collections.Join(flowID, node)
	if used == 0 {
		return k.Replicas.Remove(ctx, key)
	}
	return k.Replicas.Set(ctx, key, types.ReplicaNode{Claims: counts[:used]})
}

// startsFrom counts the claims that start at a load or later.
func (k Keeper) startsFrom(ctx context.Context, flowID, load uint64) (sum shardCounts, err error) {
	if load == 0 {
		return k.replicaNode(ctx, flowID, 0)
	}
	for node := load + 1; node < indexEnd; node += node & -node {
		counts, err := k.replicaNode(ctx, flowID, node)
		if err != nil {
			return sum, err
		}
		for i := range sum {
			sum[i] += counts[i]
		}
	}
	return sum, nil
}

// covering counts, per shard, the claims whose range reaches over a load.
func (k Keeper) covering(ctx context.Context, flowID, load, rangeLoads uint64) (shardCounts, error) {
	later, err := k.startsFrom(ctx, flowID, load+1)
	if err != nil {
		return shardCounts{}, err
	}
	var cover, from shardCounts
	read := indexEnd // the bound that from was read for
	for numShard := uint64(1); numShard <= types.MaxShards; numShard *= 2 {
		first := uint64(0)                                 // start of the first claim that reaches the load
		if reach := rangeLoads * numShard; load >= reach { // at most 2^40·64
			first = load - reach + 1
		}
		if first != read {
			if from, err = k.startsFrom(ctx, flowID, first); err != nil {
				return shardCounts{}, err
			}
			read = first
		}
		for i := shardPlace(numShard, 0); i <= shardPlace(numShard, numShard-1); i++ {
			cover[i] = from[i] - later[i]
		}
	}
	return cover, nil
}

// of is the number of replicas of a load.
func (c *shardCounts) of(load uint64) (replicas uint64) {
	for numShard := uint64(1); numShard <= types.MaxShards; numShard *= 2 {
		replicas += c[shardPlace(numShard, load%numShard)]
	}
	return replicas
}

// ReplicasOf returns how many claims promise to hold a sector: from the claim on,
// although it is mined from the next epoch only, until its release. Past the end
// of the flow there is nothing to hold. A promise is not a proof: proofs show who
// keeps it.
func (k Keeper) ReplicasOf(ctx context.Context, flowID, sector uint64) (uint64, error) {
	flow, err := k.flow.Flow(ctx, flowID)
	if err != nil || sector >= flow.LengthSectors {
		return 0, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	load := sector / layout.SectorsPerLoad
	cover, err := k.covering(ctx, flowID, load, params.MiningRangeLoads)
	return cover.of(load), err
}
