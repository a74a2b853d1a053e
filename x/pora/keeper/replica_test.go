package keeper_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// recount is the definition of replicas, over all miners.
func (f *fixture) recount(load uint64) (replicas uint64) {
	params, err := f.keeper.Params.Get(f.ctx)
	require.NoError(f.tb, err)
	require.NoError(f.tb, f.keeper.Miners.Walk(f.ctx, nil, func(_ []byte, m types.Miner) (bool, error) {
		if c := m.Claim; c != nil && load >= c.StartLoad && load-c.StartLoad < params.MiningRangeLoads*uint64(c.NumShard) &&
			load%uint64(c.NumShard) == uint64(c.ShardId) {
			replicas++
		}
		return false, nil
	}))
	return replicas
}

func (f *fixture) replicas(load uint64) uint64 {
	f.tb.Helper()
	response, err := f.queries.Replicas(f.ctx, &types.QueryReplicasRequest{Sector: load*layout.SectorsPerLoad + 7})
	require.NoError(f.tb, err)
	return response.Replicas
}

// mission R14, R15: after random histories the index counts what a walk over all
// miners counts, also under another mining range and after a genesis round trip.
func TestReplicasEqualARecount(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			f := newFixture(t, func(g *types.GenesisState) {
				g.Params.ClaimAlignLoads, g.Params.MiningRangeLoads, g.Params.ClaimMinEpochs = 64, 300, 0
			})
			const loads = 20_000
			f.flow.lengthSectors = loads * layout.SectorsPerLoad
			rng := rand.New(rand.NewPCG(seed, 1))
			var ids [][]byte
			for step := range 150 {
				f.flow.contexts = append(f.flow.contexts, f.context())
				f.nextBlock(1)
				if len(ids) > 0 && rng.IntN(3) == 0 {
					f.release(ids[rng.IntN(len(ids))])
				} else {
					ids = append(ids, f.claimAt(rng, uint64(step)))
				}
			}
			check := func(f *fixture) {
				for range 300 {
					load := rng.Uint64N(loads)
					require.Equal(t, f.recount(load), f.replicas(load), "load %d", load)
				}
			}
			check(f)
			params := f.params()
			params.MiningRangeLoads = 1000 // governance; nothing is rebuilt
			require.NoError(t, f.keeper.Params.Set(f.ctx, params))
			check(f)

			exported, err := f.keeper.ExportGenesis(f.ctx)
			require.NoError(t, err)
			g := newFixture(t, func(state *types.GenesisState) { *state = *exported })
			g.flow.lengthSectors = f.flow.lengthSectors
			check(g)
			for _, id := range ids { // all of it goes when all claims go
				f.release(id)
			}
			iter, err := f.keeper.Replicas.Iterate(f.ctx, nil)
			require.NoError(t, err)
			defer iter.Close()
			require.False(t, iter.Valid(), "no node is left behind")
		})
	}
}

// context is the next one of a flow without bytes.
func (f *fixture) context() (c flowContext) {
	c.Epoch = uint64(len(f.flow.contexts)) + 1
	c.Digest, c.FlowRoot = make([]byte, 32), make([]byte, 32)
	c.Digest[0] = byte(c.Epoch)
	return c
}

func (f *fixture) params() types.Params {
	params, err := f.keeper.Params.Get(f.ctx)
	require.NoError(f.tb, err)
	return params
}

// release gives a claim back, if it stands and its epoch has come.
func (f *fixture) release(id []byte) {
	f.tb.Helper()
	f.flow.contexts = append(f.flow.contexts, f.context())
	f.nextBlock(1)
	miner, err := f.keeper.Miner(f.ctx, id)
	require.NoError(f.tb, err)
	if miner.Claim != nil {
		require.NoError(f.tb, f.keeper.ReleaseRange(f.ctx, alice, id))
	}
}

func (f *fixture) claimAt(rng *rand.Rand, seed uint64) []byte {
	f.tb.Helper()
	id := f.register(alice, bob, seed)
	numShard := uint32(1) << rng.IntN(7)
	_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{
		Owner: alice.String(), MinerId: id, StartLoad: 64 * rng.Uint64N(320), NumShard: numShard, ShardId: rng.Uint32N(numShard),
	})
	require.NoError(f.tb, err)
	return id
}

