package merkle

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

var (
	// ErrProof: the proof does not show what it claims.
	ErrProof = errors.New("invalid merkle proof")
	// ErrDataLength: segment data is not as long as the file demands.
	ErrDataLength = errors.New("invalid data length")
	// ErrIndex: the position lies outside the tree.
	ErrIndex = errors.New("index out of range")
)

// Proof is an inclusion proof in a file tree, as the JSON-RPC carries it
// (protocol-storage.md 2.2). It has exactly one spelling per leaf and tree.
//
//	Lemma   [leaf, sibling at the bottom, ..., sibling at the top, root]; [root] for one leaf
//	Path    per level bottom up: true if the node is a LEFT child; promoted levels do not appear
type Proof struct {
	Lemma []Hash
	Path  []bool
}

// proofStep is one level of a proof, bottom up. The sibling covers leaves
// [siblingStart, siblingEnd).
type proofStep struct {
	left                     bool
	siblingStart, siblingEnd uint64
}

// proofSteps returns the levels of the proof for leaf index of leafCount, bottom
// up: at most 64, the left subtree always the largest power of two below n.
// Call only with index < leafCount.
func proofSteps(index, leafCount uint64) []proofStep {
	var steps [64]proofStep
	at := len(steps)
	for start, end := uint64(0), leafCount; end-start > 1; {
		middle := start + uint64(1)<<(bits.Len64(end-start-1)-1)
		at--
		if index < middle {
			steps[at] = proofStep{left: true, siblingStart: middle, siblingEnd: end}
			end = middle
		} else {
			steps[at] = proofStep{left: false, siblingStart: start, siblingEnd: middle}
			start = middle
		}
	}
	return append([]proofStep(nil), steps[at:]...)
}

// VerifyProof checks that leaf is number index of leafCount under root.
// Sizes are compared before anything is hashed; position is bound: a proof for
// another index of the same tree fails even if its hashes fold to the root.
func VerifyProof(root, leaf Hash, index, leafCount uint64, p Proof) error {
	if index >= leafCount {
		return fmt.Errorf("%w: leaf %d of %d", ErrIndex, index, leafCount)
	}
	return verifySteps(root, leaf, proofSteps(index, leafCount), p)
}

// verifySteps checks p against the shape its position demands.
func verifySteps(root, leaf Hash, steps []proofStep, p Proof) error {
	wantLemma := len(steps) + 2
	if len(steps) == 0 {
		wantLemma = 1
	}
	if len(p.Path) != len(steps) || len(p.Lemma) != wantLemma {
		return fmt.Errorf("%w: path has %d steps and lemma %d hashes, want %d and %d", ErrProof, len(p.Path), len(p.Lemma), len(steps), wantLemma)
	}
	for i, step := range steps {
		if p.Path[i] != step.left {
			return fmt.Errorf("%w: path step %d says left=%t, the position wants %t", ErrProof, i, p.Path[i], step.left)
		}
	}
	if p.Lemma[0] != leaf {
		return fmt.Errorf("%w: lemma starts with %x, the leaf is %x", ErrProof, p.Lemma[0], leaf)
	}
	if top := p.Lemma[wantLemma-1]; top != root {
		return fmt.Errorf("%w: lemma ends with %x, the root is %x", ErrProof, top, root)
	}
	node := leaf
	for i, step := range steps {
		if sibling := p.Lemma[i+1]; step.left {
			node = keccak.Pair(node, sibling)
		} else {
			node = keccak.Pair(sibling, node)
		}
	}
	if node != root {
		return fmt.Errorf("%w: folds to %x, the root is %x", ErrProof, node, root)
	}
	return nil
}

// segmentDataBytes returns the length of a segment's uploaded bytes: the file's
// sectors in it, the last one filled up to 256 B. 0 past the file's data.
func segmentDataBytes(sizeBytes, segmentIndex uint64) uint64 {
	sectors := layout.DataSectors(sizeBytes)
	if segmentIndex >= layout.Segments(sectors) {
		return 0
	}
	return min(layout.SectorsPerLoad, sectors-segmentIndex*layout.SectorsPerLoad) * layout.SectorSize
}

// VerifySegment checks that data is segment segmentIndex of the file with this
// root and size. Segments that are padding only are never uploaded and have no
// valid index. A right sibling that lies wholly in the padding must be the zero
// root of its range, so that no one can commit to padding that is not zero.
// Source: protocol-storage.md 2.2.
//
//	data   the segment's bytes, zero-padded to the next 256 B and no further
func VerifySegment(root Hash, sizeBytes, segmentIndex uint64, data []byte, p Proof) error {
	dataSegments := layout.Segments(layout.DataSectors(sizeBytes))
	if segmentIndex >= dataSegments {
		return fmt.Errorf("%w: segment %d, a file of %d bytes has %d", ErrIndex, segmentIndex, sizeBytes, dataSegments)
	}
	if want := segmentDataBytes(sizeBytes, segmentIndex); uint64(len(data)) != want {
		return fmt.Errorf("%w: segment %d of a file of %d bytes has %d bytes, want %d (whole sectors of 256 B)", ErrDataLength, segmentIndex, sizeBytes, len(data), want)
	}
	paddedSectors := layout.PaddedSectors(sizeBytes)
	steps := proofSteps(segmentIndex, layout.Segments(paddedSectors))
	if len(p.Path) != len(steps) { // before hashing the data; verifySteps says it all again
		return fmt.Errorf("%w: path has %d steps, want %d", ErrProof, len(p.Path), len(steps))
	}
	leaf := SegmentRoot(data, SegmentSectors(sizeBytes, segmentIndex))
	if err := verifySteps(root, leaf, steps, p); err != nil {
		return err
	}
	return checkPadding(steps, p.Lemma[1:], layout.SectorsPerLoad, dataSegments, paddedSectors)
}

// checkPadding wants zero roots where a right sibling lies wholly in the padding.
//
//	siblings     one per step at least
//	unitSectors  sectors of a leaf of the steps; dataUnits of them hold data
func checkPadding(steps []proofStep, siblings []Hash, unitSectors, dataUnits, paddedSectors uint64) error {
	for i, step := range steps {
		if !step.left || step.siblingStart < dataUnits {
			continue
		}
		start := step.siblingStart * unitSectors
		end := min(step.siblingEnd*unitSectors, paddedSectors)
		if want := zeroRun(end - start); siblings[i] != want {
			return fmt.Errorf("%w: sibling %d covers only padding but is %x, want the zero root %x", ErrProof, i, siblings[i], want)
		}
	}
	return nil
}
