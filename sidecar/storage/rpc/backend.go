package rpc

import (
	"context"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// Backend is the node behind the doors. Errors that are *Error reach the caller
// as they are; all calls may come from many goroutines.
type Backend interface {
	// Status fails with ErrNotReady until the chain has been reached once.
	Status(ctx context.Context) (nodeapi.Status, error)
	NodeStatus(ctx context.Context) nodeapi.NodeStatus
	// Health returns why the node is not healthy, nothing when it is.
	Health(ctx context.Context) (reasons []string)
	// Notices returns what an operator should see to although the node is healthy.
	Notices(ctx context.Context) []string
	Shard() nodeapi.ShardConfig

	// FileByRoot picks among the entries with this root the first finalized one,
	// else the first; nil when there is none. needAvailable prefers entries that
	// are not pruned.
	FileByRoot(ctx context.Context, root nodeapi.Hash, needAvailable bool) (*nodeapi.FileInfo, error)
	FileBySeq(ctx context.Context, txSeq uint64) (*nodeapi.FileInfo, error)

	// Upload checks a segment and stores it durably; txSeq 0 means "by root".
	// ErrDuplicate when it is stored already. The backend does not keep s.Data.
	Upload(ctx context.Context, txSeq uint64, s nodeapi.SegmentWithProof) error

	// ReadSectors returns sectors [start, end) of a file's data, verified; at most
	// 1024. nil when one of them is not stored.
	ReadSectors(ctx context.Context, txSeq, start, end uint64) ([]byte, error)
	// ReadSegment returns a segment's bytes, whole sectors, verified, and its
	// proof; nil when it is not stored.
	ReadSegment(ctx context.Context, txSeq, index uint64) ([]byte, nodeapi.Proof, error)

	// SectorProof leads from a sector of the flow to flowRoot (nil: the newest);
	// nil when the node cannot tell.
	SectorProof(ctx context.Context, sector uint64, flowRoot *nodeapi.Hash) (*nodeapi.Proof, error)
	FlowContext(ctx context.Context) (root nodeapi.Hash, lengthSectors uint64)
	// ReadLoad returns a load as of flowRoot, zeros filled in, and the siblings
	// from its root to flowRoot. ErrNotStored, ErrUnknownFlowRoot.
	ReadLoad(ctx context.Context, load uint64, flowRoot nodeapi.Hash) ([]byte, []nodeapi.Hash, error)
}
