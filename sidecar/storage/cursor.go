package storage

import (
	"encoding/binary"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/merkle"
)

// cursor is how far the store has followed its chain. One row, written with the
// entries it speaks of.
type cursor struct {
	chainID    string // empty: no chain seen yet
	evmChainID uint64
	nextSeq    uint64
	frontier   merkle.Frontier
	height     int64 // block up to which the log is known
	blockHash  Hash
}

func (c *cursor) encode() []byte {
	out := []byte{entryVersion}
	for _, n := range []uint64{c.evmChainID, c.nextSeq, uint64(c.height), c.frontier.LengthSectors} {
		out = binary.BigEndian.AppendUint64(out, n)
	}
	out = append(out, c.blockHash[:]...)
	out = append(out, byte(len(c.frontier.Peaks)))
	for _, peak := range c.frontier.Peaks {
		out = append(out, peak[:]...)
	}
	return append(out, c.chainID...)
}

func decodeCursor(b []byte) (c cursor, err error) {
	const fixed = 1 + 4*8 + 32 + 1
	if len(b) < fixed || b[0] != entryVersion || len(b) < fixed+32*int(b[fixed-1]) {
		return cursor{}, fmt.Errorf("%w: cursor has %d bytes", errRow, len(b))
	}
	peaks := int(b[fixed-1])
	c.evmChainID = binary.BigEndian.Uint64(b[1:])
	c.nextSeq = binary.BigEndian.Uint64(b[9:])
	c.height = int64(binary.BigEndian.Uint64(b[17:]))
	c.frontier.LengthSectors = binary.BigEndian.Uint64(b[25:])
	copy(c.blockHash[:], b[33:])
	for i := range peaks {
		c.frontier.Peaks = append(c.frontier.Peaks, Hash(b[fixed+32*i:fixed+32*i+32]))
	}
	c.chainID = string(b[fixed+32*peaks:])
	if err := c.frontier.Validate(); err != nil {
		return cursor{}, fmt.Errorf("%w: cursor: %w", errRow, err)
	}
	return c, nil
}
