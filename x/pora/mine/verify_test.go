package mine_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// nonceCount makes the comparison below longer:
// go test ./x/pora/mine -run Agrees -timeout 2h -args -nonces 1000000
var nonceCount = flag.Uint64("nonces", 200, "nonces on which miner and judge are compared")

// mission R03: the chain's judge and the miner agree. The mission asks for 10^6
// nonces; at 2 ms each that is half an hour, so the default is a sample.
func TestVerifierAgreesWithMiner(t *testing.T) {
	w, it := newWorld(t, 4), new(mine.Iteration)
	proofs := map[uint64][]mine.Hash{} // by sector: there are only 256 pieces
	for nonce := range *nonceCount {
		s, output := w.mineNonce(t, it, nonce)
		if proofs[s.RecallSector] == nil {
			w.prove(t, &s)
			proofs[s.RecallSector] = s.Proof
		}
		s.Proof = proofs[s.RecallSector]
		work := w.work
		work.Target = output
		got, err := mine.Verify(&s, &work, w.context, w.seal)
		require.NoError(t, err, "nonce %d", nonce)
		require.Equal(t, output, got)
		if nonce%8 != 0 {
			continue
		}
		work.Target = lessOne(output)
		_, err = mine.Verify(&s, &work, w.context, w.seal)
		require.ErrorIs(t, err, mine.ErrQuality, "a target one below the output")
	}
}

// Sector 0 of a flow is a dummy whose leaf is 32 zero bytes, not a hash.
func TestFirstPieceOfTheFlowCanBeProven(t *testing.T) {
	w := newWorld(t, 1)
	for nonce := range uint64(2000) {
		s, _ := w.mineNonce(t, new(mine.Iteration), nonce)
		if s.RecallSector != 0 {
			continue
		}
		w.prove(t, &s)
		_, err := mine.Verify(&s, &w.work, w.context, w.seal)
		require.NoError(t, err)
		bad := *s.SealedPiece
		bad[layout.SectorSize] ^= 1 // first byte of sector 1
		s.SealedPiece = &bad
		_, err = mine.Verify(&s, &w.work, w.context, w.seal)
		require.ErrorIs(t, err, mine.ErrMerkle)
		return
	}
	t.Fatal("no nonce of 2000 had its best output in piece 0")
}

func TestVerifyRejectsOneBitAway(t *testing.T) {
	w := newWorld(t, 8)
	good := w.solve(t, 4)
	_, err := mine.Verify(&good, &w.work, w.context, w.seal)
	require.NoError(t, err)
	cases := []struct {
		name   string
		change func(s *mine.Solution, work *mine.Work, c *mine.Context, seal *mine.SealContext)
		want   error
	}{
		{"another miner's id in the solution", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.MinerID = flipped(s.MinerID, 3)
		}, mine.ErrMiner},
		{"sealed by another miner", func(s *mine.Solution, work *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.MinerID = flipped(s.MinerID, 3)
			work.MinerID = s.MinerID
		}, mine.ErrMerkle},
		{"stale context digest", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.ContextDigest = flipped(s.ContextDigest, 0)
		}, mine.ErrContext},
		{"another context digest everywhere", func(s *mine.Solution, work *mine.Work, c *mine.Context, _ *mine.SealContext) {
			s.ContextDigest = flipped(s.ContextDigest, 0)
			work.ContextDigest, c.Digest = s.ContextDigest, s.ContextDigest
		}, mine.ErrRecall},
		{"another nonce", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.Nonce = flipped(s.Nonce, 200)
		}, mine.ErrRecall},
		{"another length of the range", func(_ *mine.Solution, work *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			work.Range.LengthLoads--
		}, mine.ErrRecall},
		{"recall sector off by one sector", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) { s.RecallSector++ }, mine.ErrRecallSector},
		{"recall sector off by one piece", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) { s.RecallSector ^= 16 }, mine.ErrMerkle},
		{"recall sector off by one load", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) { s.RecallSector ^= 1024 }, mine.ErrMerkle},
		{"recall sector in the unfinished load", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) { s.RecallSector = 8 * 1024 }, mine.ErrRecallSector},
		{"recall sector at the end of numbers", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.RecallSector = ^uint64(0) - 15
		}, mine.ErrRecallSector},
		{"a load of another shard", func(s *mine.Solution, work *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			work.Range.NumShard, work.Range.ShardID = 2, 1-s.RecallSector/1024%2
		}, mine.ErrRecallSector},
		{"seal context digest of another epoch", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.SealContextDigest = flipped(s.SealContextDigest, 9)
		}, mine.ErrSealContext},
		{"sealed with another epoch's context", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, seal *mine.SealContext) {
			s.SealContextDigest = flipped(s.SealContextDigest, 9)
			seal.Digest = s.SealContextDigest
		}, mine.ErrMerkle},
		{"seal epoch ends one sector before the piece does", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, seal *mine.SealContext) {
			seal.LengthSectors = s.RecallSector + 15
		}, mine.ErrSealContext},
		{"seal epoch starts where the piece ends", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, seal *mine.SealContext) {
			seal.PreviousLengthSectors = s.RecallSector + 16
		}, mine.ErrSealContext},
		{"one sibling too few", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.Proof = s.Proof[1:]
		}, mine.ErrProofLength},
		{"one sibling too many", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.Proof = append([]mine.Hash{{}}, s.Proof...)
		}, mine.ErrProofLength},
		{"no piece", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) { s.SealedPiece = nil }, mine.ErrProofLength},
		{"one bit of a sibling", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			s.Proof = append([]mine.Hash(nil), s.Proof...)
			s.Proof[4] = flipped(s.Proof[4], 77)
		}, mine.ErrMerkle},
		{"one bit of the piece", func(s *mine.Solution, _ *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			piece := *s.SealedPiece
			piece[4095] ^= 1
			s.SealedPiece = &piece
		}, mine.ErrMerkle},
		{"another flow root", func(_ *mine.Solution, _ *mine.Work, c *mine.Context, _ *mine.SealContext) {
			c.FlowRoot = flipped(c.FlowRoot, 100)
		}, mine.ErrMerkle},
		{"target one below the output", func(s *mine.Solution, work *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			output, err := mine.CheckOutput(s, work)
			require.NoError(t, err)
			work.Target = lessOne(output)
		}, mine.ErrQuality},
		{"a range without a load", func(_ *mine.Solution, work *mine.Work, _ *mine.Context, _ *mine.SealContext) {
			work.Range = mine.Range{}
		}, mine.ErrRecallSector},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s, work, context, seal := good, w.work, w.context, w.seal
			c.change(&s, &work, &context, &seal)
			_, err := mine.Verify(&s, &work, context, seal)
			require.ErrorIs(t, err, c.want)
		})
	}
}

