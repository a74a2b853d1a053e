package rpc

import (
	"context"
	"errors"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// publicMethods is the table of protocol-storage.md 3.1 and 3.5.
func (s *Server) publicMethods() map[string]method {
	return map[string]method{
		"zgs_getStatus":                       s.getStatus,
		"zgs_getShardConfig":                  s.getShardConfig,
		"zgs_getFileInfo":                     s.getFileInfo,
		"zgs_getFileInfoByTxSeq":              s.getFileInfoByTxSeq,
		"zgs_checkFileFinalized":              s.checkFileFinalized,
		"zgs_uploadSegment":                   s.uploadSegment,
		"zgs_uploadSegments":                  s.uploadSegments,
		"zgs_uploadSegmentByTxSeq":            s.uploadSegmentByTxSeq,
		"zgs_uploadSegmentsByTxSeq":           s.uploadSegmentsByTxSeq,
		"zgs_downloadSegment":                 s.downloadSegment,
		"zgs_downloadSegmentByTxSeq":          s.downloadSegmentByTxSeq,
		"zgs_downloadSegmentWithProof":        s.downloadSegmentWithProof,
		"zgs_downloadSegmentWithProofByTxSeq": s.downloadSegmentWithProofByTxSeq,
		"zgs_getSectorProof":                  s.getSectorProof,
		"zgs_getFlowContext":                  s.getFlowContext,
		"indexer_getShardedNodes":             s.getShardedNodes,
		"indexer_getSelectedNodes":            s.getSelectedNodes,
		"indexer_getFileLocations":            s.getFileLocations,
		"indexer_getNodeLocations":            s.getNodeLocations,
	}
}

func (s *Server) getStatus(ctx context.Context, _ args) (any, error) {
	return s.backend.Status(ctx)
}

func (s *Server) getShardConfig(context.Context, args) (any, error) {
	return s.backend.Shard(), nil
}

func (s *Server) getFileInfo(ctx context.Context, a args) (any, error) {
	root, err := a.hash(0)
	if err != nil {
		return nil, err
	}
	needAvailable, err := a.boolean(1)
	if err != nil {
		return nil, err
	}
	return s.backend.FileByRoot(ctx, root, needAvailable)
}

func (s *Server) getFileInfoByTxSeq(ctx context.Context, a args) (any, error) {
	txSeq, err := a.uint64(0)
	if err != nil {
		return nil, err
	}
	return s.backend.FileBySeq(ctx, txSeq)
}

// checkFileFinalized takes a number or a root; null when there is no such file.
func (s *Server) checkFileFinalized(ctx context.Context, a args) (any, error) {
	file, err := s.fileBySeqOrRoot(ctx, a)
	if err != nil || file == nil {
		return nil, err
	}
	return file.Finalized, nil
}

func (s *Server) fileBySeqOrRoot(ctx context.Context, a args) (*nodeapi.FileInfo, error) {
	if txSeq, err := a.uint64(0); err == nil {
		return s.backend.FileBySeq(ctx, txSeq)
	}
	root, err := a.hash(0)
	if err != nil {
		return nil, badParam(0, "a transaction number or a root", errors.New("neither"))
	}
	return s.backend.FileByRoot(ctx, root, false)
}

// getSectorProof: sector of the flow, then a flow root or null for the newest.
func (s *Server) getSectorProof(ctx context.Context, a args) (any, error) {
	sector, err := a.uint64(0)
	if err != nil {
		return nil, err
	}
	var flowRoot *nodeapi.Hash
	if !isNull(a.at(1)) {
		root, err := a.hash(1)
		if err != nil {
			return nil, err
		}
		flowRoot = &root
	}
	return s.backend.SectorProof(ctx, sector, flowRoot)
}

// getFlowContext is the pair [flowRoot, flowLength].
func (s *Server) getFlowContext(ctx context.Context, _ args) (any, error) {
	root, lengthSectors := s.backend.FlowContext(ctx)
	return []any{root, lengthSectors}, nil
}

// dataSegments is the number of segments that hold the file's bytes.
func dataSegments(sizeBytes uint64) uint64 { return layout.Segments(layout.DataSectors(sizeBytes)) }
