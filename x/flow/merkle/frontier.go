package merkle

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// ErrFrontier: the frontier, or what was asked of it, is malformed.
var ErrFrontier = errors.New("invalid frontier")

// Frontier is all the chain keeps of a flow's tree: the roots of its completed
// aligned subtrees. 32 bytes per set bit of the length, O(log n) in all.
//
//	LengthSectors   [1, 2^56), dummy sector 0 included
//	Peaks           one per set bit of LengthSectors, highest bit first (left to right)
//
// A Frontier may be copied: no method changes a peak of another copy.
type Frontier struct {
	LengthSectors uint64
	Peaks         []Hash
}

// NewFrontier returns an empty flow: one sector, the dummy, whose leaf value is
// 32 zero bytes.
func NewFrontier() Frontier { return Frontier{LengthSectors: 1, Peaks: make([]Hash, 1)} }

// Validate checks what Frontier's comment states; use it on decoded state.
func (f Frontier) Validate() error {
	if f.LengthSectors == 0 || f.LengthSectors >= layout.MaxLengthSectors {
		return fmt.Errorf("%w: length %d sectors, want at least 1 and below 2^56", ErrFrontier, f.LengthSectors)
	}
	if want := bits.OnesCount64(f.LengthSectors); len(f.Peaks) != want {
		return fmt.Errorf("%w: %d peaks for length %d, want %d", ErrFrontier, len(f.Peaks), f.LengthSectors, want)
	}
	if f.LengthSectors == 1 && f.Peaks[0] != (Hash{}) {
		return fmt.Errorf("%w: sector 0 is %x, want 32 zero bytes", ErrFrontier, f.Peaks[0])
	}
	return nil
}

// AppendSubtree appends the subtree root over 2^height sectors. The length must
// be aligned to it (AdvanceTo first). On error the frontier is unchanged.
func (f *Frontier) AppendSubtree(height uint8, root Hash) error {
	next, err := f.clone()
	if err != nil {
		return err
	}
	if err := next.push(height, root); err != nil {
		return err
	}
	*f = next
	return nil
}

// AdvanceTo fills the flow with zero sectors up to newLengthSectors, in
// O(log n) hashes. On error the frontier is unchanged.
func (f *Frontier) AdvanceTo(newLengthSectors uint64) error {
	next, err := f.clone()
	if err != nil {
		return err
	}
	if err := next.advance(newLengthSectors); err != nil {
		return err
	}
	*f = next
	return nil
}

// Append places a submission's nodes (layout.Place), fills the gap before them
// and appends them; it returns the first sector of the entry. The caller has
// validated the nodes against the file's size (ValidateNodes). On error the
// frontier is unchanged.
func (f *Frontier) Append(nodes []Node) (startSector uint64, err error) {
	next, err := f.clone()
	if err != nil {
		return 0, err
	}
	heights := make([]uint8, len(nodes))
	for i, node := range nodes {
		heights[i] = node.Height
	}
	startSector, _, err = layout.Place(f.LengthSectors, heights)
	if err != nil {
		return 0, err
	}
	if err := next.advance(startSector); err != nil {
		return 0, err
	}
	for _, node := range nodes {
		if err := next.push(node.Height, node.Root); err != nil {
			return 0, err
		}
	}
	*f = next
	return startSector, nil
}

// Root returns the root of the perfect tree over the flow, missing leaves being
// zero sectors. The zero hash if the frontier is not valid.
func (f Frontier) Root() Hash {
	if f.Validate() != nil {
		return Hash{}
	}
	// Start at the lowest peak and climb: a peak of the same height is a left
	// sibling, otherwise the right side is missing and zero.
	height := uint8(bits.TrailingZeros64(f.LengthSectors))
	peaks := f.Peaks
	root := peaks[len(peaks)-1]
	peaks = peaks[:len(peaks)-1]
	rest := f.LengthSectors &^ (uint64(1) << height) // the bits of the peaks still to take
	for top := treeHeight(f.LengthSectors); height < top; height++ {
		if rest>>height&1 == 1 {
			root = keccak.Pair(peaks[len(peaks)-1], root)
			peaks = peaks[:len(peaks)-1]
		} else {
			root = keccak.Pair(root, ZeroRoot(height))
		}
	}
	return root
}

// Levels returns the number of levels of the tree, leaves and root included:
// what the reference contract's tree() calls unstagedHeight.
func (f Frontier) Levels() uint8 { return treeHeight(f.LengthSectors) + 1 }

// clone returns a valid copy with room to grow, so that callers' copies of the
// peaks stay as they are.
func (f *Frontier) clone() (Frontier, error) {
	if err := f.Validate(); err != nil {
		return Frontier{}, err
	}
	peaks := make([]Hash, len(f.Peaks), 56)
	copy(peaks, f.Peaks)
	return Frontier{LengthSectors: f.LengthSectors, Peaks: peaks}, nil
}

// push appends one subtree in place: a carry ripples through the set bits.
func (f *Frontier) push(height uint8, root Hash) error {
	if height >= 56 || f.LengthSectors+uint64(1)<<height >= layout.MaxLengthSectors {
		return fmt.Errorf("%w: subtree of height %d at sector %d would reach 2^56", ErrFrontier, height, f.LengthSectors)
	}
	if f.LengthSectors&(uint64(1)<<height-1) != 0 {
		return fmt.Errorf("%w: length %d is not aligned to a subtree of height %d: advance first", ErrFrontier, f.LengthSectors, height)
	}
	for h := height; f.LengthSectors>>h&1 == 1; h++ {
		last := len(f.Peaks) - 1
		root = keccak.Pair(f.Peaks[last], root)
		f.Peaks = f.Peaks[:last]
	}
	f.Peaks = append(f.Peaks, root)
	f.LengthSectors += uint64(1) << height
	return nil
}

// advance appends zero subtrees in place, the largest that fits each time.
func (f *Frontier) advance(newLengthSectors uint64) error {
	if newLengthSectors < f.LengthSectors {
		return fmt.Errorf("%w: cannot go back from length %d to %d: a flow only grows", ErrFrontier, f.LengthSectors, newLengthSectors)
	}
	if newLengthSectors >= layout.MaxLengthSectors {
		return fmt.Errorf("%w: length %d sectors, want below 2^56", ErrFrontier, newLengthSectors)
	}
	for f.LengthSectors < newLengthSectors {
		fits := bits.Len64(newLengthSectors-f.LengthSectors) - 1
		height := uint8(min(bits.TrailingZeros64(f.LengthSectors), fits))
		if err := f.push(height, ZeroRoot(height)); err != nil {
			return err
		}
	}
	return nil
}

// treeHeight returns ceil(log2(lengthSectors)), 0 for lengths 0 and 1.
func treeHeight(lengthSectors uint64) uint8 {
	if lengthSectors == 0 {
		return 0
	}
	return uint8(bits.Len64(lengthSectors - 1))
}
