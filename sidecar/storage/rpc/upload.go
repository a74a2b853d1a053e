package rpc

import (
	"context"
	"errors"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// stored is what uploads return: the number 0. The reference returns null, which
// one client in the field takes for a failure (protocol-storage.md 0.3).
const stored = 0

// uploadSegment and uploadSegments take segments by root; a segment that is
// stored already is an error, which clients know for success.
func (s *Server) uploadSegment(ctx context.Context, a args) (any, error) {
	segment, err := a.segment(0)
	if err != nil {
		return nil, err
	}
	return stored, s.backend.Upload(ctx, 0, segment)
}

func (s *Server) uploadSegments(ctx context.Context, a args) (any, error) {
	segments, err := a.segments(0)
	if err != nil {
		return nil, err
	}
	return stored, s.uploadAll(ctx, 0, segments, false)
}

func (s *Server) uploadSegmentByTxSeq(ctx context.Context, a args) (any, error) {
	segment, err := a.segment(0)
	if err != nil {
		return nil, err
	}
	txSeq, err := a.uint64(1)
	if err != nil {
		return nil, err
	}
	return stored, s.backend.Upload(ctx, txSeq, segment)
}

// uploadSegmentsByTxSeq skips what is stored already: a retry is no failure.
func (s *Server) uploadSegmentsByTxSeq(ctx context.Context, a args) (any, error) {
	segments, err := a.segments(0)
	if err != nil {
		return nil, err
	}
	txSeq, err := a.uint64(1)
	if err != nil {
		return nil, err
	}
	return stored, s.uploadAll(ctx, txSeq, segments, true)
}

// uploadAll stores the segments of one request together, so that they share the
// syncs of the disk. The first refusal in their order is the answer; segments
// after it may be stored all the same.
func (s *Server) uploadAll(ctx context.Context, txSeq uint64, segments []nodeapi.SegmentWithProof, skipDuplicates bool) error {
	if len(segments) == 1 {
		return dropDuplicate(s.backend.Upload(ctx, txSeq, segments[0]), skipDuplicates)
	}
	const parallel = 16
	failures := make([]error, len(segments))
	slots := make(chan struct{}, parallel)
	for i := range segments {
		slots <- struct{}{}
		go func() {
			defer func() { <-slots }()
			failures[i] = dropDuplicate(s.backend.Upload(ctx, txSeq, segments[i]), skipDuplicates)
		}()
	}
	for range parallel { // all slots back: all done
		slots <- struct{}{}
	}
	for _, err := range failures {
		if err != nil {
			return err
		}
	}
	return nil
}

func dropDuplicate(err error, drop bool) error {
	if drop && errors.Is(err, ErrDuplicate) {
		return nil
	}
	return err
}
