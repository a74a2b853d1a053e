package layout

import (
	"errors"
	"fmt"
)

var (
	// ErrHeights: the node heights are not those of any submission.
	ErrHeights = errors.New("node heights are empty or not strictly decreasing")
	// ErrFlowFull: the entry does not fit below MaxLengthSectors.
	ErrFlowFull = errors.New("flow is full")
	// ErrFlowLength: the length given is no length of a flow.
	ErrFlowLength = errors.New("flow length out of range")
)

// Place returns where an entry with these node heights starts in a flow of
// lengthSectors, and the flow's length after it. An entry not larger than a
// load never straddles a load boundary; a larger one starts on its first
// node's own alignment. Source: protocol-storage.md 2.3.
//
//	lengthSectors   [1, 2^56)  sectors in the flow before the entry, dummy included
//	heights         strictly decreasing; node i covers 2^heights[i] sectors
//	returns         [start, newLength): the entry's sectors, both below 2^56
func Place(lengthSectors uint64, heights []uint8) (startSector, newLengthSectors uint64, err error) {
	if lengthSectors == 0 || lengthSectors >= MaxLengthSectors {
		return 0, 0, fmt.Errorf("%w: got %d sectors, want at least 1 (the dummy sector) and below 2^56", ErrFlowLength, lengthSectors)
	}
	entrySectors, err := entrySectors(heights)
	if err != nil {
		return 0, 0, err
	}
	// Both terms are at most 2^56, so these sums cannot overflow 64 bits.
	start := alignUp(lengthSectors, uint64(1)<<heights[0])
	last := start + entrySectors - 1
	if start%SectorsPerLoad != 0 && start/SectorsPerLoad != last/SectorsPerLoad {
		start = alignUp(alignUp(start, SectorsPerLoad), uint64(1)<<heights[0])
	}
	// Heights decrease, so nodes 1.. are aligned where node 0 ends: no inner gaps.
	end := start + entrySectors
	if end >= MaxLengthSectors {
		return 0, 0, fmt.Errorf("%w: entry would end at sector %d, want below 2^56", ErrFlowFull, end)
	}
	return start, end, nil
}

// entrySectors sums 2^height after checking the heights.
func entrySectors(heights []uint8) (uint64, error) {
	if len(heights) == 0 {
		return 0, fmt.Errorf("%w: got none, want at least one node", ErrHeights)
	}
	var sectors uint64
	for i, height := range heights {
		if i > 0 && height >= heights[i-1] {
			return 0, fmt.Errorf("%w: node %d has height %d after height %d", ErrHeights, i, height, heights[i-1])
		}
		if uint64(height) >= 56 {
			return 0, fmt.Errorf("%w: node %d has height %d, want below 56", ErrFlowFull, i, height)
		}
		sectors += uint64(1) << height
	}
	return sectors, nil
}

// alignUp rounds position up to a multiple of unit, a power of two.
func alignUp(position, unit uint64) uint64 { return (position + unit - 1) &^ (unit - 1) }
