package mine_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

const rangeLoads = uint64(1) << 25 // 8 TiB

// mission R07: range = min(8 TiB per shard, all full loads), at its edges.
func TestEffectiveRange(t *testing.T) {
	claim := func(start, shards, id uint64) mine.Claim {
		return mine.Claim{StartLoad: start, NumShard: shards, ShardID: id}
	}
	cases := []struct {
		name       string
		claim      mine.Claim
		loads      uint64
		wantLength uint64
		wantN      uint64
		wantErr    error
	}{
		{"a small flow is mined whole", claim(0, 1, 0), 10, 10, 10, nil},
		{"one load is enough", claim(0, 1, 0), 1, 1, 1, nil},
		{"a flow shorter than one load", claim(0, 1, 0), 0, 0, 0, mine.ErrFlowTooShort},
		{"start past 0 in a small flow", claim(1<<15, 1, 0), 1<<15 + 10, 0, 0, mine.ErrRangeShort},
		{"start past the flow", claim(1<<15, 1, 0), 10, 0, 0, mine.ErrRangeShort},
		{"exactly 8 TiB", claim(0, 1, 0), rangeLoads, rangeLoads, rangeLoads, nil},
		{"cut to 8 TiB", claim(0, 1, 0), rangeLoads + 1, rangeLoads, rangeLoads, nil},
		{"one load short of 8 TiB", claim(1<<15, 1, 0), rangeLoads + 1<<15 - 1, 0, 0, mine.ErrRangeShort},
		{"8 TiB to the end of the flow", claim(1<<15, 1, 0), rangeLoads + 1<<15, rangeLoads, rangeLoads, nil},
		{"two shards reach twice as far", claim(0, 2, 1), 3 * rangeLoads, 2 * rangeLoads, rangeLoads, nil},
		{"two shards in 8 TiB and a bit", claim(0, 2, 0), rangeLoads + 1, rangeLoads + 1, rangeLoads/2 + 1, nil},
		{"the odd shard of an odd length", claim(0, 2, 1), 5, 5, 2, nil},
		{"the even shard of an odd length", claim(0, 2, 0), 5, 5, 3, nil},
		{"a shard the flow has not reached", claim(0, 8, 7), 7, 0, 0, mine.ErrFlowTooShort},
		{"a shard with its first load", claim(0, 8, 7), 8, 8, 1, nil},
		{"shards not a power of two", claim(0, 3, 0), 10, 0, 0, mine.ErrClaim},
		{"no shards", claim(0, 0, 0), 10, 0, 0, mine.ErrClaim},
		{"shard id too large", claim(0, 2, 2), 10, 0, 0, mine.ErrClaim},
		{"start not on the shard's grid", claim(1, 2, 0), 10, 0, 0, mine.ErrClaim},
		{"start past every flow", claim(1<<46, 1, 0), 10, 0, 0, mine.ErrClaim},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r, err := mine.EffectiveRange(c.claim, c.loads, rangeLoads)
			require.ErrorIs(t, err, c.wantErr)
			require.Equal(t, c.wantLength, r.LengthLoads)
			require.Equal(t, c.wantN, r.Loads())
		})
	}
	_, err := mine.EffectiveRange(claim(0, 1<<40, 0), 10, ^uint64(0))
	require.NoError(t, err, "a product past 2^64 saturates")
}

// The shards of a range share its loads out without rest, and every load that a
// nonce can recall is one of them.
func TestShardsPartitionTheRange(t *testing.T) {
	for length := uint64(1); length < 40; length++ {
		var total uint64
		owners := map[uint64]int{}
		for id := range uint64(8) {
			r := mine.Range{Claim: mine.Claim{StartLoad: 16, NumShard: 8, ShardID: id}, LengthLoads: length}
			total += r.Loads()
			for i := range r.Loads() {
				load := r.StartLoad + i*8 + id
				require.True(t, r.Contains(load))
				owners[load]++
			}
			require.False(t, r.Contains(r.StartLoad+r.Loads()*8+id), "one past the last")
		}
		require.Equal(t, length, total)
		require.Len(t, owners, int(length))
	}
}

// mission R03: whatever the nonce, the recalled load lies in the shard, and all
// of its loads are recalled about equally often.
func TestRecallStaysInTheShard(t *testing.T) {
	rng, it := seeded(t, 5), new(mine.Iteration)
	r := mine.Range{Claim: mine.Claim{StartLoad: 64, NumShard: 4, ShardID: 3}, LengthLoads: 43}
	work := mine.Work{MinerID: randomHash(rng), ContextDigest: randomHash(rng), Range: r}
	counts := map[uint64]int{}
	const tries = 2000
	for range tries {
		load, err := it.Start(&work, randomHash(rng))
		require.NoError(t, err)
		require.True(t, r.Contains(load), "load %d", load)
		counts[load]++
	}
	require.Len(t, counts, int(r.Loads()))
	for load, count := range counts {
		require.InDelta(t, tries/int(r.Loads()), count, 60, "load %d (4.5 standard deviations)", load)
	}
}

func TestShardTarget(t *testing.T) {
	target := flipped(mine.Hash{}, 10)
	whole := mine.Range{Claim: mine.Claim{NumShard: 1}}
	half := mine.Range{Claim: mine.Claim{NumShard: 2}}
	require.Equal(t, target, mine.ShardTarget(target, whole, 1<<20, rangeLoads), "one shard: as it is")

	got := mine.ShardTarget(target, half, 1<<20, rangeLoads)
	require.Equal(t, new(big.Int).Rsh(number(target), 1), number(got), "two shards: half")

	got = mine.ShardTarget(target, half, 1<<40, rangeLoads)
	require.Equal(t, target, got, "two shards of a flow that is longer than both ranges: as it is")

	for _, length := range []uint64{0, 1, 63, layout.SectorsPerLoad} {
		r := mine.Range{Claim: mine.Claim{NumShard: 64}}
		require.LessOrEqual(t, number(mine.ShardTarget(target, r, length, rangeLoads)).Cmp(number(target)), 0, "a flow of %d sectors divides by zero nowhere", length)
	}
	for i := range target {
		target[i] = 0xff
	}
	require.Equal(t, -1, number(mine.ShardTarget(target, half, 1<<20, 0)).Cmp(number(target)), "a range of nothing does not panic")
}

func TestMeetsIsUpToAndIncluding(t *testing.T) {
	target := flipped(mine.Hash{}, 10)
	require.True(t, mine.Meets(target, target))
	require.True(t, mine.Meets(lessOne(target), target))
	require.False(t, mine.Meets(flipped(target, 248), target), "one above")
}

func number(h mine.Hash) *big.Int { return new(big.Int).SetBytes(h[:]) }
