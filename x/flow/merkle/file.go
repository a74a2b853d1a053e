package merkle

import (
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// File is the tree of one file down to its segments, for whoever serves or
// uploads it. 64 bytes per segment of 256 KiB: 1 MiB for an entry of 4 GiB.
type File struct {
	sizeBytes uint64
	levels    [][]Hash // levels[0]: roots of all padded segments; the last holds the file root
	nodes     []Node   // nil while unknown, see Nodes
}

// NewFile builds a file's tree from the roots of its data segments, in order;
// the segments that are padding only are filled in. The last data segment's
// root is over its padded length (SegmentRoot with SegmentSectors).
func NewFile(sizeBytes uint64, segmentRoots []Hash) (*File, error) {
	dataSegments := layout.Segments(layout.DataSectors(sizeBytes))
	if sizeBytes == 0 {
		return nil, fmt.Errorf("%w: the file is empty, want at least 1 byte", ErrDataLength)
	}
	if uint64(len(segmentRoots)) != dataSegments {
		return nil, fmt.Errorf("%w: got %d segment roots, a file of %d bytes has %d", ErrDataLength, len(segmentRoots), sizeBytes, dataSegments)
	}
	segments := layout.Segments(layout.PaddedSectors(sizeBytes))
	level := make([]Hash, segments)
	copy(level, segmentRoots)
	for i := dataSegments; i < segments; i++ {
		level[i] = zeroRun(uint64(SegmentSectors(sizeBytes, i)))
	}
	f := &File{sizeBytes: sizeBytes, levels: [][]Hash{level}}
	for len(level) > 1 {
		above := make([]Hash, (len(level)+1)/2)
		halve(level, above)
		f.levels = append(f.levels, above)
		level = above
	}
	f.nodes = f.findNodes(nil)
	return f, nil
}

// NewFileWithTail is NewFile for who also has the bytes of the last data
// segment (segmentDataBytes long or shorter by its zero padding to 256 B): it
// checks them and then knows every node, also those inside that segment.
func NewFileWithTail(sizeBytes uint64, segmentRoots []Hash, lastSegment []byte) (*File, error) {
	f, err := NewFile(sizeBytes, segmentRoots)
	if err != nil {
		return nil, err
	}
	last := uint64(len(segmentRoots)) - 1
	want := segmentDataBytes(sizeBytes, last)
	if layout.DataSectors(uint64(len(lastSegment)))*layout.SectorSize != want {
		return nil, fmt.Errorf("%w: last segment has %d bytes, want %d", ErrDataLength, len(lastSegment), want)
	}
	leaves := make([]Hash, SegmentSectors(sizeBytes, last))
	HashLeaves(lastSegment, leaves)
	for i := int(want / layout.SectorSize); i < len(leaves); i++ {
		leaves[i] = zeroRoots[0]
	}
	if root := Root(leaves); root != segmentRoots[last] {
		return nil, fmt.Errorf("%w: last segment hashes to %x, its root is %x", ErrProof, root, segmentRoots[last])
	}
	f.nodes = f.findNodes(leaves)
	return f, nil
}

// NewFileFromData builds the tree of a file held in memory.
func NewFileFromData(data []byte) (*File, error) {
	sizeBytes := uint64(len(data))
	roots := make([]Hash, layout.Segments(layout.DataSectors(sizeBytes)))
	for i := range roots {
		end := min((i+1)*layout.LoadSize, len(data))
		roots[i] = SegmentRoot(data[i*layout.LoadSize:end], SegmentSectors(sizeBytes, uint64(i)))
	}
	if len(roots) == 0 {
		return NewFile(sizeBytes, nil)
	}
	return NewFileWithTail(sizeBytes, roots, data[(len(roots)-1)*layout.LoadSize:])
}

// findNodes reads the submission's nodes off the tree. A node smaller than its
// segment comes from tail, the leaves of the last data segment, or is zero if it lies in
// padding; nil if it would need a tail that is not given.
func (f *File) findNodes(tail []Hash) []Node {
	const loadHeight = 10 // log2(SectorsPerLoad)
	var nodes []Node
	start := uint64(0)
	for _, height := range layout.NodeHeights(layout.PaddedSectors(f.sizeBytes)) {
		end := start + uint64(1)<<height
		segment := start / layout.SectorsPerLoad
		inSegment := start % layout.SectorsPerLoad
		switch {
		case height >= loadHeight: // aligned: a node of the segment tree
			nodes = append(nodes, Node{f.levels[height-loadHeight][start>>height], height})
		case start >= layout.DataSectors(f.sizeBytes):
			nodes = append(nodes, Node{ZeroRoot(height), height})
		case inSegment == 0 && SegmentSectors(f.sizeBytes, segment) == 1<<height: // the whole last segment
			nodes = append(nodes, Node{f.levels[0][segment], height})
		case tail != nil:
			nodes = append(nodes, Node{Root(tail[inSegment : inSegment+uint64(1)<<height]), height})
		default:
			return nil
		}
		start = end
	}
	return nodes
}

// Root returns the file root.
func (f *File) Root() Hash { return f.levels[len(f.levels)-1][0] }

// Size returns the file's length in bytes, padding excluded.
func (f *File) Size() uint64 { return f.sizeBytes }

// NumSegments returns the segments that hold data, the ones that are uploaded.
func (f *File) NumSegments() uint64 { return layout.Segments(layout.DataSectors(f.sizeBytes)) }

// NumSegmentsPadded returns the leaves of the segment tree, padding included.
func (f *File) NumSegmentsPadded() uint64 { return uint64(len(f.levels[0])) }

// Nodes returns a copy of the submission's nodes. It is nil if several of them
// lie inside the last data segment and the file was built by NewFile, which
// knows that segment by its root only: use NewFileWithTail or NewFileFromData.
func (f *File) Nodes() []Node { return append([]Node(nil), f.nodes...) }

// Proof returns the proof of a segment for VerifySegment and the JSON-RPC, the
// empty Proof for an index past the padded file.
func (f *File) Proof(segmentIndex uint64) Proof {
	if segmentIndex >= f.NumSegmentsPadded() {
		return Proof{}
	}
	if len(f.levels) == 1 {
		return Proof{Lemma: []Hash{f.Root()}, Path: []bool{}}
	}
	proof := Proof{Lemma: []Hash{f.levels[0][segmentIndex]}, Path: []bool{}}
	index := segmentIndex
	for _, level := range f.levels[:len(f.levels)-1] {
		if sibling := index ^ 1; sibling < uint64(len(level)) { // else promoted
			proof.Lemma = append(proof.Lemma, level[sibling])
			proof.Path = append(proof.Path, index&1 == 0)
		}
		index >>= 1
	}
	proof.Lemma = append(proof.Lemma, f.Root())
	return proof
}
