package erasure

import "fmt"

// Verifier checks rows of one blob.
type Verifier struct {
	Commitment
	coeffs [][8]uint16
	rlc    []Combination // of all N rows
}

// NewVerifier checks that the combinations are those committed to, and extends
// them to all rows. It costs one small encoding and rowSize/4 hashes.
func NewVerifier(codec Codec, c Commitment, rlc []Combination) (*Verifier, error) {
	if len(rlc) != c.Profile.K {
		return nil, fmt.Errorf("%w: %d combinations, want %d", ErrBadCommitment, len(rlc), c.Profile.K)
	}
	if CombinationRoot(rlc) != c.RLCRoot {
		return nil, fmt.Errorf("%w: the combinations do not hash to the committed root", ErrBadCommitment)
	}
	all, err := extend(codec, c.Profile, rlc)
	if err != nil {
		return nil, err
	}
	return &Verifier{Commitment: c, coeffs: coefficients(c.Profile, c.RowSize, c.RowRoot), rlc: all}, nil
}

// Check says whether a row belongs to the blob (ErrBadRow) and is what a correct
// encoder makes it (ErrBadCoding).
func (v *Verifier) Check(row Row) error { return v.CheckAll([]Row{row})[0] }

// CheckAll checks rows together, several times faster than one by one. The
// errors are in the order of the rows; nil for a good one. A row that fails its
// path is not combined.
func (v *Verifier) CheckAll(rows []Row) []error {
	errs := make([]error, len(rows))
	var data [][]byte
	var at []int
	for i, row := range rows {
		if errs[i] = v.checkShape(row); errs[i] == nil {
			data, at = append(data, row.Data), append(at, i)
		}
	}
	nodes := make([]Hash, len(data))
	hashRows(data, nodes)
	good := 0
	for j, i := range at {
		if errs[i] = v.checkNode(rows[i], nodes[j]); errs[i] == nil {
			data[good], at[good] = data[j], i
			good++
		}
	}
	data, at = data[:good], at[:good]
	got := make([]Combination, len(data))
	combine(v.coeffs, data, got)
	for j, i := range at {
		if got[j] != v.rlc[rows[i].Index] {
			errs[i] = fmt.Errorf("%w: row %d combines to %x, want %x", ErrBadCoding, rows[i].Index, got[j], v.rlc[rows[i].Index])
		}
	}
	return errs
}
