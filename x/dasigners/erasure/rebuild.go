package erasure

import "fmt"

// Rebuild returns the data rows from any K rows that have been checked. Rows
// beyond the first K of different index are not needed and not used. The data
// rows among them are returned as they are, not copied.
func (c Commitment) Rebuild(codec Codec, rows []Row) ([][]byte, error) {
	all := make([][]byte, c.Profile.N)
	have := 0
	for _, row := range rows {
		if row.Index < 0 || row.Index >= c.Profile.N || len(row.Data) != c.RowSize {
			return nil, fmt.Errorf("%w: row %d with %d bytes was not checked", ErrBadRow, row.Index, len(row.Data))
		}
		if all[row.Index] == nil && have < c.Profile.K {
			all[row.Index] = row.Data
			have++
		}
	}
	if have < c.Profile.K {
		return nil, fmt.Errorf("%w: %d different ones, want %d", ErrTooFewRows, have, c.Profile.K)
	}
	if err := c.fill(codec, all); err != nil {
		return nil, err
	}
	return all[:c.Profile.K], nil
}

// fill rebuilds the missing data rows, a stripe of columns at a time.
func (c Commitment) fill(codec Codec, all [][]byte) error {
	var missing []int
	for i := range c.Profile.K {
		if all[i] == nil {
			missing = append(missing, i)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	rebuilt := cut(make([]byte, len(missing)*c.RowSize), c.RowSize)
	stripe := c.Profile.stripeSize()
	for from := 0; from < c.RowSize; from += stripe {
		to := min(from+stripe, c.RowSize)
		part := make([][]byte, len(all))
		for i, row := range all {
			if row != nil {
				part[i] = row[from:to:to]
			}
		}
		if err := codec.Rebuild(c.Profile, part); err != nil {
			return fmt.Errorf("rebuild rows: %w", err)
		}
		for j, i := range missing {
			copy(rebuilt[j][from:to], part[i])
		}
	}
	for j, i := range missing {
		all[i] = rebuilt[j]
	}
	return nil
}
