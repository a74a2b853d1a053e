package node

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// ErrRecord says that the record of a blob on disk does not decode.
var ErrRecord = errors.New("invalid blob record")

// Record is what the node knows of a blob that it holds rows of.
type Record struct {
	BlobID     uint64
	Commitment erasure.Commitment
	Epoch      uint64
	QuorumID   uint32
	First      uint64   // sector among those of the epoch
	Rows       []uint16 // held, ascending

	ConfirmHeight int64 // 0: not confirmed as far as this node knows
	LeafIndex     uint32
	LeafPath      []erasure.Hash // to the confirmed root of that block
}

// Root names the blob.
func (r *Record) Root() erasure.Hash { return r.Commitment.DataRoot() }

func (r *Record) extent() extent { return extentOf(r.Commitment, len(r.Rows)) }

// end is the first sector after the blob's.
func (r *Record) end() uint64 { return r.First + uint64(r.extent().sectors()) }

// holds returns the number of a row among those stored.
func (r *Record) holds(row int) (number int, ok bool) {
	if row < 0 || row > 1<<16-1 {
		return 0, false
	}
	return slices.BinarySearch(r.Rows, uint16(row))
}

const (
	recordVersion = 1
	recordHead    = 1 + erasure.PreimageSize + 8 + 8 + 4 + 8 + 8 + 4 + 2 + 2
	maxLeafPath   = 64
)

// encode writes version (1), preimage (85), blob id (8), epoch (8), quorum (4),
// first sector (8), confirm height (8), leaf index (4), number of siblings (2),
// number of rows (2), siblings (32 each), rows (2 each); integers big-endian.
func (r *Record) encode() []byte {
	out := make([]byte, 0, recordHead+32*len(r.LeafPath)+2*len(r.Rows))
	out = append(out, recordVersion)
	out = append(out, r.Commitment.Preimage()...)
	out = binary.BigEndian.AppendUint64(out, r.BlobID)
	out = binary.BigEndian.AppendUint64(out, r.Epoch)
	out = binary.BigEndian.AppendUint32(out, r.QuorumID)
	out = binary.BigEndian.AppendUint64(out, r.First)
	out = binary.BigEndian.AppendUint64(out, uint64(r.ConfirmHeight))
	out = binary.BigEndian.AppendUint32(out, r.LeafIndex)
	out = binary.BigEndian.AppendUint16(out, uint16(len(r.LeafPath)))
	out = binary.BigEndian.AppendUint16(out, uint16(len(r.Rows)))
	for i := range r.LeafPath {
		out = append(out, r.LeafPath[i][:]...)
	}
	for _, row := range r.Rows {
		out = binary.BigEndian.AppendUint16(out, row)
	}
	return out
}

// decodeRecord is the inverse of encode and accepts nothing else.
func decodeRecord(b []byte) (*Record, error) {
	if len(b) < recordHead || b[0] != recordVersion {
		return nil, fmt.Errorf("%w: %d bytes", ErrRecord, len(b))
	}
	commitment, err := erasure.ParseCommitment(b[1 : 1+erasure.PreimageSize])
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRecord, err)
	}
	b = b[1+erasure.PreimageSize:]
	r := &Record{
		Commitment: commitment, BlobID: binary.BigEndian.Uint64(b), Epoch: binary.BigEndian.Uint64(b[8:]),
		QuorumID: binary.BigEndian.Uint32(b[16:]), First: binary.BigEndian.Uint64(b[20:]),
		ConfirmHeight: int64(binary.BigEndian.Uint64(b[28:])), LeafIndex: binary.BigEndian.Uint32(b[36:]),
	}
	siblings, rows := int(binary.BigEndian.Uint16(b[40:])), int(binary.BigEndian.Uint16(b[42:]))
	b = b[44:]
	if siblings > maxLeafPath || rows > commitment.Profile.N || len(b) != 32*siblings+2*rows ||
		r.Epoch > maxEpoch || r.First > maxSector || r.ConfirmHeight < 0 {
		return nil, fmt.Errorf("%w: %d siblings, %d rows, epoch %d, sector %d, %d bytes left", ErrRecord, siblings, rows, r.Epoch, r.First, len(b))
	}
	for i := range siblings {
		r.LeafPath = append(r.LeafPath, erasure.Hash(b[32*i:]))
	}
	b = b[32*siblings:]
	for i := range rows {
		row := binary.BigEndian.Uint16(b[2*i:])
		if int(row) >= commitment.Profile.N || i > 0 && row <= r.Rows[i-1] {
			return nil, fmt.Errorf("%w: row %d at place %d", ErrRecord, row, i)
		}
		r.Rows = append(r.Rows, row)
	}
	return r, nil
}
