package nodeapi

import (
	"context"
	"fmt"
)

// GetStatus is zgs_getStatus.
func (c *Client) GetStatus(ctx context.Context) (Status, error) {
	var out Status
	err := c.Call(ctx, &out, "zgs_getStatus")
	return out, err
}

// GetFileInfo is zgs_getFileInfo: of all entries with this root the first
// finalized one, else one not pruned (needAvailable), else the first. nil when
// the node knows none.
func (c *Client) GetFileInfo(ctx context.Context, root Hash, needAvailable bool) (*FileInfo, error) {
	var out *FileInfo
	err := c.Call(ctx, &out, "zgs_getFileInfo", root, needAvailable)
	return out, err
}

// GetFileInfoByTxSeq is zgs_getFileInfoByTxSeq; nil when unknown.
func (c *Client) GetFileInfoByTxSeq(ctx context.Context, txSeq uint64) (*FileInfo, error) {
	var out *FileInfo
	err := c.Call(ctx, &out, "zgs_getFileInfoByTxSeq", txSeq)
	return out, err
}

// UploadSegmentsByTxSeq is zgs_uploadSegmentsByTxSeq.
func (c *Client) UploadSegmentsByTxSeq(ctx context.Context, segments []SegmentWithProof, txSeq uint64) error {
	if err := checkCount(len(segments)); err != nil {
		return err
	}
	return c.Call(ctx, nil, "zgs_uploadSegmentsByTxSeq", segments, txSeq)
}

// UploadSegments is zgs_uploadSegments: by root, before the entry is mined.
func (c *Client) UploadSegments(ctx context.Context, segments []SegmentWithProof) error {
	if err := checkCount(len(segments)); err != nil {
		return err
	}
	return c.Call(ctx, nil, "zgs_uploadSegments", segments)
}

func checkCount(n int) error {
	if n < 1 || n > MaxSegmentsPerRequest {
		return fmt.Errorf("upload of %d segments in one request, want 1 to %d", n, MaxSegmentsPerRequest)
	}
	return nil
}

// DownloadSegmentWithProofByTxSeq is the method of that name; nil when the
// node lacks the segment.
func (c *Client) DownloadSegmentWithProofByTxSeq(ctx context.Context, txSeq, index uint64) (*SegmentWithProof, error) {
	var out *SegmentWithProof
	err := c.call(ctx, maxSegmentAnswerBytes, &out, "zgs_downloadSegmentWithProofByTxSeq", txSeq, index)
	return out, err
}

// GetSectorProof is zgs_getSectorProof: the path of a sector of the flow to a
// flow root, the newest when flowRoot is nil. nil when the node cannot tell.
func (c *Client) GetSectorProof(ctx context.Context, sector uint64, flowRoot *Hash) (*FlowProof, error) {
	var out *FlowProof
	err := c.Call(ctx, &out, "zgs_getSectorProof", sector, flowRoot)
	return out, err
}

// GetShardConfig is zgs_getShardConfig, checked.
func (c *Client) GetShardConfig(ctx context.Context) (ShardConfig, error) {
	var out ShardConfig
	if err := c.Call(ctx, &out, "zgs_getShardConfig"); err != nil {
		return ShardConfig{}, err
	}
	if err := out.Validate(); err != nil {
		return ShardConfig{}, fmt.Errorf("%w: %s: %w", ErrMalformed, c.base, err)
	}
	return out, nil
}
