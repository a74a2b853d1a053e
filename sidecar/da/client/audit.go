package client

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// ErrAudit: a blob that was drawn is confirmed and cannot be had, or is not what
// its root says.
var ErrAudit = errors.New("audit failed")

// Whoever re-checks tasks of the past (a fraud proof's challenger, an auditor of AI
// work) must not be able to choose easy ones, nor must those who did the work know
// which will be looked at. So the beacon draws them: after block h, blob i of the
// audit is first + ⌊d·(next − first)/2^64⌋, where d is the first 8 bytes of
// SHA-256("zgd/da/audit/v1" ‖ beacon of h ‖ u32 i), and [first, next) are the blobs
// on record in that state. Anybody who names h looks at the same blobs.
const auditDomain = "zgd/da/audit/v1"

// maxAudited bounds one audit.
const maxAudited = 256

// Drawn are the blobs of an audit: at most so many different ids in [first, next).
func Drawn(beacon chain.Hash, first, next uint64, count int) (ids []uint64) {
	seen := make(map[uint64]bool)
	for i := uint32(0); len(ids) < count && uint64(len(ids)) < next-first && i < 16*maxAudited; i++ {
		message := append([]byte(auditDomain), beacon[:]...)
		digest := sha256.Sum256(binary.BigEndian.AppendUint32(message, i))
		offset, _ := bits.Mul64(binary.BigEndian.Uint64(digest[:]), next-first)
		if id := first + offset; !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// AuditOptions say what to look at.
type AuditOptions struct {
	Height int64 // of the beacon; 0: the newest block's
	Count  int   // blobs; 3
}

// Audited is what an audit came to.
type Audited struct {
	Height int64         `json:"height"`
	Beacon string        `json:"beacon"`
	First  uint64        `json:"first_blob_id"` // on record at that height
	Next   uint64        `json:"next_blob_id"`
	Blobs  []AuditedBlob `json:"blobs"`
	Passed int           `json:"passed"`
	Failed int           `json:"failed"` // confirmed, and not to be had
}

// AuditedBlob is one that was drawn.
type AuditedBlob struct {
	BlobID    uint64  `json:"blob_id"`
	Root      string  `json:"root"`
	Status    string  `json:"status"` // on chain; only confirmed ones count
	Kind      string  `json:"kind"`
	SizeBytes uint64  `json:"size_bytes"` // of what was fetched and checked
	Seconds   float64 `json:"seconds"`
	Reason    string  `json:"reason"` // of a failure
	Faults    []Fault `json:"faults"`
}

// Audit draws blobs by the beacon, fetches them whole, lists with all their parts,
// and checks them against their roots.
func (c *Client) Audit(ctx context.Context, o AuditOptions) (*Audited, error) {
	if o.Count <= 0 {
		o.Count = 3
	}
	if o.Count > maxAudited {
		return nil, fmt.Errorf("%w: %d blobs, want at most %d", ErrUsage, o.Count, maxAudited)
	}
	beacon, err := c.chain.DABeaconAt(ctx, o.Height)
	if err != nil {
		return nil, err
	}
	out := &Audited{Height: beacon.Height, Beacon: hexRoot(beacon.Value), Blobs: []AuditedBlob{}}
	if out.First, out.Next, err = c.chain.DABlobRange(ctx, beacon.Height); err != nil {
		return nil, err
	}
	for _, id := range Drawn(beacon.Value, out.First, out.Next, o.Count) {
		blob, err := c.auditOne(ctx, id)
		if err != nil {
			return out, err
		}
		out.Blobs = append(out.Blobs, blob)
		switch {
		case blob.Reason != "":
			out.Failed++
		case blob.Status == chain.DABlobConfirmed.String():
			out.Passed++
		}
	}
	if out.Failed > 0 {
		return out, fmt.Errorf("%w: %d of %d blobs", ErrAudit, out.Failed, out.Failed+out.Passed)
	}
	return out, nil
}

// auditOne fetches a blob if the chain says that it was confirmed. The error is of
// the chain; what is wrong with the blob is its reason.
func (c *Client) auditOne(ctx context.Context, id uint64) (AuditedBlob, error) {
	record, err := c.chain.DABlob(ctx, id)
	if err != nil {
		return AuditedBlob{}, err
	}
	out := AuditedBlob{BlobID: id, Root: hexRoot(record.Root), Status: record.Status.String(), Kind: KindBlob, Faults: []Fault{}}
	if record.Status != chain.DABlobConfirmed {
		return out, nil
	}
	got, err := c.GetTo(ctx, record.Root, io.Discard, GetOptions{})
	if got != nil {
		out.Kind, out.SizeBytes, out.Seconds, out.Faults = got.Kind, got.SizeBytes, got.Seconds, got.Faults
	}
	if err != nil && ctx.Err() == nil {
		out.Reason, err = err.Error(), nil
	}
	return out, err
}
