package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// errEnd is the end of a submission's stream.
var errEnd = io.EOF

// retryAfter is the trailer that tells when to try again, in milliseconds; gRPC
// clients with a retry policy heed it.
const retryAfter = "grpc-retry-pushback-ms"

// answer turns an error into the code that callers act on.
func (s *service) answer(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := status.FromError(err); ok {
		return err
	}
	code := codes.Internal
	for _, c := range []struct {
		reason error
		code   codes.Code
	}{
		{wire.ErrUnauthorized, codes.Unauthenticated}, {ErrInvalid, codes.InvalidArgument}, {ErrDenied, codes.PermissionDenied},
		{ErrState, codes.FailedPrecondition}, {ErrUnseen, codes.Unavailable}, {ErrBusy, codes.ResourceExhausted},
		{ErrNotHeld, codes.NotFound}, {ErrLost, codes.NotFound}, {flowlog.ErrClosed, codes.Unavailable},
		{context.DeadlineExceeded, codes.DeadlineExceeded}, {context.Canceled, codes.Canceled},
	} {
		if errors.Is(err, c.reason) {
			code = c.code
			break
		}
	}
	wait := time.Duration(0)
	var busy *Busy
	switch {
	case errors.As(err, &busy):
		wait = max(busy.RetryAfter, time.Millisecond)
	case code == codes.Unavailable:
		wait = time.Second
	}
	if code == codes.ResourceExhausted {
		s.counts.busy.Add(1)
	}
	if wait > 0 {
		_ = grpc.SetTrailer(ctx, metadata.Pairs(retryAfter, strconv.FormatInt(wait.Milliseconds(), 10))) // a hint
	}
	if code == codes.Internal {
		s.log.Error("call failed", "err", err)
		return status.Error(code, "the node failed, its log says why")
	}
	return status.Error(code, err.Error())
}

// SubmitRows brings the rows of one blob.
func (s *service) SubmitRows(stream grpc.ClientStreamingServer[pb.SubmitRowsRequest, pb.SubmitRowsResponse]) error {
	ctx, cancel := context.WithTimeout(stream.Context(), time.Duration(s.config.Limits.SubmitTimeout))
	defer cancel()
	submitter, err := s.gate.Submitter(ctx)
	if err != nil {
		return s.answer(stream.Context(), err)
	}
	response, err := s.submit(ctx, wire.PeerHost(ctx), submitter, newReceiver(ctx, stream))
	if err != nil {
		return s.answer(stream.Context(), err)
	}
	return stream.SendAndClose(response)
}

// receiver reads a stream under the deadlines of its context and of silence: a
// stream's own Recv waits for ever. Its goroutine ends with the call.
type receiver struct {
	ctx      context.Context
	messages chan message
	inUse    *wire.SubmitRows // by whoever called next
}

type message struct {
	rows *wire.SubmitRows
	err  error
}

func newReceiver(ctx context.Context, stream grpc.ClientStreamingServer[pb.SubmitRowsRequest, pb.SubmitRowsResponse]) *receiver {
	r := &receiver{ctx: ctx, messages: make(chan message)}
	go func() {
		for {
			rows := new(wire.SubmitRows)
			err := stream.RecvMsg(rows)
			select {
			case r.messages <- message{rows, err}:
			case <-ctx.Done():
				return
			}
			if err != nil {
				return
			}
		}
	}()
	return r
}

func (r *receiver) next(patience time.Duration) (*pb.SubmitRowsRequest, error) {
	if r.inUse != nil {
		r.inUse.Release()
		r.inUse = nil
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case m := <-r.messages:
		r.inUse = m.rows
		return &m.rows.Message, m.err
	case <-r.ctx.Done():
		return nil, r.ctx.Err()
	case <-timer.C:
		return nil, fmt.Errorf("nothing came for %v: %w", patience, context.DeadlineExceeded)
	}
}

// SignBatch signs for blobs whose rows are on disk here.
func (s *service) SignBatch(ctx context.Context, request *pb.SignBatchRequest) (*pb.SignBatchResponse, error) {
	submitter, err := s.gate.Submitter(ctx)
	if err != nil {
		return nil, s.answer(ctx, err)
	}
	if err := s.limits.call(wire.PeerHost(ctx)); err != nil {
		return nil, s.answer(ctx, err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(s.config.Limits.IdleTimeout))
	defer cancel()
	signature, err := s.sign(ctx, submitter, request.GetEpoch(), request.GetQuorumId(), request.GetBlobIds())
	if err != nil {
		s.log.Info("batch not signed", "submitter", submitter, "err", err)
		return nil, s.answer(ctx, err)
	}
	s.counts.signed.Add(1)
	s.counts.signedBlobs.Add(uint64(len(request.GetBlobIds())))
	return &pb.SignBatchResponse{Signature: signature}, nil
}

// GetRows reads rows.
func (s *service) GetRows(request *pb.GetRowsRequest, stream grpc.ServerStreamingServer[pb.GetRowsResponse]) error {
	ctx, cancel := context.WithTimeout(stream.Context(), time.Duration(s.config.Limits.ReadTimeout))
	defer cancel()
	peer := wire.PeerHost(ctx)
	done, err := s.limits.read(peer)
	if err != nil {
		return s.answer(stream.Context(), err)
	}
	// A reader that does not read holds Send for ever. It returns when the call
	// ends, so the call is what ends in time.
	sent := make(chan error, 1)
	go func() {
		defer done()
		sent <- s.sendRows(ctx, peer, request, stream.Send)
	}()
	select {
	case err = <-sent:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return s.answer(stream.Context(), err)
}

// GetChunks reads chunks.
func (s *service) GetChunks(ctx context.Context, request *pb.GetChunksRequest) (*pb.GetChunksResponse, error) {
	peer := wire.PeerHost(ctx)
	done, err := s.limits.read(peer)
	if err != nil {
		return nil, s.answer(ctx, err)
	}
	defer done()
	answer, err := s.chunks(ctx, peer, request)
	return answer, s.answer(ctx, err)
}

// GetRecord reads what is known of a blob.
func (s *service) GetRecord(ctx context.Context, request *pb.GetRecordRequest) (*pb.GetRecordResponse, error) {
	done, err := s.limits.read(wire.PeerHost(ctx))
	if err != nil {
		return nil, s.answer(ctx, err)
	}
	defer done()
	answer, err := s.record(request)
	return answer, s.answer(ctx, err)
}

// Status says how the node is doing.
func (s *service) Status(ctx context.Context, _ *pb.StatusRequest) (*pb.StatusResponse, error) {
	done, err := s.limits.read(wire.PeerHost(ctx))
	if err != nil {
		return nil, s.answer(ctx, err)
	}
	defer done()
	height, epoch, _, _ := s.view.now()
	blobs, _, bytes := s.store.Counts()
	registered, seats := s.view.standing()
	return &pb.StatusResponse{
		Version: s.version, ChainId: s.chainID, EvmChainId: s.evmChainID, Address: s.address[:], Height: height, Epoch: epoch.Number,
		RegisteredNext: registered, Seats: seats, Blobs: uint64(blobs), Bytes: uint64(bytes),
		Signed: s.counts.signed.Load(), Refused: s.counts.refused.Load(),
	}, nil
}
