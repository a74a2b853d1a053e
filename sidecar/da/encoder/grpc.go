package encoder

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Register adds Disperser, Retriever and Encoder to a server.
func (s *Service) Register(server *grpc.Server) {
	pb.RegisterDisperserServer(server, &disperserDoor{Service: s})
	pb.RegisterRetrieverServer(server, &retrieverDoor{Service: s})
	pb.RegisterEncoderServer(server, &encoderDoor{Service: s})
}

// who knows the caller by "authorization: Bearer TOKEN".
func (s *Service) who(ctx context.Context) (*tenant, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	text := ""
	if values := incoming.Get("authorization"); len(values) == 1 {
		text, _ = strings.CutPrefix(values[0], "Bearer ")
	}
	return s.access.who(text)
}

// grpcError gives an error its code.
func grpcError(err error) error {
	if err == nil {
		return nil
	}
	code := codes.Unavailable
	var busy *Busy
	switch {
	case errors.As(err, &busy):
		code = codes.ResourceExhausted
	case errors.Is(err, ErrUnauthorized):
		code = codes.Unauthenticated
	case errors.Is(err, erasure.ErrEmptyBlob), errors.Is(err, erasure.ErrBlobTooLarge), errors.Is(err, erasure.ErrUnknownShape),
		errors.Is(err, errBadRequest), errors.Is(err, ErrBadCommitment):
		code = codes.InvalidArgument
	case errors.Is(err, ErrNotFound):
		code = codes.NotFound
	case errors.Is(err, ErrNotConfirmed):
		code = codes.FailedPrecondition
	case errors.Is(err, erasure.ErrMalformedBlob), errors.Is(err, ErrCorrupt):
		code = codes.DataLoss
	case errors.Is(err, context.Canceled):
		code = codes.Canceled
	}
	return status.Error(code, err.Error())
}

// pieces reads a payload that comes in messages, within a time: whoever sends
// slowly holds memory that others wait for.
type pieces struct {
	next func() ([]byte, error) // io.EOF at the end
	rest []byte
	late <-chan time.Time
}

func newPieces(first []byte, next func() ([]byte, error)) *pieces {
	return &pieces{rest: first, next: next, late: time.After(bodyTime(erasure.MaxRowSize * erasure.Production.K))}
}

// await returns the next message. One that comes too late is read by nobody: the
// call ends, and its stream with it.
func (p *pieces) await() ([]byte, error) {
	type message struct {
		data []byte
		err  error
	}
	came := make(chan message, 1)
	go func() {
		data, err := p.next()
		came <- message{data, err}
	}()
	select {
	case m := <-came:
		return m.data, m.err
	case <-p.late:
		return nil, context.DeadlineExceeded
	}
}

