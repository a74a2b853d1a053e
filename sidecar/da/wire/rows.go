package wire

import (
	"fmt"
	"math/bits"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const hashSize = len(erasure.Hash{})

// Rows of one stream ascend by index, and above the point where the paths of two
// neighbours meet they are the same: a row carries the siblings below that point
// only, the first row its whole path. A member with a sixth of the rows is sent
// about three hashes a row instead of twelve.

// Packer packs the rows of one stream.
type Packer struct {
	last  int
	begun bool
}

// Pack returns a row in its wire form; the data is not copied.
func (p *Packer) Pack(row erasure.Row) *pb.Row {
	siblings := row.Path
	if p.begun {
		siblings = siblings[:min(len(siblings), meeting(p.last, row.Index))]
	}
	p.last, p.begun = row.Index, true
	return &pb.Row{Index: uint32(row.Index), Data: row.Data, Path: PackHashes(siblings)}
}

// pathLength is how many siblings a leaf has in a tree of n (RFC 6962): where n is
// no power of two, the last node of a level can have none.
func pathLength(index, n int) (length int) {
	for ; n > 1; index, n = index/2, (n+1)/2 {
		if index^1 < n {
			length++
		}
	}
	return length
}

// meeting is the level of the lowest node above both of two leaves.
func meeting(a, b int) int { return bits.Len(uint(a ^ b)) }

// Unpacker reads the rows of one stream back. It checks their shape only; the
// verifier of package erasure says whether they are right.
type Unpacker struct {
	rows, rowSize int
	last          erasure.Row
	begun         bool
}

// NewUnpacker reads rows of a blob.
func NewUnpacker(c erasure.Commitment) *Unpacker {
	return &Unpacker{rows: c.Profile.N, rowSize: c.RowSize}
}

// Unpack returns the next row with its whole path; the data is not copied.
func (u *Unpacker) Unpack(in *pb.Row) (erasure.Row, error) {
	row := erasure.Row{Index: int(in.GetIndex()), Data: in.GetData()}
	if row.Index >= u.rows {
		return erasure.Row{}, fmt.Errorf("%w: row %d of %d", ErrMalformed, row.Index, u.rows)
	}
	if len(row.Data) != u.rowSize {
		return erasure.Row{}, fmt.Errorf("%w: row %d has %d bytes, want %d", ErrMalformed, row.Index, len(row.Data), u.rowSize)
	}
	whole := pathLength(row.Index, u.rows)
	sent := whole
	if u.begun {
		if row.Index <= u.last.Index {
			return erasure.Row{}, fmt.Errorf("%w: row %d after row %d, want them ascending", ErrMalformed, row.Index, u.last.Index)
		}
		sent = min(sent, meeting(u.last.Index, row.Index))
	}
	siblings, err := UnpackHashes(in.GetPath(), whole)
	if err != nil || len(siblings) != sent {
		return erasure.Row{}, fmt.Errorf("%w: path of row %d has %d bytes, want %d", ErrMalformed, row.Index, len(in.GetPath()), sent*hashSize)
	}
	if sent < whole { // they meet below the top, so both have the same siblings from there
		siblings = append(siblings, u.last.Path[sent:]...)
	}
	row.Path = siblings
	u.last, u.begun = row, true
	return row, nil
}

// PackHashes joins hashes.
func PackHashes(hashes []erasure.Hash) []byte {
	out := make([]byte, 0, len(hashes)*hashSize)
	for i := range hashes {
		out = append(out, hashes[i][:]...)
	}
	return out
}

// UnpackHashes reads at most most hashes.
func UnpackHashes(in []byte, most int) ([]erasure.Hash, error) {
	if len(in)%hashSize != 0 || len(in) > most*hashSize {
		return nil, fmt.Errorf("%w: hashes have %d bytes, want 32 each and at most %d", ErrMalformed, len(in), most*hashSize)
	}
	out := make([]erasure.Hash, len(in)/hashSize, max(most, 1))
	for i := range out {
		out[i] = erasure.Hash(in[i*hashSize:])
	}
	return out, nil
}

// PackCombinations writes 16 bytes for each data row.
func PackCombinations(combinations []erasure.Combination) []byte {
	out := make([]byte, 0, len(combinations)*erasure.CombinationSize)
	for i := range combinations {
		out = append(out, combinations[i][:]...)
	}
	return out
}

// UnpackCombinations reads those of a profile.
func UnpackCombinations(p erasure.Profile, in []byte) ([]erasure.Combination, error) {
	if len(in) != p.K*erasure.CombinationSize {
		return nil, fmt.Errorf("%w: combinations have %d bytes, want %d", ErrMalformed, len(in), p.K*erasure.CombinationSize)
	}
	out := make([]erasure.Combination, p.K)
	for i := range out {
		out[i] = erasure.Combination(in[i*erasure.CombinationSize:])
	}
	return out, nil
}
