package miner

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// pieceHeight is log2(SectorsPerSeal).
const pieceHeight = 4

var (
	// ErrSealedCopy: our sealed piece does not verify; the load must be sealed again.
	ErrSealedCopy = errors.New("sealed copy is bad")
	// ErrPath: the storage node gave no path that leads to the flow root.
	ErrPath = errors.New("no valid merkle path")
)

// prover turns a candidate into an answer that the chain will accept: it runs
// the chain's own check before anything is sent.
type prover struct {
	source   Source
	store    Store
	contexts *contexts
}

// answer completes and verifies a candidate's proof.
func (p *prover) answer(ctx context.Context, c *Candidate) (chain.Answer, error) {
	seals, err := p.store.Seals(c.Load)
	if err != nil {
		return chain.Answer{}, fmt.Errorf("%w: load %d: %w", ErrSealedCopy, c.Load, err)
	}
	k := int(c.Sector % layout.SectorsPerLoad / layout.SectorsPerSeal)
	added, err := p.contexts.at(ctx, c.Sector+layout.SectorsPerSeal-1)
	if err != nil {
		return chain.Answer{}, err
	}
	if seals.Digests[k] != added.Digest || seals.MinerID != c.Job.Work.MinerID {
		return chain.Answer{}, fmt.Errorf("%w: piece %d of load %d was sealed for another miner or context", ErrSealedCopy, k, c.Load)
	}
	solution := &mine.Solution{
		MinerID: c.Job.Work.MinerID, ContextDigest: c.Job.Context.Digest, Nonce: c.Nonce,
		RecallSector: c.Sector, SealContextDigest: added.Digest, SealedPiece: &c.Piece,
	}
	if _, err := mine.CheckOutput(solution, &c.Job.Work); err != nil {
		return chain.Answer{}, fmt.Errorf("candidate does not meet its own target: %w", err)
	}
	if solution.Proof, err = p.path(ctx, c); err != nil {
		return chain.Answer{}, err
	}
	seal := mine.SealContext{Digest: added.Digest, PreviousLengthSectors: added.PreviousLengthSectors, LengthSectors: added.FlowLengthSectors}
	if _, err := mine.Verify(solution, &c.Job.Work, c.Job.Context, seal); err != nil {
		return chain.Answer{}, fmt.Errorf("proof does not verify: %w", err)
	}
	return chain.Answer{
		MinerID: solution.MinerID, FlowID: c.Job.FlowID, ContextDigest: solution.ContextDigest, Nonce: solution.Nonce,
		RecallSector: solution.RecallSector, SealContextDigest: solution.SealContextDigest,
		SealedPiece: solution.SealedPiece[:], Proof: solution.Proof,
	}, nil
}

// path gets the siblings from the piece to the context's flow root: from the
// node's sector proof, else from the whole load. It returns only a path that
// verifies; a path that does for the node's data but not for ours means that
// ours is bad.
func (p *prover) path(ctx context.Context, c *Candidate) ([]mine.Hash, error) {
	var plain mine.Piece
	seals, err := p.store.Seals(c.Load)
	if err != nil {
		return nil, fmt.Errorf("%w: load %d: %w", ErrSealedCopy, c.Load, err)
	}
	k := c.Sector % layout.SectorsPerLoad / layout.SectorsPerSeal
	mine.Unseal(&plain, &c.Piece, mine.SealSeed(seals.MinerID, seals.Digests[k], c.Sector))
	pieceRoot := merkle.PieceRoot(&plain, c.Sector)
	flow := c.Job.Context
	verify := func(siblings []mine.Hash) error {
		return merkle.VerifyPiece(flow.FlowRoot, flow.LengthSectors, c.Sector, pieceRoot, siblings)
	}
	root := nodeapi.Hash(flow.FlowRoot)
	proof, first := p.source.GetSectorProof(ctx, c.Sector, &root)
	if first == nil {
		siblings, err := abovePiece(proof)
		if err == nil {
			err = verify(siblings)
		}
		if err == nil {
			return siblings, nil
		}
		first = err
	}
	siblings, second := p.pathByLoad(ctx, c)
	if second != nil {
		return nil, fmt.Errorf("%w for sector %d: by sector: %w; by load: %w", ErrPath, c.Sector, first, second)
	}
	if err := verify(siblings); err != nil { // the path is right, so our piece is not
		return nil, fmt.Errorf("%w: load %d: %w", ErrSealedCopy, c.Load, err)
	}
	return siblings, nil
}

// abovePiece cuts a sector's path to what the chain wants: the siblings from the
// 16-sector piece up. Lemma is the leaf, the siblings bottom up, and the root.
func abovePiece(proof *nodeapi.FlowProof) ([]mine.Hash, error) {
	if proof == nil || len(proof.Lemma) < 2+pieceHeight {
		return nil, fmt.Errorf("storage node has no path of the sector")
	}
	return hashes(proof.Lemma[1+pieceHeight : len(proof.Lemma)-1]), nil
}

// pathByLoad downloads the load with its path, and puts the piece's own path
// inside the load before it.
func (p *prover) pathByLoad(ctx context.Context, c *Candidate) ([]mine.Hash, error) {
	flow := chain.MiningContext{FlowRoot: c.Job.Context.FlowRoot, FlowLengthSectors: c.Job.Context.LengthSectors}
	data, proof, err := p.source.FetchLoad(ctx, c.Load, nodeapi.Hash(flow.FlowRoot), nil)
	if err != nil {
		return nil, err
	}
	if len(data) != layout.LoadSize {
		return nil, fmt.Errorf("%w: %d bytes", ErrWrongData, len(data))
	}
	above := hashes(proof.Siblings)
	leaves := make([]merkle.Hash, layout.SectorsPerLoad)
	merkle.FlowLeaves(data, c.Load*layout.SectorsPerLoad, leaves)
	if err := merkle.VerifyFlow(flow.FlowRoot, flow.FlowLengthSectors, loadHeight, c.Load, merkle.Root(leaves), above); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrWrongData, err)
	}
	var siblings []mine.Hash
	index := c.Sector % layout.SectorsPerLoad
	for height := pieceHeight; height < loadHeight; height++ {
		at := (index>>height ^ 1) << height
		siblings = append(siblings, merkle.Root(leaves[at:at+1<<height]))
	}
	return append(siblings, above...), nil
}
