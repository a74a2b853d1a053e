package merkle

import (
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// ErrMissingNode: the prover's source knows neither a subtree nor its leaves.
var ErrMissingNode = errors.New("flow subtree not known")

// pieceHeight is log2(SectorsPerSeal): a seal piece is 16 leaves.
const pieceHeight = 4

// FlowLeaves is HashLeaves for data that lies in a flow from firstSector on: if
// that is 0, out[0] is the dummy's value, 32 zero bytes, whatever data holds.
func FlowLeaves(data []byte, firstSector uint64, out []Hash) {
	HashLeaves(data, out)
	if firstSector == 0 && len(out) > 0 {
		out[0] = Hash{}
	}
}

// LoadRoot returns the root of one load of a flow, 1024 sectors, of which data
// gives the first and zeros the rest. Bytes past 256 KiB are not read.
func LoadRoot(data []byte, loadIndex uint64) Hash {
	data = data[:min(len(data), layout.LoadSize)]
	var buffer [layout.SectorsPerLoad]Hash
	for i := int(layout.DataSectors(uint64(len(data)))); i < len(buffer); i++ {
		buffer[i] = zeroRoots[0]
	}
	FlowLeaves(data, loadIndex*layout.SectorsPerLoad, buffer[:])
	return reduce(buffer[:])
}

// PieceRoot returns the root of one 4 KiB piece, 16 sectors from firstSector on.
// Leaf 0 of the flow is 32 zero bytes, whatever the piece holds there.
func PieceRoot(piece *[layout.SealSize]byte, firstSector uint64) Hash {
	var leaves [layout.SectorsPerSeal]Hash
	FlowLeaves(piece[:], firstSector, leaves[:])
	return reduce(leaves[:])
}

// VerifyPiece checks that the piece root lies at firstSector under the flow's
// root as of flowLengthSectors. siblings are bottom up and must reach exactly
// from height 4 to the top: ceil(log2(length)) - 4 of them.
func VerifyPiece(flowRoot Hash, flowLengthSectors, firstSector uint64, pieceRoot Hash, siblings []Hash) error {
	if firstSector%layout.SectorsPerSeal != 0 {
		return fmt.Errorf("%w: piece starts at sector %d, want a multiple of %d", ErrIndex, firstSector, layout.SectorsPerSeal)
	}
	return VerifyFlow(flowRoot, flowLengthSectors, pieceHeight, firstSector>>pieceHeight, pieceRoot, siblings)
}

// VerifyFlow checks that subtreeRoot is number index of the aligned subtrees of
// 2^height sectors under the flow's root as of lengthSectors. siblings are
// bottom up, exactly as many as levels above. A sector is height 0.
func VerifyFlow(flowRoot Hash, lengthSectors uint64, height uint8, index uint64, subtreeRoot Hash, siblings []Hash) error {
	top, err := checkFlowPosition(lengthSectors, height, index)
	if err != nil {
		return err
	}
	if want := int(top - height); len(siblings) != want {
		return fmt.Errorf("%w: %d siblings, want %d for height %d in a flow of %d sectors", ErrProof, len(siblings), want, height, lengthSectors)
	}
	if root := foldFlow(index, subtreeRoot, siblings); root != flowRoot {
		return fmt.Errorf("%w: folds to %x, the flow root is %x", ErrProof, root, flowRoot)
	}
	return nil
}

// NodeSource gives the root of the completed aligned subtree number index of
// 2^height sectors: sectors [index<<height, (index+1)<<height) of the flow, all
// below its length. Zero gaps are part of the flow. ok=false: not stored; the
// prover then asks for the two halves.
type NodeSource func(height uint8, index uint64) (h Hash, ok bool, err error)

// ProveFlow returns the siblings of the aligned subtree (height, index), bottom
// up, and the root of the flow AS OF lengthSectors. The flow may have grown
// since: src is asked only for subtrees that end at or before lengthSectors, so
// nothing later leaks in. What lies beyond is zero; a sibling partly beyond is
// put together from its halves.
//
// It hashes O(log n) times if src knows every completed subtree above some
// small height; a height that src does not keep costs twice the one below.
func ProveFlow(lengthSectors uint64, height uint8, index uint64, src NodeSource) (siblings []Hash, root Hash, err error) {
	top, err := checkFlowPosition(lengthSectors, height, index)
	if err != nil {
		return nil, Hash{}, err
	}
	self, err := flowSubtree(lengthSectors, height, index, src)
	if err != nil {
		return nil, Hash{}, err
	}
	siblings = make([]Hash, 0, top-height)
	for level, at := height, index; level < top; level, at = level+1, at>>1 {
		sibling, err := flowSubtree(lengthSectors, level, at^1, src)
		if err != nil {
			return nil, Hash{}, err
		}
		siblings = append(siblings, sibling)
	}
	return siblings, foldFlow(index, self, siblings), nil
}

// checkFlowPosition returns the height of the flow's tree if the subtree lies in
// it and holds at least one sector below lengthSectors.
func checkFlowPosition(lengthSectors uint64, height uint8, index uint64) (top uint8, err error) {
	if lengthSectors == 0 || lengthSectors >= layout.MaxLengthSectors {
		return 0, fmt.Errorf("%w: flow of %d sectors, want at least 1 and below 2^56", ErrIndex, lengthSectors)
	}
	top = treeHeight(lengthSectors)
	if height > top {
		return 0, fmt.Errorf("%w: subtree of height %d in a flow of height %d", ErrIndex, height, top)
	}
	if index > (lengthSectors-1)>>height {
		return 0, fmt.Errorf("%w: subtree %d of height %d starts past the flow's %d sectors", ErrIndex, index, height, lengthSectors)
	}
	return top, nil
}

// foldFlow climbs from subtree number index to the root.
func foldFlow(index uint64, node Hash, siblings []Hash) Hash {
	for _, sibling := range siblings {
		if index&1 == 0 {
			node = keccak.Pair(node, sibling)
		} else {
			node = keccak.Pair(sibling, node)
		}
		index >>= 1
	}
	return node
}

// flowSubtree returns the root of an aligned subtree as of lengthSectors.
func flowSubtree(lengthSectors uint64, height uint8, index uint64, src NodeSource) (Hash, error) {
	start := index << height
	if start >= lengthSectors {
		return ZeroRoot(height), nil
	}
	if height == 0 && index == 0 {
		return Hash{}, nil // the dummy
	}
	if start+uint64(1)<<height <= lengthSectors {
		node, ok, err := src(height, index)
		if err != nil {
			return Hash{}, fmt.Errorf("read subtree %d of height %d: %w", index, height, err)
		}
		if ok {
			return node, nil
		}
		if height == 0 {
			return Hash{}, fmt.Errorf("%w: sector %d", ErrMissingNode, start)
		}
	}
	left, err := flowSubtree(lengthSectors, height-1, index<<1, src)
	if err != nil {
		return Hash{}, err
	}
	right, err := flowSubtree(lengthSectors, height-1, index<<1|1, src)
	if err != nil {
		return Hash{}, err
	}
	return keccak.Pair(left, right), nil
}
