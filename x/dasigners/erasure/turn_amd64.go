package erasure

// hasTurn: every amd64 has what turn16 needs.
const hasTurn = true

// turn16 writes chunks of 64 bytes, from offset at on, of 16 rows as columns:
// byte j of chunk c of row r goes to byte r of column 32c+j; the high bytes, from
// 32 on, follow 32 further on in the column.
//
//go:noescape
func turn16(rows *[16]*byte, at int, columns *byte, stride, chunks int)
