package mine

import (
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

var (
	// ErrMiner: the solution names another miner than the work.
	ErrMiner = errors.New("solution of another miner")
	// ErrContext: the solution was mined in another context.
	ErrContext = errors.New("solution of another context")
	// ErrRecallSector: the piece is not one the range and the context hold.
	ErrRecallSector = errors.New("recalled sector is not minable")
	// ErrSealContext: the seal context's epoch did not add the piece.
	ErrSealContext = errors.New("wrong seal context")
	// ErrProofLength: the Merkle path has not exactly the tree's height.
	ErrProofLength = errors.New("wrong merkle proof length")
	// ErrMerkle: the unsealed piece is not in the flow at that place.
	ErrMerkle = errors.New("piece is not in the flow")
	// ErrRecall: the nonce recalls another load.
	ErrRecall = errors.New("nonce recalls another load")
	// ErrQuality: the output exceeds the target.
	ErrQuality = errors.New("output exceeds the target")
)

// Solution is what a miner brings.
type Solution struct {
	MinerID           Hash
	ContextDigest     Hash
	Nonce             Hash
	RecallSector      uint64 // first sector of the piece
	SealContextDigest Hash
	SealedPiece       *Piece
	Proof             []Hash // siblings from the piece to the flow root, bottom up
}

// Context is the flow as the chain snapshot it for a mining epoch.
type Context struct {
	Digest        Hash
	FlowRoot      Hash
	LengthSectors uint64
}

// SealContext is the context whose epoch added sectors
// [PreviousLengthSectors, LengthSectors).
type SealContext struct {
	Digest                Hash
	PreviousLengthSectors uint64
	LengthSectors         uint64
}

// Verify is the judge. It returns the output of a valid solution, which the
// caller keeps to refuse a replay, or the first reason against it, cheapest
// check first: comparisons; unseal and Merkle path (about 0.1 ms); scratchpad and
// output (about 0.7 ms). It allocates nothing on accept.
//
// The caller has derived work.Range with EffectiveRange and work.Target with
// ShardTarget from the same context, and read seal from the chain.
func Verify(s *Solution, work *Work, context Context, seal SealContext) (Hash, error) {
	if err := checkHeader(s, work, context, seal); err != nil {
		return Hash{}, err
	}
	if err := checkMerkle(s, context); err != nil {
		return Hash{}, err
	}
	return CheckOutput(s, work)
}

// checkHeader makes every check that needs no hash.
func checkHeader(s *Solution, work *Work, context Context, seal SealContext) error {
	if s.MinerID != work.MinerID {
		return fmt.Errorf("%w: got %x, want %x", ErrMiner, s.MinerID, work.MinerID)
	}
	if s.ContextDigest != context.Digest || work.ContextDigest != context.Digest {
		return fmt.Errorf("%w: got %x, want %x", ErrContext, s.ContextDigest, context.Digest)
	}
	load := s.RecallSector / layout.SectorsPerLoad
	if s.RecallSector%layout.SectorsPerSeal != 0 || !work.Range.Contains(load) || load >= context.LengthSectors/layout.SectorsPerLoad {
		return fmt.Errorf("%w: sector %d in loads [%d, +%d) shard %d of %d, a multiple of %d wanted", ErrRecallSector,
			s.RecallSector, work.Range.StartLoad, work.Range.LengthLoads, work.Range.ShardID, work.Range.NumShard, layout.SectorsPerSeal)
	}
	end := s.RecallSector + layout.SectorsPerSeal
	if s.SealContextDigest != seal.Digest || end <= seal.PreviousLengthSectors || end > seal.LengthSectors {
		return fmt.Errorf("%w: %x added sectors [%d, %d), the piece ends at %d", ErrSealContext,
			seal.Digest, seal.PreviousLengthSectors, seal.LengthSectors, end)
	}
	if want := ProofLength(context.LengthSectors); len(s.Proof) != want || s.SealedPiece == nil {
		return fmt.Errorf("%w: got %d siblings, want %d", ErrProofLength, len(s.Proof), want)
	}
	return nil
}

// ProofLength returns the siblings from a 4 KiB piece to the root of a flow: the
// tree's height less 4.
func ProofLength(flowLengthSectors uint64) int {
	const pieceHeight = 4 // log2 of SectorsPerSeal
	return int(merkle.Frontier{LengthSectors: flowLengthSectors}.Levels()) - 1 - pieceHeight
}

// checkMerkle unseals the piece and climbs to the flow root.
func checkMerkle(s *Solution, context Context) error {
	var plain Piece
	Unseal(&plain, s.SealedPiece, SealSeed(s.MinerID, s.SealContextDigest, s.RecallSector))
	root := merkle.PieceRoot(&plain, s.RecallSector)
	if err := merkle.VerifyPiece(context.FlowRoot, context.LengthSectors, s.RecallSector, root, s.Proof); err != nil {
		return fmt.Errorf("%w: %w", ErrMerkle, err)
	}
	return nil
}

// CheckOutput is the last part of Verify alone: the nonce recalls the load of the
// piece, and the output meets the target. A miner calls it on a sealed piece
// before it asks for the Merkle path.
func CheckOutput(s *Solution, work *Work) (Hash, error) {
	var input hashInput
	var pad Piece
	writeTuple(input.tuple(), work, &s.Nonce)
	k := int(s.RecallSector % layout.SectorsPerLoad / layout.SectorsPerSeal)
	last := padSlice(input.tuple(), k, &pad)
	load, err := recallLoad(&last, work.Range)
	if err != nil {
		return Hash{}, err
	}
	if got := s.RecallSector / layout.SectorsPerLoad; got != load {
		return Hash{}, fmt.Errorf("%w: got load %d, want %d", ErrRecall, got, load)
	}
	output := input.quality(s.SealedPiece, &pad)
	if !Meets(output, work.Target) {
		return Hash{}, fmt.Errorf("%w: got %x, want at most %x", ErrQuality, output, work.Target)
	}
	return output, nil
}
