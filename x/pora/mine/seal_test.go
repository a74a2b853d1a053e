package mine_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// mission R04
func TestPaper_5_2_2_UnsealInvertsSeal(t *testing.T) {
	rng := seeded(t, 1)
	for range 50 {
		plain, seed := randomPiece(rng), randomHash(rng)
		var sealed, back mine.Piece
		mine.Seal(&sealed, &plain, seed)
		mine.Unseal(&back, &sealed, seed)
		require.Equal(t, plain, back)
		inPlace := plain
		mine.Seal(&inPlace, &inPlace, seed)
		require.Equal(t, sealed, inPlace, "sealing in place gives the same bytes")
		mine.Unseal(&inPlace, &inPlace, seed)
		require.Equal(t, plain, inPlace)
	}
}

func TestOneBitOfTheSeedSpoilsEveryWord(t *testing.T) {
	rng := seeded(t, 2)
	plain, seed := randomPiece(rng), randomHash(rng)
	var sealed, other mine.Piece
	mine.Seal(&sealed, &plain, seed)
	seed[31] ^= 1
	mine.Seal(&other, &plain, seed)
	requireAllWordsDiffer(t, sealed[:], other[:])
}

// mission R04: two miners' sealed data differ in every 32-byte word, also on
// zeros, and so do two places, two seal contexts.
func TestSealedDataIsOnesOwn(t *testing.T) {
	rng := seeded(t, 3)
	miner, context := randomHash(rng), randomHash(rng)
	var zero, own, other mine.Piece
	mine.Seal(&own, &zero, mine.SealSeed(miner, context, 1024))
	for name, seed := range map[string]mine.Hash{
		"another miner's":      mine.SealSeed(flipped(miner, 0), context, 1024),
		"another epoch's":      mine.SealSeed(miner, flipped(context, 255), 1024),
		"the next piece's":     mine.SealSeed(miner, context, 1024+16),
		"a place 2^40 further": mine.SealSeed(miner, context, 1024+1<<40),
	} {
		t.Run(name, func(t *testing.T) {
			mine.Seal(&other, &zero, seed)
			requireAllWordsDiffer(t, own[:], other[:])
		})
	}
}

func TestSealLoadEqualsSealingPieceByPiece(t *testing.T) {
	for _, scalar := range []bool{false, true} {
		t.Run(fmt.Sprintf("scalar=%t", scalar), func(t *testing.T) {
			keccak.ForceScalar(scalar)
			defer keccak.ForceScalar(false)
			rng := seeded(t, 4)
			plain, miner, contexts := randomLoad(rng), randomHash(rng), [layout.SealsPerLoad]mine.Hash{}
			for k := range contexts {
				contexts[k] = randomHash(rng)
			}
			seeds := mine.SealSeeds(miner, &contexts, 77)
			var sealed, back mine.Load
			mine.SealLoad(&sealed, plain, &seeds)
			for k := range contexts {
				seed := mine.SealSeed(miner, contexts[k], mine.PieceSector(77, k))
				require.Equal(t, seed, seeds[k])
				var want mine.Piece
				mine.Seal(&want, (*mine.Piece)(plain[k*layout.SealSize:]), seed)
				require.Equal(t, want[:], sealed[k*layout.SealSize:(k+1)*layout.SealSize], "piece %d", k)
			}
			mine.UnsealLoad(&back, &sealed, &seeds)
			require.Equal(t, *plain, back)
		})
	}
}

func TestSealingDoesNotAllocate(t *testing.T) {
	plain, sealed, seeds := new(mine.Load), new(mine.Load), [layout.SealsPerLoad]mine.Hash{}
	require.Zero(t, testing.AllocsPerRun(3, func() { mine.SealLoad(sealed, plain, &seeds) }))
	require.Zero(t, testing.AllocsPerRun(3, func() { mine.UnsealLoad(plain, sealed, &seeds) }))
}

func requireAllWordsDiffer(t *testing.T, a, b []byte) {
	t.Helper()
	for i := 0; i < len(a); i += 32 {
		require.NotEqual(t, a[i:i+32], b[i:i+32], "word %d", i/32)
	}
}

// seeded returns a generator whose seed the test prints.
func seeded(t testing.TB, seed byte) *rand.ChaCha8 {
	t.Logf("seed %d", seed)
	return rand.NewChaCha8([32]byte{seed})
}

func randomHash(rng *rand.ChaCha8) (h mine.Hash) { rng.Read(h[:]); return h }

func randomPiece(rng *rand.ChaCha8) (p mine.Piece) { rng.Read(p[:]); return p }

func randomLoad(rng *rand.ChaCha8) *mine.Load {
	load := new(mine.Load)
	rng.Read(load[:])
	return load
}

// flipped returns h with one bit turned.
func flipped(h mine.Hash, bit int) mine.Hash { h[bit/8] ^= 1 << (bit % 8); return h }

func nonceOf(i uint64) (h mine.Hash) { binary.BigEndian.PutUint64(h[24:], i); return h }
