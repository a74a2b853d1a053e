package merkle

import (
	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Hash is a node of a tree, 32 bytes.
type Hash = keccak.Hash

// maxHeight is the largest height in the zero table; a node's height is below 64.
const maxHeight = 63

// zeroRoots[h] is the root of 2^h sectors of zero bytes.
var zeroRoots = makeZeroRoots()

func makeZeroRoots() (roots [maxHeight + 1]Hash) {
	roots[0] = keccak.Sum256(make([]byte, layout.SectorSize))
	for h := 1; h <= maxHeight; h++ {
		roots[h] = keccak.Pair(roots[h-1], roots[h-1])
	}
	return roots
}

// ZeroRoot returns the root of 2^height sectors of zeros. Heights above 63 do
// not occur in a flow; they are computed, not looked up.
func ZeroRoot(height uint8) Hash {
	if height <= maxHeight {
		return zeroRoots[height]
	}
	root := zeroRoots[maxHeight]
	for h := uint8(maxHeight); h < height; h++ {
		root = keccak.Pair(root, root)
	}
	return root
}

// zeroRun returns the left-complete root over so many zero sectors: the right
// fold of its set bits (a promoted last node keeps its own height).
func zeroRun(sectors uint64) Hash {
	heights := layout.NodeHeights(sectors)
	if len(heights) == 0 {
		return Hash{}
	}
	last := len(heights) - 1
	root := ZeroRoot(heights[last])
	for i := last - 1; i >= 0; i-- {
		root = keccak.Pair(ZeroRoot(heights[i]), root)
	}
	return root
}

// LeafHash returns the leaf of one sector. A sector shorter than 256 bytes (the
// end of a file) is zero-extended; bytes past 256 are not part of the sector
// and are not read.
func LeafHash(sector []byte) Hash {
	var raw [layout.SectorSize]byte
	copy(raw[:], sector)
	return keccak.Sum256(raw[:])
}

// HashLeaves sets out[i] to the leaf of sector i of data, four at a time. The
// last sector is zero-extended to 256 bytes. It fills min(len(out),
// layout.DataSectors(len(data))) hashes.
func HashLeaves(data []byte, out []Hash) {
	whole := keccak.SumBlocks(data, layout.SectorSize, out)
	if rest := data[whole*layout.SectorSize:]; len(rest) > 0 && whole < len(out) {
		out[whole] = LeafHash(rest)
	}
}

// Root returns the left-complete Merkle root of leaves, the zero hash for none.
// An odd last node of a level is promoted unchanged. leaves is not modified.
func Root(leaves []Hash) Hash {
	if len(leaves) == 0 {
		return Hash{}
	}
	if len(leaves) == 1 {
		return leaves[0]
	}
	level := make([]Hash, (len(leaves)+1)/2)
	return reduce(level[:halve(leaves, level)])
}

// reduce folds a non-empty level to its root, in place.
func reduce(level []Hash) Hash {
	for len(level) > 1 {
		level = level[:halve(level, level)]
	}
	return level[0]
}

// halve computes the level above into out, which may be level itself, and
// returns its length, ceil(len(level)/2).
func halve(level, out []Hash) int {
	n := keccak.PairEach(level, out)
	if len(level)%2 != 0 {
		out[n] = level[len(level)-1]
		n++
	}
	return n
}
