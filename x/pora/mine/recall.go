package mine

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"golang.org/x/crypto/blake2b"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const (
	cellBytes = blake2b.Size                // 64
	padCells  = layout.LoadSize / cellBytes // 4096
)

type cell = [cellBytes]byte

// fillCells runs the Blake2b chain from h over len(dst)/64 cells, writes each
// and returns the last.
func fillCells(h cell, dst []byte) cell {
	for i := 0; i+cellBytes <= len(dst); i += cellBytes {
		h = blake2b.Sum512(h[:])
		copy(dst[i:], h[:])
	}
	return h
}

// skipCells runs the chain over n cells that nobody will read.
func skipCells(h cell, n int) cell {
	for range n {
		h = blake2b.Sum512(h[:])
	}
	return h
}

// padSlice computes only the part of the scratchpad that meets piece k, and the
// last cell: all that a verifier needs, in 4 KiB instead of 256.
func padSlice(tuple *[tupleBytes]byte, k int, dst *Piece) (last cell) {
	const cellsPerPiece = layout.SealSize / cellBytes // 64
	h := blake2b.Sum512(tuple[:])
	h = skipCells(h, k*cellsPerPiece)
	h = fillCells(h, dst[:])
	return skipCells(h, padCells-(k+1)*cellsPerPiece)
}

// recallLoad maps the scratchpad's last cell to the load to be read.
//
// Source: whitepaper 5.2.4, Fig. 6, lines 6-8. The figure adds a byte position
// to a count of loads; we count in loads throughout (protocol-storage.md W3).
func recallLoad(last *cell, r Range) (uint64, error) {
	n := r.Loads()
	if n == 0 {
		return 0, fmt.Errorf("%w: [%d, +%d) shard %d of %d", ErrFlowTooShort, r.StartLoad, r.LengthLoads, r.ShardID, r.NumShard)
	}
	seed := keccak.Sum256(last[:])
	return r.StartLoad + mod256(&seed, n)*r.NumShard + r.ShardID, nil
}

// mod256 returns the big-endian number a modulo n; n is not zero.
func mod256(a *Hash, n uint64) (rest uint64) {
	for i := 0; i < len(a); i += 8 {
		rest = bits.Rem64(rest, binary.BigEndian.Uint64(a[i:]), n)
	}
	return rest
}
