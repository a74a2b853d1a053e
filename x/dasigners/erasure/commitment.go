package erasure

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

const (
	rootDomain = "zgd/da/blob/v1"
	// PreimageSize is the bytes of a commitment: profile, chain, row size, data
	// length, two roots.
	PreimageSize = 1 + 8 + 4 + 8 + 32 + 32
)

// Commitment is what dataRoot hashes: all that a reader needs to check rows.
type Commitment struct {
	Profile    Profile
	EVMChainID uint64 // of the consensus network that orders the blob
	RowSize    int    // bytes
	DataLen    uint64 // bytes of payload
	RowRoot    Hash
	RLCRoot    Hash
}

// Preimage is the fixed encoding under dataRoot, integers big-endian.
func (c Commitment) Preimage() []byte {
	b := append(make([]byte, 0, PreimageSize), c.Profile.ID)
	b = binary.BigEndian.AppendUint64(b, c.EVMChainID)
	b = binary.BigEndian.AppendUint32(b, uint32(c.RowSize))
	b = binary.BigEndian.AppendUint64(b, c.DataLen)
	b = append(b, c.RowRoot[:]...)
	return append(b, c.RLCRoot[:]...)
}

// DataRoot names the blob.
func (c Commitment) DataRoot() Hash {
	return sha256.Sum256(append([]byte(rootDomain), c.Preimage()...))
}

// ParseCommitment reads a preimage and refuses sizes that contradict each other.
func ParseCommitment(b []byte) (Commitment, error) {
	if len(b) != PreimageSize {
		return Commitment{}, fmt.Errorf("%w: %d bytes, want %d", ErrBadCommitment, len(b), PreimageSize)
	}
	profile, err := ProfileByID(b[0])
	if err != nil {
		return Commitment{}, err
	}
	c := Commitment{
		Profile: profile, EVMChainID: binary.BigEndian.Uint64(b[1:]),
		DataLen: binary.BigEndian.Uint64(b[13:]), RowRoot: Hash(b[21:53]), RLCRoot: Hash(b[53:85]),
	}
	if c.RowSize, err = profile.RowSize(c.DataLen); err != nil {
		return Commitment{}, err
	}
	if got := binary.BigEndian.Uint32(b[9:]); got != uint32(c.RowSize) {
		return Commitment{}, fmt.Errorf("%w: row size %d for %d bytes, want %d", ErrBadCommitment, got, c.DataLen, c.RowSize)
	}
	return c, nil
}