func (p *pieces) Read(out []byte) (int, error) {
	for len(p.rest) == 0 {
		var err error
		if p.rest, err = p.await(); err != nil {
			return 0, err
		}
	}
	n := copy(out, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// opening says who sends a stream, and reads its first message.
func opening[M any](s *Service, stream interface {
	Context() context.Context
	Recv() (M, error)
}) (from *tenant, first M, err error) {
	if from, err = s.who(stream.Context()); err != nil {
		return nil, first, err
	}
	if first, err = stream.Recv(); err != nil {
		return nil, first, fmt.Errorf("%w: no message: %w", errBadRequest, err)
	}
	return from, first, nil
}

type disperserDoor struct {
	pb.UnimplementedDisperserServer
	*Service
}

// DisperseBlob takes one blob.
func (d *disperserDoor) DisperseBlob(stream grpc.ClientStreamingServer[pb.DisperseBlobRequest, pb.DisperseBlobResponse]) error {
	from, first, err := opening(d.Service, stream)
	if err != nil {
		return grpcError(err)
	}
	size := int64(-1)
	if n := first.GetOptions().GetDataLen(); n > 0 {
		size = int64(min(n, 1<<62))
	}
	body := newPieces(first.GetData(), func() ([]byte, error) {
		message, err := stream.Recv()
		return message.GetData(), err
	})
	record, _, err := d.Put(stream.Context(), from, body, size)
	if err != nil {
		return grpcError(err)
	}
	return stream.SendAndClose(&pb.DisperseBlobResponse{Status: record.State.Status(), RequestId: record.Root[:]})
}

// GetBlobStatus says where a blob stands.
func (d *disperserDoor) GetBlobStatus(ctx context.Context, request *pb.GetBlobStatusRequest) (*pb.GetBlobStatusResponse, error) {
	root, err := d.rootFor(ctx, request.GetRequestId())
	if err != nil {
		return nil, grpcError(err)
	}
	record, err := d.Blob(ctx, root)
	if err != nil {
		return nil, grpcError(err)
	}
	return &pb.GetBlobStatusResponse{Status: record.State.Status(), Info: record.info(), Reason: record.Reason}, nil
}

// RetrieveBlob reads a blob back.
func (d *disperserDoor) RetrieveBlob(request *pb.RetrieveBlobRequest, stream grpc.ServerStreamingServer[pb.RetrieveBlobResponse]) error {
	return d.retrieve(request, stream)
}

func (s *Service) rootFor(ctx context.Context, raw []byte) (Root, error) {
	if _, err := s.who(ctx); err != nil {
		return Root{}, err
	}
	if len(raw) != len(Root{}) {
		return Root{}, fmt.Errorf("%w: root of %d bytes, want 32", errBadRequest, len(raw))
	}
	return Root(raw), nil
}

type retrieverDoor struct {
	pb.UnimplementedRetrieverServer
	*Service
}

// RetrieveBlob reads a blob back.
func (d *retrieverDoor) RetrieveBlob(request *pb.RetrieveBlobRequest, stream grpc.ServerStreamingServer[pb.RetrieveBlobResponse]) error {
	return d.retrieve(request, stream)
}

func (s *Service) retrieve(request *pb.RetrieveBlobRequest, stream grpc.ServerStreamingServer[pb.RetrieveBlobResponse]) error {
	root, err := s.rootFor(stream.Context(), request.GetDataRoot())
	if err != nil {
		return grpcError(err)
	}
	payload, err := s.Payload(stream.Context(), root)
	if err != nil {
		return grpcError(err)
	}
	message := &pb.RetrieveBlobResponse{DataLen: uint64(len(payload))}
	for len(payload) > 0 {
		n := min(len(payload), wire.RowsMessageBytes)
		message.Data, payload = payload[:n], payload[n:]
		if err := stream.Send(message); err != nil {
			return err
		}
		message = &pb.RetrieveBlobResponse{}
	}
	return nil
}

type encoderDoor struct {
	pb.UnimplementedEncoderServer
	*Service
}

// EncodeBlob codes a payload for a disperser that has no cores to spare.
func (d *encoderDoor) EncodeBlob(stream grpc.BidiStreamingServer[pb.EncodeBlobRequest, pb.EncodeBlobResponse]) error {
	from, first, err := opening(d.Service, stream)
	if err != nil {
		return grpcError(err)
	}
	want, err := d.network.shape(stream.Context())
	if err != nil {
		return grpcError(err)
	}
	if want.profile, err = erasure.ProfileByID(uint8(min(first.GetProfile(), 255))); err != nil {
		return grpcError(err)
	}
	want.maxPayload = min(want.maxPayload, want.profile.MaxPayload())
	rowSize, err := want.profile.RowSize(want.maxPayload)
	if err != nil {
		return grpcError(err)
	}
	held := want.maxPayload + codedBytes(want.profile, rowSize)
	if !d.memory.take(held) {
		return grpcError(&Busy{What: "no memory for another blob", After: busyAfter})
	}
	defer d.memory.give(held)
	body := newPieces(first.GetData(), func() ([]byte, error) {
		message, err := stream.Recv()
		return message.GetData(), err
	})
	payload, err := readPayload(body, -1, want)
	if err != nil {
		return grpcError(err)
	}
	if _, err := from.spend(d.Now(), uint64(len(payload))); err != nil {
		return grpcError(err)
	}
	blob, err := d.code(stream.Context(), want, payload)
	if err != nil {
		return grpcError(err)
	}
	defer encode.Recycle(blob)
	return sendCoded(stream, blob, first.GetWithoutRows())
}

// sendCoded sends a header and the rows, about 1 MiB in a message. A message is
// marshalled before Send returns.
func sendCoded(stream codedStream, blob *erasure.Blob, withoutRows bool) error {
	root := blob.DataRoot()
	header := &pb.EncodedHeader{
		DataRoot: root[:], Preimage: blob.Preimage(), Combinations: wire.PackCombinations(blob.RLC), Rows: uint32(len(blob.Rows)),
	}
	if withoutRows {
		header.Rows = 0
	}
	if err := stream.Send(&pb.EncodeBlobResponse{Header: header}); err != nil {
		return err
	}
	var packer wire.Packer
	most := max(1, wire.RowsMessageBytes/blob.RowSize)
	for from := 0; from < int(header.Rows); from += most {
		message := &pb.EncodeBlobResponse{}
		for i := from; i < min(from+most, int(header.Rows)); i++ {
			message.Rows = append(message.Rows, packer.Pack(blob.Row(i)))
		}
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	return nil
}

// codedStream is the sending side of EncodeBlob.
type codedStream interface {
	Send(*pb.EncodeBlobResponse) error
}
