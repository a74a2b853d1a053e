package encoder_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/encoder"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func dial(t *testing.T, s *service) *grpc.ClientConn {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(wire.MaxMessageBytes))
	s.Register(server)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// disperse sends a payload in pieces.
func disperse(conn *grpc.ClientConn, options *pb.DisperseOptions, payload []byte, piece int) (*pb.DisperseBlobResponse, error) {
	stream, err := pb.NewDisperserClient(conn).DisperseBlob(context.Background())
	if err != nil {
		return nil, err
	}
	message := &pb.DisperseBlobRequest{Options: options}
	for {
		if stream.Send(message) != nil || len(payload) == 0 {
			return stream.CloseAndRecv()
		}
		n := min(piece, len(payload))
		message, payload = &pb.DisperseBlobRequest{Data: payload[:n]}, payload[n:]
	}
}

// mission D01 (disperser): the calls of 0G's disperser.
func TestDisperserAndRetrieverOverGRPC(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	conn := dial(t, s)
	payload := noise(150_000, 1)
	root := w.rootOf(payload)
	answer, err := disperse(conn, &pb.DisperseOptions{DataLen: uint64(len(payload))}, payload, 60_000)
	if err != nil || !bytes.Equal(answer.GetRequestId(), root[:]) || answer.GetStatus() != pb.BlobStatus_BLOB_STATUS_PROCESSING {
		t.Fatalf("got %v %v, want root %s in PROCESSING", answer, err, root)
	}
	s.await(root, encoder.Finalized)
	stands, err := pb.NewDisperserClient(conn).GetBlobStatus(t.Context(), &pb.GetBlobStatusRequest{RequestId: root[:]})
	if err != nil || stands.GetStatus() != pb.BlobStatus_BLOB_STATUS_FINALIZED || stands.GetInfo().GetHitSeats() != 16 || stands.GetInfo().GetConfirmTx() == "" {
		t.Fatalf("got %v %v, want FINALIZED", stands, err)
	}
	stream, err := pb.NewRetrieverClient(conn).RetrieveBlob(t.Context(), &pb.RetrieveBlobRequest{DataRoot: root[:]})
	must(t, err)
	var got []byte
	for {
		piece, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		if len(got) == 0 && piece.GetDataLen() != uint64(len(payload)) {
			t.Errorf("got length %d in the first piece, want %d", piece.GetDataLen(), len(payload))
		}
		got = append(got, piece.GetData()...)
	}
	if !bytes.Equal(got, payload) {
		t.Fatalf("got %d bytes back, want the payload", len(got))
	}
}

func TestGRPCRefusals(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	conn := dial(t, s)
	for _, c := range []struct {
		name    string
		options *pb.DisperseOptions
		size    int
		want    codes.Code
	}{
		{"nothing", nil, 0, codes.InvalidArgument},
		{"a length that is not known", nil, 100, codes.OK},
		{"less than was said", &pb.DisperseOptions{DataLen: 101}, 100, codes.InvalidArgument},
		{"more than was said", &pb.DisperseOptions{DataLen: 99}, 100, codes.InvalidArgument},
		{"more than a blob", nil, int(erasure.Test.MaxPayload()) + 1, codes.InvalidArgument},
		{"a length beyond all", &pb.DisperseOptions{DataLen: 1<<64 - 1}, 10, codes.InvalidArgument},
	} {
		if _, err := disperse(conn, c.options, noise(c.size, 2), 50_000); status.Code(err) != c.want {
			t.Errorf("%s: got %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := pb.NewDisperserClient(conn).GetBlobStatus(t.Context(), &pb.GetBlobStatusRequest{RequestId: []byte{1}}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("a short id: got %v", err)
	}
	if _, err := pb.NewDisperserClient(conn).GetBlobStatus(t.Context(), &pb.GetBlobStatusRequest{RequestId: make([]byte, 32)}); status.Code(err) != codes.NotFound {
		t.Errorf("an unknown id: got %v", err)
	}
}

// The rows of a hired encoder are checked by whoever hired it.
func TestEncoderOverGRPC(t *testing.T) {
	w := newWorld(t)
	s := w.start()
	stream, err := pb.NewEncoderClient(dial(t, s)).EncodeBlob(t.Context())
	must(t, err)
	payload := noise(70_000, 3)
	must(t, stream.Send(&pb.EncodeBlobRequest{Profile: uint32(erasure.Dev.ID), Data: payload[:30_000]}))
	must(t, stream.Send(&pb.EncodeBlobRequest{Data: payload[30_000:]}))
	must(t, stream.CloseSend())
	first, err := stream.Recv()
	must(t, err)
	header := first.GetHeader()
	commitment, err := erasure.ParseCommitment(header.GetPreimage())
	must(t, err)
	rlc, err := wire.UnpackCombinations(commitment.Profile, header.GetCombinations())
	must(t, err)
	verifier, err := erasure.NewVerifier(erasure.CPU, commitment, rlc)
	must(t, err)
	unpacker, rows := wire.NewUnpacker(commitment), 0
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		must(t, err)
		for _, packed := range message.GetRows() {
			row, err := unpacker.Unpack(packed)
			must(t, err)
			must(t, verifier.Check(row))
			rows++
		}
	}
	root := commitment.DataRoot()
	if rows != erasure.Dev.N || !bytes.Equal(header.GetDataRoot(), root[:]) {
		t.Fatalf("got %d rows under %x, want %d under %x", rows, header.GetDataRoot(), erasure.Dev.N, root)
	}
}