// The edges of a seal epoch: it may begin inside the piece, and end with it.
func TestSealContextOfTheLastSectorCounts(t *testing.T) {
	w := newWorld(t, 2)
	s := w.solve(t, 1)
	seal := w.seal
	seal.PreviousLengthSectors, seal.LengthSectors = s.RecallSector+15, s.RecallSector+16
	_, err := mine.Verify(&s, &w.work, w.context, seal)
	require.NoError(t, err)
}

// mission R06: what goes on chain stays below 10 KiB even for the largest flow.
func TestSolutionSizeIsBounded(t *testing.T) {
	siblings := mine.ProofLength(layout.MaxLengthSectors - 1)
	require.Equal(t, 52, siblings)
	require.Less(t, layout.SealSize+siblings*32+5*32+8, 10<<10)
	require.Equal(t, 0, mine.ProofLength(16))
	require.Equal(t, 1, mine.ProofLength(17))
	require.Equal(t, 6, mine.ProofLength(1024))
	require.Equal(t, 7, mine.ProofLength(1025))
}

func TestVerifyDoesNotAllocate(t *testing.T) {
	w := newWorld(t, 2)
	s := w.solve(t, 1)
	for name, scalar := range map[string]bool{"four lanes": false, "one lane": true} {
		t.Run(name, func(t *testing.T) {
			keccak.ForceScalar(scalar)
			defer keccak.ForceScalar(false)
			require.Zero(t, testing.AllocsPerRun(5, func() {
				if _, err := mine.Verify(&s, &w.work, w.context, w.seal); err != nil {
					t.Fatal(err)
				}
			}))
		})
	}
}

// FuzzVerify: never a panic, and nothing but the one known solution is accepted.
func FuzzVerify(f *testing.F) {
	w := newWorld(f, 2)
	good := w.solve(f, 1)
	f.Add(good.Nonce[:], good.RecallSector, good.SealContextDigest[:], good.SealedPiece[:], join2(good.Proof), uint64(0), uint64(2), uint64(1), uint64(0))
	f.Add([]byte{1}, ^uint64(0), []byte{}, []byte{}, []byte{}, uint64(1)<<63, uint64(0), uint64(0), uint64(7))
	f.Fuzz(func(t *testing.T, nonce []byte, sector uint64, seal, piece, proof []byte, start, length, shards, shard uint64) {
		s := mine.Solution{MinerID: w.work.MinerID, ContextDigest: w.context.Digest, RecallSector: sector, SealedPiece: new(mine.Piece)}
		copy(s.Nonce[:], nonce)
		copy(s.SealContextDigest[:], seal)
		copy(s.SealedPiece[:], piece)
		for ; len(proof) >= 32; proof = proof[32:] {
			s.Proof = append(s.Proof, mine.Hash(proof))
		}
		work := w.work
		work.Range = mine.Range{Claim: mine.Claim{StartLoad: start, NumShard: shards, ShardID: shard}, LengthLoads: length}
		if _, err := mine.Verify(&s, &work, w.context, w.seal); err != nil {
			return
		}
		// Accepted: then it is real data at its place, in the load the nonce names.
		var plain mine.Piece
		mine.Unseal(&plain, s.SealedPiece, mine.SealSeed(s.MinerID, s.SealContextDigest, sector))
		skip := 0
		if sector == 0 {
			skip = layout.SectorSize
		}
		at := int(sector) * layout.SectorSize
		require.Equal(t, w.plain[at+skip:at+layout.SealSize], plain[skip:])
		load, err := new(mine.Iteration).Start(&work, s.Nonce)
		require.NoError(t, err)
		require.Equal(t, sector/layout.SectorsPerLoad, load)
	})
}

func join2(proof []mine.Hash) (all []byte) {
	for _, h := range proof {
		all = append(all, h[:]...)
	}
	return all
}

func lessOne(h mine.Hash) mine.Hash {
	for i := len(h) - 1; i >= 0; i-- {
		h[i]--
		if h[i] != 0xff {
			break
		}
	}
	return h
}
