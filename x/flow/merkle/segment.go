package merkle

import "github.com/zgd-network/zgd/x/flow/layout"

// SegmentSectors returns the sectors of one segment of the padded file: 1024,
// fewer in the last one, 0 past the end. Source: protocol-storage.md 2.1.
func SegmentSectors(sizeBytes, segmentIndex uint64) int {
	paddedSectors := layout.PaddedSectors(sizeBytes)
	if segmentIndex >= layout.Segments(paddedSectors) {
		return 0
	}
	return int(min(layout.SectorsPerLoad, paddedSectors-segmentIndex*layout.SectorsPerLoad))
}

// SegmentRoot returns the root over sectors leaves, of which data gives the
// first and zeros the rest. sectors below what data needs is raised to that,
// so that no byte of data is ever left out.
//
//	data      raw bytes; a last partial sector is zero-extended
//	sectors   1..1024 in a segment (SegmentSectors); more is hashed too, but allocates
func SegmentRoot(data []byte, sectors int) Hash {
	dataSectors := int(layout.DataSectors(uint64(len(data))))
	sectors = max(sectors, dataSectors)
	if sectors == 0 {
		return Hash{}
	}
	var buffer [layout.SectorsPerLoad]Hash // 32 KiB on the stack: a segment costs no allocation
	leaves := buffer[:]
	if sectors > len(buffer) {
		leaves = make([]Hash, sectors)
	}
	leaves = leaves[:sectors]
	HashLeaves(data, leaves)
	for i := dataSectors; i < sectors; i++ {
		leaves[i] = zeroRoots[0]
	}
	return reduce(leaves)
}
