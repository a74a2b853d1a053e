package mine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// world is a small flow in memory, sealed by one miner. All of it was added in
// one epoch, so there is one seal context.
type world struct {
	plain   []byte
	leaves  []mine.Hash
	sealed  []mine.Load
	work    mine.Work
	context mine.Context
	seal    mine.SealContext
}

// newWorld has loads full loads and half a one, which nobody can mine yet.
func newWorld(t testing.TB, loads uint64) *world {
	rng := seeded(t, 9)
	sectors := loads*layout.SectorsPerLoad + layout.SectorsPerLoad/2
	w := &world{plain: make([]byte, sectors*layout.SectorSize), leaves: make([]mine.Hash, sectors)}
	rng.Read(w.plain)
	copy(w.plain, make([]byte, layout.SectorSize)) // the dummy
	merkle.FlowLeaves(w.plain, 0, w.leaves)
	_, root, err := merkle.ProveFlow(sectors, 0, 0, w.node)
	require.NoError(t, err)

	w.context = mine.Context{Digest: randomHash(rng), FlowRoot: root, LengthSectors: sectors}
	w.seal = mine.SealContext{Digest: randomHash(rng), PreviousLengthSectors: 1, LengthSectors: sectors}
	effective, err := mine.EffectiveRange(mine.Claim{NumShard: 1}, loads, 1<<25)
	require.NoError(t, err)
	w.work = mine.Work{MinerID: randomHash(rng), ContextDigest: w.context.Digest, Range: effective, Target: flipped(mine.Hash{}, 0)}
	for i := range w.work.Target {
		w.work.Target[i] = 0xff
	}
	w.sealAll()
	return w
}

func (w *world) sealAll() {
	var contexts [layout.SealsPerLoad]mine.Hash
	for k := range contexts {
		contexts[k] = w.seal.Digest
	}
	w.sealed = make([]mine.Load, w.context.LengthSectors/layout.SectorsPerLoad)
	for i := range w.sealed {
		seeds := mine.SealSeeds(w.work.MinerID, &contexts, uint64(i))
		mine.SealLoad(&w.sealed[i], (*mine.Load)(w.plain[i*layout.LoadSize:]), &seeds)
	}
}

// node serves the leaves only; ProveFlow puts the rest together.
func (w *world) node(height uint8, index uint64) (mine.Hash, bool, error) {
	if height != 0 {
		return mine.Hash{}, false, nil
	}
	return w.leaves[index], true, nil
}

// mineNonce is the miner's side for one nonce: its best piece and output.
func (w *world) mineNonce(t testing.TB, it *mine.Iteration, nonce uint64) (mine.Solution, mine.Hash) {
	load, err := it.Start(&w.work, nonceOf(nonce))
	require.NoError(t, err)
	piece, output := it.Check(&w.sealed[load])
	sealed := mine.Piece(w.sealed[load][piece*layout.SealSize:])
	return mine.Solution{
		MinerID: w.work.MinerID, ContextDigest: w.context.Digest, Nonce: nonceOf(nonce),
		RecallSector: mine.PieceSector(load, piece), SealContextDigest: w.seal.Digest, SealedPiece: &sealed,
	}, output
}

func (w *world) prove(t testing.TB, s *mine.Solution) {
	siblings, _, err := merkle.ProveFlow(w.context.LengthSectors, 4, s.RecallSector/layout.SectorsPerSeal, w.node)
	require.NoError(t, err)
	s.Proof = siblings
}

func (w *world) solve(t testing.TB, nonce uint64) mine.Solution {
	s, _ := w.mineNonce(t, new(mine.Iteration), nonce)
	w.prove(t, &s)
	return s
}
