package erasure

import "fmt"

// CombinationRoot is the root over the combinations of the k data rows.
func CombinationRoot(rlc []Combination) Hash {
	leaves := make([]Hash, len(rlc))
	for i := range rlc {
		leaves[i] = hashLeaf(rlc[i][:])
	}
	return root(leaves)
}

// extend continues the combinations of the k data rows to all n rows: the code
// is linear, so the combination of an encoded row is the encoding of the
// combinations. Each rides in one Leopard chunk, its 8 symbols first.
func extend(codec Codec, p Profile, rlc []Combination) ([]Combination, error) {
	if len(rlc) != p.K {
		return nil, fmt.Errorf("%w: %d combinations, want %d", ErrBadCommitment, len(rlc), p.K)
	}
	slab := make([]byte, p.N*RowUnit)
	rows := cut(slab, RowUnit)
	for i := range rlc {
		for s := range CombinationSize / 2 {
			rows[i][s], rows[i][lanes+s] = rlc[i][2*s], rlc[i][2*s+1]
		}
	}
	if err := codec.Encode(p, rows); err != nil {
		return nil, err
	}
	all := make([]Combination, p.N)
	for i := range all {
		for s := range CombinationSize / 2 {
			all[i][2*s], all[i][2*s+1] = rows[i][s], rows[i][lanes+s]
		}
	}
	return all, nil
}

// cut divides a slab into rows.
func cut(slab []byte, rowSize int) [][]byte {
	rows := make([][]byte, len(slab)/rowSize)
	for i := range rows {
		rows[i] = slab[i*rowSize : (i+1)*rowSize : (i+1)*rowSize]
	}
	return rows
}
