package erasure

// Blob is an encoded blob: all rows, their tree and the combinations. It is
// built in steps, so that a caller can spread each over cores; Encode does them
// in order.
//
//	b := NewBlob(…)                                             // or NewBlobIn, LayRows
//	for i := range b.Stripes() { b.EncodeStripe(codec, i) }     // any order, in parallel
//	b.HashRows(from, to)                                        // all rows, in parallel
//	b.FixRows()                                                 // row root, coefficients
//	b.CombineRows(from, to)                                     // the K data rows, in parallel
//	b.Fix()                                                     // commitment
type Blob struct {
	Commitment
	Rows [][]byte      // N
	RLC  []Combination // K

	memory []byte // all rows, one after the other
	tree   rowTree
	coeffs [][8]uint16
}

// NewBlob lays the payload out over the data rows.
func NewBlob(p Profile, evmChainID uint64, payload []byte) (*Blob, error) {
	b, err := NewBlobIn(nil, p, evmChainID, uint64(len(payload)))
	if err != nil {
		return nil, err
	}
	b.LayRows(payload, 0, p.K)
	return b, nil
}

// NewBlobIn is a blob in memory that another had, where that is enough: fresh
// pages cost as much as encoding does. Its data rows are to be laid out.
func NewBlobIn(memory []byte, p Profile, evmChainID uint64, dataLen uint64) (*Blob, error) {
	rowSize, err := p.RowSize(dataLen)
	if err != nil {
		return nil, err
	}
	if cap(memory) < p.N*rowSize {
		memory = make([]byte, p.N*rowSize)
	}
	memory = memory[:p.N*rowSize]
	return &Blob{
		Commitment: Commitment{Profile: p, EVMChainID: evmChainID, RowSize: rowSize, DataLen: dataLen},
		Rows:       cut(memory, rowSize), RLC: make([]Combination, p.K), memory: memory, tree: newRowTree(p.N),
	}, nil
}

// Memory is where the rows lie; a blob that is done with may give it to NewBlobIn.
func (b *Blob) Memory() []byte { return b.memory }

// LayRows lays the payload out over data rows [from, to). The payload has the
// length that the blob was made for.
func (b *Blob) LayRows(payload []byte, from, to int) {
	layOut(b.Profile, payload, from*b.RowSize, b.memory[from*b.RowSize:to*b.RowSize])
}

// Stripes is how many calls of EncodeStripe fill the parity rows.
func (b *Blob) Stripes() int {
	return (b.RowSize + b.Profile.stripeSize() - 1) / b.Profile.stripeSize()
}

// EncodeStripe fills one stripe of columns of the parity rows.
func (b *Blob) EncodeStripe(codec Codec, stripe int) error {
	size := b.Profile.stripeSize()
	from := stripe * size
	to := min(from+size, b.RowSize)
	part := make([][]byte, len(b.Rows))
	for i, row := range b.Rows {
		part[i] = row[from:to:to]
	}
	return codec.Encode(b.Profile, part)
}

// HashRows computes the nodes of rows [from, to).
func (b *Blob) HashRows(from, to int) {
	hashRows(b.Rows[from:to], b.tree[0][from:to])
}

// FixRows commits to the rows; the coefficients follow.
func (b *Blob) FixRows() {
	b.RowRoot = b.tree.grow()
	b.coeffs = coefficients(b.Profile, b.RowSize, b.RowRoot)
}

// CombineRows computes the combinations of data rows [from, to).
func (b *Blob) CombineRows(from, to int) { combine(b.coeffs, b.Rows[from:to], b.RLC[from:to]) }

// Fix commits to the combinations.
func (b *Blob) Fix() { b.RLCRoot = CombinationRoot(b.RLC) }

// Row is one row with its path, once the rows are fixed.
func (b *Blob) Row(index int) Row {
	return Row{Index: index, Data: b.Rows[index], Path: b.tree.path(index)}
}

// Encode encodes a payload on one core.
func Encode(codec Codec, p Profile, evmChainID uint64, payload []byte) (*Blob, error) {
	b, err := NewBlob(p, evmChainID, payload)
	if err != nil {
		return nil, err
	}
	for i := range b.Stripes() {
		if err := b.EncodeStripe(codec, i); err != nil {
			return nil, err
		}
	}
	b.HashRows(0, p.N)
	b.FixRows()
	b.CombineRows(0, p.K)
	b.Fix()
	return b, nil
}
