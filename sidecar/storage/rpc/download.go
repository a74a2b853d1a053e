package rpc

import (
	"context"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// answerBytes is the memory one segment takes until it is sent: read, encoded
// in base64, and once more while the answer grows.
const answerBytes = 4 * layout.LoadSize

// downloadSegment: root, then sectors [start, end) of the file.
func (s *Server) downloadSegment(ctx context.Context, a args) (any, error) {
	root, err := a.hash(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileByRoot(ctx, root, true)
	return s.downloadSectors(ctx, a, file, err)
}

func (s *Server) downloadSegmentByTxSeq(ctx context.Context, a args) (any, error) {
	txSeq, err := a.uint64(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileBySeq(ctx, txSeq)
	return s.downloadSectors(ctx, a, file, err)
}

// downloadSectors answers null, never a short or empty string, for what is not
// stored here (protocol-storage.md 3.2).
func (s *Server) downloadSectors(ctx context.Context, a args, file *nodeapi.FileInfo, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	start, err := a.uint64(1)
	if err != nil {
		return nil, err
	}
	end, err := a.uint64(2)
	if err != nil {
		return nil, err
	}
	switch {
	case start >= end:
		return nil, ErrRangeEmpty
	case end-start > layout.SectorsPerLoad:
		return nil, ErrRangeLong
	case file == nil:
		return nil, nil
	case end > layout.DataSectors(file.Tx.Size):
		return nil, ErrRangeBound
	}
	if err := reserveAnswer(ctx); err != nil {
		return nil, err
	}
	data, err := s.backend.ReadSectors(ctx, file.Tx.Seq, start, end)
	if err != nil || data == nil {
		return nil, err
	}
	s.opts.Metrics.served(len(data))
	return data, nil
}

func (s *Server) downloadSegmentWithProof(ctx context.Context, a args) (any, error) {
	root, err := a.hash(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileByRoot(ctx, root, true)
	return s.downloadProven(ctx, a, file, err)
}

func (s *Server) downloadSegmentWithProofByTxSeq(ctx context.Context, a args) (any, error) {
	txSeq, err := a.uint64(0)
	if err != nil {
		return nil, err
	}
	file, err := s.backend.FileBySeq(ctx, txSeq)
	return s.downloadProven(ctx, a, file, err)
}

func (s *Server) downloadProven(ctx context.Context, a args, file *nodeapi.FileInfo, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	index, err := a.uint64(1)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return nil, nil
	}
	if index >= dataSegments(file.Tx.Size) {
		return nil, ErrIndexBound
	}
	if err := reserveAnswer(ctx); err != nil {
		return nil, err
	}
	data, proof, err := s.backend.ReadSegment(ctx, file.Tx.Seq, index)
	if err != nil || data == nil {
		return nil, err
	}
	s.opts.Metrics.served(len(data))
	return nodeapi.SegmentWithProof{Root: file.Tx.DataMerkleRoot, Data: data, Index: index, Proof: proof, FileSize: file.Tx.Size}, nil
}
