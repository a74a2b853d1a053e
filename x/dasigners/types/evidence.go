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
	SignedBatch
}

// SignedBatch is a batch that members of a quorum signed, and a blob's place in it.
type SignedBatch struct {
	BatchRoot  erasure.Hash
	BatchCount uint32
	BlobID     uint64
	BatchIndex uint32
	BatchPath  []erasure.Hash
	Bitmap     []byte
	Signature  []byte
}

// Signed decodes an attestation for a blob.
func (a Attestation) Signed(blobID uint64) (b SignedBatch, err error) {
	if b.BatchRoot, err = Hash32("batch_root", a.BatchRoot); err != nil {
		return b, err
	}
	if b.BatchPath, err = hashes("batch_path", a.BatchPath, maxPath); err != nil {
		return b, err
	}
	if a.BatchCount == 0 || a.BatchCount > maxBatch || a.BatchIndex >= a.BatchCount {
		return b, ErrInvalidMessage.Wrapf("blob %d of a batch of %d: out of bounds", a.BatchIndex, a.BatchCount)
	}
	b.BatchCount, b.BatchIndex, b.BlobID = a.BatchCount, a.BatchIndex, blobID
	b.Bitmap, b.Signature = a.MemberBitmap, a.Signature
	return b, nil
}

// Evidence decodes the message; what it says is not judged here.
func (m MsgSubmitFalseAttestation) Evidence() (e Evidence, err error) {
	if e.Commitment, err = erasure.ParseCommitment(m.Preimage); err != nil {
		return e, ErrInvalidMessage.Wrapf("preimage: %s", err)
	}
	e.SignedBatch, err = Attestation{
		BatchRoot: m.BatchRoot, BatchCount: m.BatchCount, BatchIndex: m.BatchIndex, BatchPath: m.BatchPath,
		MemberBitmap: m.MemberBitmap, Signature: m.Signature,
	}.Signed(m.BlobId)
	if err != nil {
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
	if m.Row >= uint32(e.Commitment.Profile.N) {
		return e, ErrInvalidMessage.Wrapf("row %d of %d", m.Row, e.Commitment.Profile.N)
	}
	for i := range k {
		e.Combinations = append(e.Combinations, erasure.Combination(m.Combinations[i*erasure.CombinationSize:]))
	}
	e.Row = erasure.Row{Index: int(m.Row), Data: m.RowData, Path: path}
	e.Epoch, e.QuorumID = m.Epoch, m.QuorumId
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
