package merkle

import (
	"fmt"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// maxBlockHeight is that of a segment, the largest block that is proven from
// its bytes.
const maxBlockHeight = 10

// VerifyBlock checks that blockRoot is number index of the blocks of 2^height
// sectors in the file with this root and size. The file's two levels are one
// left-complete tree over its padded sectors, so a block is a node of it; the
// last one may be shorter (SegmentRoot of what there is). Blocks of padding only
// have no valid index, and right siblings in the padding must be zero, as in
// VerifySegment. siblings are bottom up, as many as the position demands.
//
// The shape follows from sizeBytes, so a position is only as good as the size:
// take both from who is trusted with the file.
func VerifyBlock(root Hash, sizeBytes uint64, height uint8, index uint64, blockRoot Hash, siblings []Hash) error {
	if height > maxHeight {
		return fmt.Errorf("%w: block of height %d, want at most %d", ErrIndex, height, maxHeight)
	}
	unit := uint64(1) << height
	padded := layout.PaddedSectors(sizeBytes)
	dataBlocks := units(layout.DataSectors(sizeBytes), height)
	if index >= dataBlocks {
		return fmt.Errorf("%w: block %d, a file of %d bytes has %d of %d sectors", ErrIndex, index, sizeBytes, dataBlocks, unit)
	}
	steps := proofSteps(index, units(padded, height))
	if len(siblings) != len(steps) {
		return fmt.Errorf("%w: %d siblings, want %d", ErrProof, len(siblings), len(steps))
	}
	node := blockRoot
	for i, step := range steps {
		if step.left {
			node = keccak.Pair(node, siblings[i])
		} else {
			node = keccak.Pair(siblings[i], node)
		}
	}
	if node != root {
		return fmt.Errorf("%w: folds to %x, the root is %x", ErrProof, node, root)
	}
	return checkPadding(steps, siblings, unit, dataBlocks, padded)
}

// ProveBlock returns the siblings for VerifyBlock of a block that lies in one
// segment (height 10 at most), of which segment holds the bytes.
func (f *File) ProveBlock(height uint8, index uint64, segment []byte) ([]Hash, error) {
	if height > maxBlockHeight {
		return nil, fmt.Errorf("%w: block of height %d, want at most %d", ErrIndex, height, maxBlockHeight)
	}
	if blocks := units(layout.DataSectors(f.sizeBytes), height); index >= blocks {
		return nil, fmt.Errorf("%w: block %d, a file of %d bytes has %d", ErrIndex, index, f.sizeBytes, blocks)
	}
	first := index << height
	number := first / layout.SectorsPerLoad
	leaves := make([]Hash, SegmentSectors(f.sizeBytes, number))
	if got, want := layout.DataSectors(uint64(len(segment)))*layout.SectorSize, segmentDataBytes(f.sizeBytes, number); got != want {
		return nil, fmt.Errorf("%w: segment %d has %d bytes, want %d", ErrDataLength, number, len(segment), want)
	}
	HashLeaves(segment, leaves)
	for i := layout.DataSectors(uint64(len(segment))); i < uint64(len(leaves)); i++ {
		leaves[i] = zeroRoots[0]
	}
	var siblings []Hash
	for level, at, nodes := uint8(0), first%layout.SectorsPerLoad, leaves; len(nodes) > 1; level, at = level+1, at>>1 {
		if sibling := at ^ 1; level >= height && sibling < uint64(len(nodes)) { // else promoted
			siblings = append(siblings, nodes[sibling])
		}
		nodes = nodes[:halve(nodes, nodes)]
	}
	if lemma := f.Proof(number).Lemma; len(lemma) > 1 {
		siblings = append(siblings, lemma[1:len(lemma)-1]...)
	}
	return siblings, nil
}

// units returns how many blocks of 2^height sectors hold so many sectors.
func units(sectors uint64, height uint8) uint64 {
	n := sectors >> height
	if sectors&(uint64(1)<<height-1) != 0 {
		n++
	}
	return n
}
