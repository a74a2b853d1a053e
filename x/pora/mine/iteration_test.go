package mine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Four lanes of BLAKE2b give what x/crypto gives one at a time: scratchpads,
// recalled loads, and the best of all 64 pieces, which moves if any output does.
func TestFourLanesEqualOne(t *testing.T) {
	rng := seeded(t, 6)
	work := mine.Work{
		MinerID: randomHash(rng), ContextDigest: randomHash(rng),
		Range: mine.Range{Claim: mine.Claim{StartLoad: 1 << 15, NumShard: 2, ShardID: 1}, LengthLoads: 1 << 45},
	}
	its, one := &[4]*mine.Iteration{{}, {}, {}, {}}, new(mine.Iteration)
	for range 10 {
		var nonces [4]mine.Hash
		for i := range nonces {
			nonces[i] = randomHash(rng)
		}
		data := randomLoad(rng)
		require.NoError(t, mine.Start4(its, &work, &nonces))
		for i, it := range its {
			piece, output := it.Check(data)
			keccak.ForceScalar(true)
			load, err := one.Start(&work, nonces[i])
			require.NoError(t, err)
			wantPiece, wantOutput := one.Check(data)
			keccak.ForceScalar(false)
			require.Equal(t, one.Scratchpad(), it.Scratchpad())
			require.Equal(t, load, it.Load())
			require.Equal(t, nonces[i], it.Nonce())
			require.Equal(t, wantPiece, piece)
			require.Equal(t, wantOutput, output)
		}
	}
}

func TestStart4WithoutLanes(t *testing.T) {
	keccak.ForceScalar(true)
	defer keccak.ForceScalar(false)
	its := &[4]*mine.Iteration{{}, {}, {}, {}}
	work := mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 9}}
	require.NoError(t, mine.Start4(its, &work, &[4]mine.Hash{{1}, {2}, {3}, {4}}))
	require.Equal(t, mine.Hash{3}, its[2].Nonce())
	work.Range.LengthLoads = 0
	require.ErrorIs(t, mine.Start4(its, &work, &[4]mine.Hash{}), mine.ErrFlowTooShort)
	keccak.ForceScalar(false)
	require.ErrorIs(t, mine.Start4(its, &work, &[4]mine.Hash{}), mine.ErrFlowTooShort)
}

func TestMiningDoesNotAllocate(t *testing.T) {
	its, data := &[4]*mine.Iteration{{}, {}, {}, {}}, new(mine.Load)
	work := mine.Work{Range: mine.Range{Claim: mine.Claim{NumShard: 1}, LengthLoads: 9}}
	require.Zero(t, testing.AllocsPerRun(3, func() {
		if mine.Start4(its, &work, &[4]mine.Hash{{1}, {2}, {3}, {4}}) != nil {
			t.Fatal("no load")
		}
		its[0].Check(data)
	}))
}
