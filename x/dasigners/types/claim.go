package types

import (
	"encoding/binary"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// ChunkKeySize is the bytes of a ChunkKey.
const ChunkKeySize = hashBytes + 8 + 4 + 4 + 4

// ChunkKey names a chunk that a quorum promised to keep.
func ChunkKey(dataRoot erasure.Hash, epoch uint64, quorumID, row, chunk uint32) []byte {
	key := append(make([]byte, 0, ChunkKeySize), dataRoot[:]...)
	key = binary.BigEndian.AppendUint64(key, epoch)
	key = binary.BigEndian.AppendUint32(key, quorumID)
	key = binary.BigEndian.AppendUint32(key, row)
	return binary.BigEndian.AppendUint32(key, chunk)
}

// ChunkKey of the chunk that is asked for.
func (c Challenge) ChunkKey() []byte {
	return ChunkKey(erasure.Hash(c.DataRoot), c.Epoch, c.QuorumId, c.Row, c.Chunk)
}

// Place is a blob's leaf under the confirmed root of a block, decoded.
type Place struct {
	BlobProof
	Path []erasure.Hash
}

// Recent says that the record of the blob stands, so that nothing is proven.
func (p BlobProof) Recent() bool { return p.Height == 0 && len(p.Path) == 0 }

func (p BlobProof) place() (Place, error) {
	path, err := hashes("blob.path", p.Path, maxPath)
	return Place{p, path}, err
}

// decode refuses what no blob of the commitment has.
func (c Chunk) decode() (erasure.Chunk, error) {
	path, err := hashes("chunk.path", c.Path, maxPath)
	if err != nil {
		return erasure.Chunk{}, err
	}
	if len(c.Data) == 0 || len(c.Data) > erasure.ChunkSize {
		return erasure.Chunk{}, ErrInvalidMessage.Wrapf("chunk has %d bytes, want 1 to %d", len(c.Data), erasure.ChunkSize)
	}
	if c.Row >= maxRows || c.Index >= maxRows {
		return erasure.Chunk{}, ErrInvalidMessage.Wrapf("chunk %d of row %d, want below %d", c.Index, c.Row, maxRows)
	}
	return erasure.Chunk{Row: int(c.Row), Index: int(c.Index), Data: c.Data, Path: path}, nil
}

// maxRows is above the rows and the chunks of a row of every profile.
const maxRows = 1 << 16

// Sample is a chunk that may win, decoded.
type Sample struct {
	Commitment erasure.Commitment
	Chunk      erasure.Chunk
	Blob       Place
}

// Sample decodes the message; what it says is not judged here.
func (m MsgSubmitSample) Sample() (s Sample, err error) {
	if s.Commitment, err = erasure.ParseCommitment(m.Preimage); err != nil {
		return s, ErrInvalidMessage.Wrapf("preimage: %s", err)
	}
	if s.Chunk, err = m.Chunk.decode(); err != nil {
		return s, err
	}
	s.Blob, err = m.Blob.place()
	return s, err
}

// Question is a challenge that is to be opened, decoded.
type Question struct {
	Commitment erasure.Commitment
	Row, Chunk uint32
	Blob       Place
	Signed     *Attestation // nil: the record says who signed
}

// Question decodes the message; rows and chunks outside the blob are refused.
func (m MsgOpenChallenge) Question() (q Question, err error) {
	if q.Commitment, err = erasure.ParseCommitment(m.Preimage); err != nil {
		return q, ErrInvalidMessage.Wrapf("preimage: %s", err)
	}
	if m.Row >= uint32(q.Commitment.Profile.N) || m.Chunk >= uint32(q.Commitment.Chunks()) {
		return q, ErrInvalidMessage.Wrapf("chunk %d of row %d, want below %d of %d", m.Chunk, m.Row, q.Commitment.Chunks(), q.Commitment.Profile.N)
	}
	q.Row, q.Chunk, q.Signed = m.Row, m.Chunk, m.Attestation
	q.Blob, err = m.Blob.place()
	return q, err
}

// Answer is the chunk that a challenge asked for, decoded.
type Answer struct {
	Commitment erasure.Commitment
	Chunk      erasure.Chunk
}

// Answer decodes the message.
func (m MsgAnswerChallenge) Answer() (a Answer, err error) {
	if a.Commitment, err = erasure.ParseCommitment(m.Preimage); err != nil {
		return a, ErrInvalidMessage.Wrapf("preimage: %s", err)
	}
	a.Chunk, err = m.Chunk.decode()
	return a, err
}
