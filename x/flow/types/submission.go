package types

import (
	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/merkle"
)

// MerkleNodes returns the nodes in the words of the tree, or why they cannot be.
func (s Submission) MerkleNodes() ([]merkle.Node, error) {
	if len(s.Nodes) > maxNodes {
		return nil, ErrInvalidSubmission.Wrapf("%d nodes, want at most %d", len(s.Nodes), maxNodes)
	}
	nodes := make([]merkle.Node, len(s.Nodes))
	for i, node := range s.Nodes {
		if len(node.Root) != len(merkle.Hash{}) {
			return nil, ErrInvalidSubmission.Wrapf("root of node %d has %d bytes, want 32", i, len(node.Root))
		}
		if node.Height > maxHeight {
			return nil, ErrInvalidSubmission.Wrapf("height of node %d is %d, want at most %d", i, node.Height, maxHeight)
		}
		nodes[i] = merkle.Node{Root: merkle.Hash(node.Root), Height: uint8(node.Height)}
	}
	if err := merkle.ValidateNodes(s.SizeBytes, nodes); err != nil {
		return nil, ErrInvalidSubmission.Wrap(err.Error())
	}
	return nodes, nil
}

const (
	maxNodes  = 4 // follows from the height rules; checked first to bound the work
	maxHeight = 63
)

// ValidateAmount checks that an amount is positive and short enough for the
// accounting to never overflow.
func ValidateAmount(name string, amount sdkmath.Int) error {
	if amount.IsNil() || !amount.IsPositive() {
		return ErrInvalidSubmission.Wrapf("%s must be positive", name)
	}
	if amount.BigInt().BitLen() > maxAmountBits {
		return ErrInvalidSubmission.Wrapf("%s has %d bits, want at most %d", name, amount.BigInt().BitLen(), maxAmountBits)
	}
	return nil
}

// EndTime is when the entry's last interval ends, in Unix seconds.
func (e Entry) EndTime() int64 {
	if len(e.Intervals) == 0 {
		return 0
	}
	return e.Intervals[len(e.Intervals)-1].EndTime
}

// Endowment is all that was ever paid in for the entry.
func (e Entry) Endowment() sdkmath.Int {
	sum := sdkmath.ZeroInt()
	for _, interval := range e.Intervals {
		sum = sum.Add(interval.Endowment)
	}
	return sum
}
