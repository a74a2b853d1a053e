package node

import (
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// An extent is what is stored of one blob, one run of sectors:
//
//	combinations (16 B · k) ‖ row ‖ path (32 B · depth) ‖ row ‖ path ‖ … ‖ zeros
//
// Rows ascend by index. A path has a place for each level of the row tree; where
// the tree of a profile carries a node up, the last places are zeros.
type extent struct {
	profile erasure.Profile
	rowSize int
	rows    int
}

func extentOf(c erasure.Commitment, rows int) extent { return extent{c.Profile, c.RowSize, rows} }

// depth is how many siblings a path of a profile has at most.
func depth(p erasure.Profile) int {
	levels := 0
	for n := p.N; n > 1; n = (n + 1) / 2 {
		levels++
	}
	return levels
}

// pathLen is how many siblings the path of one row has.
func pathLen(p erasure.Profile, index int) int {
	siblings := 0
	for n := p.N; n > 1; index, n = index/2, (n+1)/2 {
		if index^1 < n {
			siblings++
		}
	}
	return siblings
}

func (e extent) combinationsBytes() int { return e.profile.K * erasure.CombinationSize }

// stride is the bytes from one row to the next.
func (e extent) stride() int { return e.rowSize + depth(e.profile)*len(erasure.Hash{}) }

// rowAt is where row number i of those stored begins, in bytes.
func (e extent) rowAt(i int) int { return e.combinationsBytes() + i*e.stride() }

// sectors is the length on disk.
func (e extent) sectors() int {
	return (e.rowAt(e.rows) + layout.SectorSize - 1) / layout.SectorSize
}

// bytes is the length on disk, a multiple of a sector.
func (e extent) bytes() int { return e.sectors() * layout.SectorSize }

// put writes row number i into the extent's bytes, over whatever is there.
func (e extent) put(into []byte, i int, row erasure.Row) {
	at := e.rowAt(i)
	copy(into[at:at+e.rowSize], row.Data)
	path := into[at+e.rowSize : at+e.stride()]
	for level := range row.Path {
		path = path[copy(path, row.Path[level][:]):]
	}
	clear(path)
}

// row reads a row with its path from the bytes of its place; Data aliases them.
func (e extent) row(stored []byte, index int) erasure.Row {
	row := erasure.Row{Index: index, Data: stored[:e.rowSize:e.rowSize], Path: make([]erasure.Hash, pathLen(e.profile, index))}
	for level := range row.Path {
		row.Path[level] = erasure.Hash(stored[e.rowSize+level*len(erasure.Hash{}):])
	}
	return row
}
