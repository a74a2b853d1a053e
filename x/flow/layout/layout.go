package layout

import "math/bits"

const (
	SectorSize     = 256                   // bytes; whitepaper 4.2
	SealSize       = 4 << 10               // bytes; whitepaper 5.2.2, the unit that is sealed
	LoadSize       = 256 << 10             // bytes; whitepaper 4.2 calls this a chunk; one segment of a file
	SectorsPerSeal = SealSize / SectorSize // 16
	SectorsPerLoad = LoadSize / SectorSize // 1024
	SealsPerLoad   = LoadSize / SealSize   // 64

	// MaxLengthSectors bounds a flow: its length in sectors stays below 2^56,
	// so that every byte offset (length * 256) fits in 64 bits.
	MaxLengthSectors = uint64(1) << 56
)

const ( // these compile only if each unit divides the next and loads are a power of two
	_ = uint(-(LoadSize % SealSize))
	_ = uint(-(SealSize % SectorSize))
	_ = uint(-(SectorsPerLoad & (SectorsPerLoad - 1)))
	_ = uint(-(SectorsPerLoad - SectorsPerSeal*SealsPerLoad))
)

// paddingParts is the granularity of padding: a file is padded to a multiple
// of 1/16 of the next power of two, which leaves at most 4 nodes
// (protocol-storage.md 1.5).
const paddingParts = 16

// DataSectors returns ceil(sizeBytes/256): the sectors that hold file bytes.
func DataSectors(sizeBytes uint64) uint64 {
	sectors := sizeBytes / SectorSize
	if sizeBytes%SectorSize != 0 {
		sectors++
	}
	return sectors
}

// Segments returns ceil(sectors/1024): the segments (loads) that so many
// consecutive sectors of one file occupy.
func Segments(sectors uint64) uint64 {
	segments := sectors / SectorsPerLoad
	if sectors%SectorsPerLoad != 0 {
		segments++
	}
	return segments
}

// PaddedSectors returns the sectors a file of sizeBytes is charged for, 0 for
// an empty one (which cannot be submitted). Source: protocol-storage.md 1.5.
func PaddedSectors(sizeBytes uint64) uint64 {
	sectors := DataSectors(sizeBytes) // at most 2^56, so nothing below overflows
	if sectors == 0 {
		return 0
	}
	power := uint64(1) << bits.Len64(sectors-1) // next power of two, >= sectors
	if power == sectors || power < paddingParts {
		return sectors
	}
	unit := power / paddingParts
	return (sectors + unit - 1) / unit * unit
}

// NodeHeights returns the heights of the subtrees that cover paddedSectors
// from left to right, largest first: its set bits, strictly decreasing.
func NodeHeights(paddedSectors uint64) []uint8 {
	heights := make([]uint8, 0, bits.OnesCount64(paddedSectors))
	for rest := paddedSectors; rest != 0; {
		height := bits.Len64(rest) - 1
		heights = append(heights, uint8(height))
		rest &^= uint64(1) << height
	}
	return heights
}
