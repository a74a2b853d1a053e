package encoder

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Root names a blob; in text 0x and 64 hex characters.
type Root chain.Hash

func (r Root) String() string { return "0x" + hex.EncodeToString(r[:]) }

// MarshalText writes 0x….
func (r Root) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads 0x….
func (r *Root) UnmarshalText(text []byte) error {
	raw, err := hex.DecodeString(strings.TrimPrefix(string(text), "0x"))
	if err != nil || len(raw) != len(r) {
		return fmt.Errorf("root %.80q: want 0x and 64 hex characters", text)
	}
	*r = Root(raw)
	return nil
}

// State is how far a blob is.
type State string

// States; the first three are not over.
const (
	Accepted     State = "accepted"     // on disk here
	Submitted    State = "submitted"    // ordered on chain, on its way to its quorum
	Insufficient State = "insufficient" // too few members signed; tried again
	Confirmed    State = "confirmed"    // in a block
	Finalized    State = "finalized"    // read back from the chain
	Failed       State = "failed"
)

// over says whether nothing more will happen.
func (s State) over() bool { return s == Confirmed || s == Finalized || s == Failed }

var wireStates = map[State]pb.BlobStatus{
	Accepted: pb.BlobStatus_BLOB_STATUS_PROCESSING, Submitted: pb.BlobStatus_BLOB_STATUS_PROCESSING,
	Insufficient: pb.BlobStatus_BLOB_STATUS_INSUFFICIENT_SIGNATURES, Confirmed: pb.BlobStatus_BLOB_STATUS_CONFIRMED,
	Finalized: pb.BlobStatus_BLOB_STATUS_FINALIZED, Failed: pb.BlobStatus_BLOB_STATUS_FAILED,
}

// Status is the state in the words of 0G's disperser.
func (s State) Status() pb.BlobStatus { return wireStates[s] }

// Record is what is known of a blob, here and in the journal.
type Record struct {
	Root          Root   `json:"root"`
	State         State  `json:"state"`
	DataLen       uint64 `json:"data_len"` // bytes of payload
	Profile       uint8  `json:"profile"`
	Client        string `json:"client,omitempty"`
	Received      int64  `json:"received"` // Unix seconds
	Attempts      int    `json:"attempts,omitempty"`
	BlobID        uint64 `json:"blob_id,omitempty"`
	Epoch         uint64 `json:"epoch,omitempty"`
	QuorumID      uint32 `json:"quorum_id,omitempty"`
	SubmitHeight  int64  `json:"submit_height,omitempty"`
	ConfirmHeight int64  `json:"confirm_height,omitempty"`
	HitSeats      uint32 `json:"hit_seats,omitempty"`
	TotalSeats    uint32 `json:"total_seats,omitempty"`
	SubmitTx      string `json:"submit_tx,omitempty"`
	ConfirmTx     string `json:"confirm_tx,omitempty"`
	Reason        string `json:"reason,omitempty"` // of a failure or a delay
}

// check refuses what this program would not have written.
func (r Record) check() error {
	if _, ok := wireStates[r.State]; !ok {
		return fmt.Errorf("%w: state %.40q", ErrCorrupt, r.State)
	}
	p, err := erasure.ProfileByID(r.Profile)
	if err == nil {
		_, err = p.RowSize(r.DataLen)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return nil
}

// info is the record in the words of 0G's disperser.
func (r Record) info() *pb.BlobInfo {
	return &pb.BlobInfo{
		DataRoot: r.Root[:], BlobId: r.BlobID, Epoch: r.Epoch, QuorumId: r.QuorumID, DataLen: r.DataLen,
		SubmitHeight: r.SubmitHeight, ConfirmHeight: r.ConfirmHeight, HitSeats: r.HitSeats, TotalSeats: r.TotalSeats,
		SubmitTx: r.SubmitTx, ConfirmTx: r.ConfirmTx,
	}
}

// onChain takes over what the chain says.
func (r *Record) onChain(b chain.DABlob) {
	r.BlobID, r.Epoch, r.QuorumID = b.ID, b.Epoch, b.QuorumID
	r.SubmitHeight, r.ConfirmHeight = b.SubmitHeight, b.ConfirmHeight
}

func encodeRecord(r Record) ([]byte, error) { return json.Marshal(r) }

func decodeRecord(text []byte) (Record, error) {
	var r Record
	if err := json.Unmarshal(text, &r); err != nil {
		return Record{}, fmt.Errorf("%w: record: %w", ErrCorrupt, err)
	}
	return r, r.check()
}
