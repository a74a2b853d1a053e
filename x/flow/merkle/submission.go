package merkle

import (
	"errors"
	"fmt"
	"math"
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Node is one subtree of a submission: 2^Height sectors under Root.
type Node struct {
	Root   Hash
	Height uint8
}

// maxHeightSpread: Height of the first node minus that of the last stays below
// it, so a submission has at most 4 nodes (MAX_LENGTH in the reference).
const maxHeightSpread = 4

// minPartialCapacity: from 16 charged sectors on, padding may be up to 1/16 of
// the next power of two; below, there is none.
const minPartialCapacity = 16

// Each rule of a submission that can fail has its own error; all of them are
// ErrNodes too (errors.Is).
var (
	ErrNodes           = errors.New("invalid submission")
	ErrNoNodes         = fmt.Errorf("%w: no nodes", ErrNodes)
	ErrHeightRange     = fmt.Errorf("%w: node height out of range", ErrNodes)
	ErrHeightOrder     = fmt.Errorf("%w: node heights not strictly decreasing", ErrNodes)
	ErrHeightSpread    = fmt.Errorf("%w: node heights too far apart", ErrNodes)
	ErrCapacityTooLow  = fmt.Errorf("%w: file larger than its nodes", ErrNodes)
	ErrCapacityTooHigh = fmt.Errorf("%w: file too small for its nodes", ErrNodes)
)

// ValidateNodes checks rules 1 to 6 of protocol-storage.md 1.4. They hold
// exactly when sizeBytes > 0 and the heights are
// layout.NodeHeights(layout.PaddedSectors(sizeBytes)).
func ValidateNodes(sizeBytes uint64, nodes []Node) error {
	if err := validateHeights(nodes); err != nil {
		return err
	}
	capacity := ChargedSectors(nodes) // heights decrease and are below 64: no overflow
	sectors := layout.DataSectors(sizeBytes)
	if sectors > capacity {
		return fmt.Errorf("%w: %d bytes need %d sectors, nodes hold %d", ErrCapacityTooLow, sizeBytes, sectors, capacity)
	}
	if lower := lowerBound(capacity, nodes); sectors <= lower {
		return fmt.Errorf("%w: %d bytes need %d sectors, want more than %d for nodes of %d", ErrCapacityTooHigh, sizeBytes, sectors, lower, capacity)
	}
	return nil
}

// validateHeights checks rules 1 to 4.
func validateHeights(nodes []Node) error {
	if len(nodes) == 0 {
		return ErrNoNodes
	}
	first := nodes[0].Height
	if first > maxHeight {
		return fmt.Errorf("%w: first height %d, want at most %d", ErrHeightRange, first, maxHeight)
	}
	for i := 1; i < len(nodes); i++ {
		if nodes[i].Height >= nodes[i-1].Height {
			return fmt.Errorf("%w: node %d has height %d after height %d", ErrHeightOrder, i, nodes[i].Height, nodes[i-1].Height)
		}
		if first-nodes[i].Height >= maxHeightSpread {
			return fmt.Errorf("%w: heights %d and %d, want a difference below %d", ErrHeightSpread, first, nodes[i].Height, maxHeightSpread)
		}
	}
	return nil
}

// lowerBound returns the sectors a file must exceed to need these nodes (rule
// 6). Nodes have valid heights; capacity is their sum of 2^height.
func lowerBound(capacity uint64, nodes []Node) uint64 {
	switch {
	case capacity < minPartialCapacity:
		return capacity - 1
	case len(nodes) == 1:
		return capacity - capacity/16
	default:
		return capacity - uint64(1)<<(nodes[0].Height-3) // capacity >= 16 means Height >= 4
	}
}

// ChargedSectors returns the sum of 2^height: what a submission pays for. It
// saturates, and counts heights of 64 and more as saturating, so that nodes
// not yet validated cannot come out cheap.
func ChargedSectors(nodes []Node) uint64 {
	var sum uint64
	for _, node := range nodes {
		if node.Height > maxHeight {
			return math.MaxUint64
		}
		next, carry := bits.Add64(sum, uint64(1)<<node.Height, 0)
		if carry != 0 {
			return math.MaxUint64
		}
		sum = next
	}
	return sum
}

// FileRoot returns the file's root from its nodes: their right fold
// (protocol-storage.md 1.3), the zero hash for none.
func FileRoot(nodes []Node) Hash {
	if len(nodes) == 0 {
		return Hash{}
	}
	last := len(nodes) - 1
	root := nodes[last].Root
	for i := last - 1; i >= 0; i-- {
		root = keccak.Pair(nodes[i].Root, root)
	}
	return root
}

// Identity returns keccak256 of the node roots in order: the `identity` topic
// of the Submit event. It is not the file root (for exactly two nodes the two
// happen to be the same hash).
func Identity(nodes []Node) Hash {
	joined := make([]byte, 0, len(nodes)*len(Hash{}))
	for _, node := range nodes {
		joined = append(joined, node.Root[:]...)
	}
	return keccak.Sum256(joined)
}