// The edges: a claim counts at once, over its first load and its last, not
// beside them, and never past the end of the flow.
func TestReplicasAtTheEdges(t *testing.T) {
	f := newFixture(t, func(g *types.GenesisState) { g.Params.ClaimAlignLoads, g.Params.MiningRangeLoads = 64, 64 })
	f.flow.lengthSectors = 1000 * layout.SectorsPerLoad
	claim := func(start uint64, numShard, shardID uint32) {
		_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{
			Owner: alice.String(), MinerId: f.register(alice, bob, start+uint64(numShard+shardID)), StartLoad: start, NumShard: numShard, ShardId: shardID,
		})
		require.NoError(t, err)
	}
	require.Zero(t, f.replicas(64))
	claim(64, 1, 0)
	require.Equal(t, []uint64{0, 1, 1, 0}, []uint64{f.replicas(63), f.replicas(64), f.replicas(127), f.replicas(128)})
	claim(0, 2, 1) // odd loads of [0, 128)
	require.Equal(t, []uint64{1, 1, 2, 0}, []uint64{f.replicas(63), f.replicas(64), f.replicas(127), f.replicas(128)})
	claim(960, 64, 0) // far past the end
	require.Equal(t, []uint64{1, 0, 0}, []uint64{f.replicas(960), f.replicas(961), f.replicas(1024)}, "1024 is past the flow's end")
	claim(1<<46-64, 64, 63) // the last claim there can be
	require.Equal(t, uint64(1), f.replicas(960))
	_, err := f.queries.Replicas(f.ctx, &types.QueryReplicasRequest{FlowId: 9})
	require.ErrorContains(t, err, "NotFound")
}

// RarestRanges pages through the flow and names the load that is missing most.
func TestRarestRangesComeFirst(t *testing.T) {
	f := newFixture(t, func(g *types.GenesisState) { g.Params.ClaimAlignLoads, g.Params.MiningRangeLoads = 64, 128 })
	f.flow.lengthSectors = 300 * 64 * layout.SectorsPerLoad
	id := f.register(alice, bob, 1)
	_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{Owner: alice.String(), MinerId: id, StartLoad: 64, NumShard: 1})
	require.NoError(t, err)
	for shard := range uint32(3) { // shard 3 of 4 is nobody's
		id := f.register(alice, bob, 10+uint64(shard))
		_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{Owner: alice.String(), MinerId: id, StartLoad: 0, NumShard: 4, ShardId: shard})
		require.NoError(t, err)
	}
	first, err := f.queries.RarestRanges(f.ctx, &types.QueryRarestRangesRequest{Limit: 1000})
	require.NoError(t, err)
	require.Len(t, first.Ranges, 256)
	require.Equal(t, uint64(256*64), first.NextLoad)
	require.Equal(t, types.RarestRange{StartLoad: 0, EndLoad: 64, Replicas: 0, RarestShard: 3}, first.Ranges[0])
	last := first.Ranges[254:]
	require.Equal(t, []types.RarestRange{
		{StartLoad: 64, EndLoad: 128, Replicas: 1, RarestShard: 3}, {StartLoad: 128, EndLoad: 192, Replicas: 1, RarestShard: 3},
	}, last, "the two that one miner holds whole")
	second, err := f.queries.RarestRanges(f.ctx, &types.QueryRarestRangesRequest{FromLoad: first.NextLoad + 5, Limit: 2})
	require.NoError(t, err)
	require.Len(t, second.Ranges, 2)
	require.Zero(t, second.NextLoad)
}

// BenchmarkReplicas is one answer with ten thousand claims in the index.
func BenchmarkReplicas(b *testing.B) {
	f := newFixture(b, func(g *types.GenesisState) { g.Params.ClaimAlignLoads, g.Params.MiningRangeLoads = 64, 300 })
	f.flow.lengthSectors = 20_000 * layout.SectorsPerLoad
	rng := rand.New(rand.NewPCG(1, 1))
	for seed := range uint64(10_000) {
		f.claimAt(rng, seed)
	}
	for b.Loop() {
		if _, err := f.keeper.ReplicasOf(f.ctx, 0, rng.Uint64N(f.flow.lengthSectors)); err != nil {
			b.Fatal(err)
		}
	}
}
