package erasure

import "fmt"

// Row is one row with the siblings that lead to rowRoot, bottom up.
type Row struct {
	Index int
	Data  []byte
	Path  []Hash
}

// Chunk is a part of a row, ChunkSize bytes but for a row's last, with the
// siblings inside its row and then those of the row.
type Chunk struct {
	Row, Index int
	Data       []byte
	Path       []Hash
}

// chunksOf is how many chunks a row has.
func chunksOf(rowSize int) int { return (rowSize + ChunkSize - 1) / ChunkSize }

// chunkHashes are the leaves of a row's own tree.
func chunkHashes(row []byte) []Hash {
	leaves := make([]Hash, 0, chunksOf(len(row)))
	for len(row) > 0 {
		n := min(len(row), ChunkSize)
		leaves = append(leaves, hashLeaf(row[:n]))
		row = row[n:]
	}
	return leaves
}

// HashRow is the node of a row: the root over its chunks. It is a leaf of the
// row tree as it stands, not hashed again.
func HashRow(row []byte) Hash {
	if len(row) <= ChunkSize {
		return hashLeaf(row)
	}
	return root(chunkHashes(row))
}

// rowTree keeps every level over the nodes of all rows, bottom up, so that a path
// is looked up and not computed.
type rowTree [][]Hash

func newRowTree(n int) rowTree { return rowTree{make([]Hash, n)} }

// grow computes the levels above the row nodes and returns the root.
func (t *rowTree) grow() Hash {
	*t = (*t)[:1]
	for {
		top := (*t)[len(*t)-1]
		if len(top) == 1 {
			return top[0]
		}
		parents := append([]Hash(nil), top...)
		*t = append(*t, parents[:level(parents)])
	}
}

func (t rowTree) path(index int) []Hash {
	path := make([]Hash, 0, len(t)-1)
	for _, nodes := range t[:len(t)-1] {
		if sibling := index ^ 1; sibling < len(nodes) {
			path = append(path, nodes[sibling])
		}
		index /= 2
	}
	return path
}

// hashRows computes the nodes of rows of one length.
func hashRows(rows [][]byte, nodes []Hash) {
	i := 0
	for ; hasTwoHash && i+1 < len(rows); i += 2 {
		nodes[i], nodes[i+1] = hashRows2(rows[i], rows[i+1])
	}
	for ; i < len(rows); i++ {
		nodes[i] = HashRow(rows[i])
	}
}

// CheckPath says whether a row belongs to the commitment.
func (c Commitment) CheckPath(row Row) error {
	if err := c.checkShape(row); err != nil {
		return err
	}
	return c.checkNode(row, HashRow(row.Data))
}

func (c Commitment) checkShape(row Row) error {
	if row.Index < 0 || row.Index >= c.Profile.N {
		return fmt.Errorf("%w: row %d of %d", ErrBadRow, row.Index, c.Profile.N)
	}
	if len(row.Data) != c.RowSize {
		return fmt.Errorf("%w: row %d has %d bytes, want %d", ErrBadRow, row.Index, len(row.Data), c.RowSize)
	}
	return nil
}

// checkNode says whether the node of a row leads to the row root.
func (c Commitment) checkNode(row Row, node Hash) error {
	top, rest, ok := fold(node, row.Index, c.Profile.N, row.Path)
	if !ok || len(rest) != 0 || top != c.RowRoot {
		return fmt.Errorf("%w: the path of row %d does not lead to the row root", ErrBadRow, row.Index)
	}
	return nil
}

// CheckChunk says whether a chunk belongs to the commitment.
func (c Commitment) CheckChunk(chunk Chunk) error {
	chunks := chunksOf(c.RowSize)
	if chunk.Row < 0 || chunk.Row >= c.Profile.N || chunk.Index < 0 || chunk.Index >= chunks {
		return fmt.Errorf("%w: chunk %d of row %d, want below %d of %d", ErrBadRow, chunk.Index, chunk.Row, chunks, c.Profile.N)
	}
	if want := min(ChunkSize, c.RowSize-chunk.Index*ChunkSize); len(chunk.Data) != want {
		return fmt.Errorf("%w: chunk %d of row %d has %d bytes, want %d", ErrBadRow, chunk.Index, chunk.Row, len(chunk.Data), want)
	}
	node, rest, ok := fold(hashLeaf(chunk.Data), chunk.Index, chunks, chunk.Path)
	if ok {
		node, rest, ok = fold(node, chunk.Row, c.Profile.N, rest)
	}
	if !ok || len(rest) != 0 || node != c.RowRoot {
		return fmt.Errorf("%w: the path of chunk %d of row %d does not lead to the row root", ErrBadRow, chunk.Index, chunk.Row)
	}
	return nil
}

// ChunkOf cuts a chunk with its path out of a row with its path.
func ChunkOf(row Row, index int) (Chunk, error) {
	if index < 0 || index >= chunksOf(len(row.Data)) {
		return Chunk{}, fmt.Errorf("%w: chunk %d of a row with %d", ErrBadRow, index, chunksOf(len(row.Data)))
	}
	from := index * ChunkSize
	return Chunk{
		Row: row.Index, Index: index, Data: row.Data[from:min(from+ChunkSize, len(row.Data))],
		Path: append(pathOf(chunkHashes(row.Data), index), row.Path...),
	}, nil
}
