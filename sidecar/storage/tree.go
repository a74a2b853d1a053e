package storage

import (
	"errors"
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// The flow tree only grows at its right edge, so a completed aligned subtree
// never changes. Every one that the frontier completes gets a row: zero gaps,
// an entry's nodes, and the parents that carries make. A segment's upload adds
// the subtrees inside its entry (proofNodes). With these rows ProveFlow answers
// for every length the flow ever had, hence for every context still open.

// extend appends an entry to the frontier and tells every subtree completed.
//
//	f       changed in place; the caller passes a copy it can drop on error
//	emit    height, index and root of a subtree
func extend(f *merkle.Frontier, nodes []merkle.Node, emit func(height uint8, index uint64, root Hash)) (startSector uint64, err error) {
	heights := make([]uint8, len(nodes))
	for i, node := range nodes {
		heights[i] = node.Height
	}
	startSector, _, err = layout.Place(f.LengthSectors, heights)
	if err != nil {
		return 0, err
	}
	for f.LengthSectors < startSector {
		fits := bits.Len64(startSector-f.LengthSectors) - 1
		height := uint8(min(bits.TrailingZeros64(f.LengthSectors), fits))
		push(f, height, merkle.ZeroRoot(height), emit)
	}
	for _, node := range nodes {
		push(f, node.Height, node.Root, emit)
	}
	return startSector, nil
}

// push is Frontier.AppendSubtree with the carries told. The length is aligned.
func push(f *merkle.Frontier, height uint8, root Hash, emit func(uint8, uint64, Hash)) {
	emit(height, f.LengthSectors>>height, root)
	added := uint64(1) << height
	for ; f.LengthSectors>>height&1 == 1; height++ {
		last := len(f.Peaks) - 1
		root = keccak.Pair(f.Peaks[last], root)
		f.Peaks = f.Peaks[:last]
		emit(height+1, f.LengthSectors>>(height+1), root)
	}
	f.Peaks = append(f.Peaks, root)
	f.LengthSectors += added
}

func copyFrontier(f merkle.Frontier) merkle.Frontier {
	f.Peaks = append(make([]Hash, 0, 56), f.Peaks...)
	return f
}

// nodeSource reads rows; below is asked for what is smaller than a load and has
// none, nil for nobody.
func (x index) nodeSource(below merkle.NodeSource) merkle.NodeSource {
	return func(height uint8, index uint64) (Hash, bool, error) {
		root, err := x.node(height, index)
		if err == nil {
			return root, true, nil
		}
		if !errors.Is(err, errNoRow) {
			return Hash{}, false, err
		}
		if height >= loadHeight {
			return x.insideZeros(height, index)
		}
		if below == nil {
			return Hash{}, false, nil
		}
		return below(height, index)
	}
}

// insideZeros finds a subtree that has no row because it lies in a larger one
// of zeros: gaps and padding have rows for their largest subtrees only.
func (x index) insideZeros(height uint8, index uint64) (Hash, bool, error) {
	for above := height + 1; above < 56; above++ {
		root, err := x.node(above, index>>(above-height))
		if errors.Is(err, errNoRow) {
			continue
		}
		if err != nil || root != merkle.ZeroRoot(above) {
			return Hash{}, false, err
		}
		return merkle.ZeroRoot(height), true, nil
	}
	return Hash{}, false, nil
}

// loadTree is the tree over one load's sectors, of which some may be unknown.
type loadTree struct {
	load   uint64
	levels [loadHeight + 1][]Hash
	known  [loadHeight + 1][]bool
}

// newLoadTree hashes a load. known says per sector whether data tells it; what
// is neither data nor zero is not known.
func newLoadTree(load uint64, data []byte, known []bool) *loadTree {
	t := &loadTree{load: load}
	t.levels[0] = make([]Hash, layout.SectorsPerLoad)
	t.known[0] = known
	merkle.FlowLeaves(data, load*layout.SectorsPerLoad, t.levels[0])
	for h := 1; h <= loadHeight; h++ {
		below, sure := t.levels[h-1], t.known[h-1]
		t.levels[h] = make([]Hash, len(below)/2)
		t.known[h] = make([]bool, len(below)/2)
		keccak.PairEach(below, t.levels[h])
		for i := range t.known[h] {
			t.known[h][i] = sure[2*i] && sure[2*i+1]
		}
	}
	return t
}

// node is a merkle.NodeSource.
func (t *loadTree) node(height uint8, index uint64) (Hash, bool, error) {
	first := t.load << (loadHeight - height)
	if index < first || index-first >= uint64(len(t.levels[height])) || !t.known[height][index-first] {
		return Hash{}, false, nil
	}
	return t.levels[height][index-first], true, nil
}
