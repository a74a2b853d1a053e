package types

import (
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// maxPath is the siblings of the longest path that any list here has: a row of
// 131 072 bytes in the largest shape has fewer.
const maxPath = 32

// Evidence is a false attestation, decoded: a row that a commitment covers, the
// combinations it must agree with, and the batch that was signed.
type Evidence struct {
	Commitment   erasure.Commitment
	Row          erasure.Row
	Combinations []erasure.Combination
	Epoch        uint64
	QuorumID     uint32
	BatchRoot    erasure.Hash
	BatchCount   uint32
	BlobID       uint64
	BatchIndex   uint32
	BatchPath    []erasure.Hash
	Bitmap       []byte
	Signature    []byte
}

// Evidence decodes the message; what it says is not judged here.
func (m MsgSubmitFalseAttestation) Evidence() (e Evidence, err error) {
	if e.Commitment, err = erasure.ParseCommitment(m.Preimage); err != nil {
		return e, ErrInvalidMessage.Wrapf("preimage: %s", err)
	}
	if e.BatchRoot, err = Hash32("batch_root", m.BatchRoot); err != nil {
		return e, err
	}
	if e.BatchPath, err = hashes("batch_path", m.BatchPath, maxPath); err != nil {
		return e, err
	}
	path, err := hashes("row_path", m.RowPath, maxPath)
	if err != nil {
		return e, err
	}
	k := e.Commitment.Profile.K
	if len(m.Combinations) != k*erasure.CombinationSize {
		return e, ErrInvalidMessage.Wrapf("combinations has %d bytes, want %d for each of %d rows", len(m.Combinations), erasure.CombinationSize, k)
	}
	if m.BatchCount == 0 || m.BatchCount > maxBatch || m.BatchIndex >= m.BatchCount || m.Row >= uint32(e.Commitment.Profile.N) {
		return e, ErrInvalidMessage.Wrapf("blob %d of %d, row %d: out of bounds", m.BatchIndex, m.BatchCount, m.Row)
	}
	for i := range k {
		e.Combinations = append(e.Combinations, erasure.Combination(m.Combinations[i*erasure.CombinationSize:]))
	}
	e.Row = erasure.Row{Index: int(m.Row), Data: m.RowData, Path: path}
	e.Epoch, e.QuorumID, e.BlobID = m.Epoch, m.QuorumId, m.BlobId
	e.BatchCount, e.BatchIndex, e.Bitmap, e.Signature = m.BatchCount, m.BatchIndex, m.MemberBitmap, m.Signature
	return e, nil
}

// hashes unpacks siblings.
func hashes(name string, packed []byte, most int) ([]erasure.Hash, error) {
	if len(packed)%hashBytes != 0 || len(packed)/hashBytes > most {
		return nil, ErrInvalidMessage.Wrapf("%s has %d bytes, want %d for each of at most %d siblings", name, len(packed), hashBytes, most)
	}
	list := make([]erasure.Hash, len(packed)/hashBytes)
	for i := range list {
		list[i] = erasure.Hash(packed[i*hashBytes:])
	}
	return list, nil
}
