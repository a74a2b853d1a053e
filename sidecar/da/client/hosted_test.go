package client_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// disperser takes payloads as zg-da-encoder does and puts them with an account
// of its own; it can be told to lie.
type disperser struct {
	pb.UnimplementedDisperserServer
	t       *testing.T
	net     *clienttest.Net
	address string

	mu       sync.Mutex // guards the rest
	busy     int        // so many first uploads are refused
	spoil    func(payload []byte) []byte
	answer   *pb.GetBlobStatusResponse // instead of the truth
	finished map[string]*pb.BlobInfo
}

func newDisperser(t *testing.T, n *clienttest.Net) *disperser {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	d := &disperser{t: t, net: n, address: listener.Addr().String(), finished: make(map[string]*pb.BlobInfo)}
	server := grpc.NewServer()
	pb.RegisterDisperserServer(server, d)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return d
}

func (d *disperser) DisperseBlob(stream grpc.ClientStreamingServer[pb.DisperseBlobRequest, pb.DisperseBlobResponse]) error {
	var payload []byte
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		payload = append(payload, message.GetData()...)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy > 0 {
		d.busy--
		return status.Error(codes.ResourceExhausted, "busy")
	}
	if d.spoil != nil {
		payload = d.spoil(payload)
	}
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, d.net.Chain.EVMChainID(), payload)
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	root := blob.DataRoot()
	if d.answer == nil {
		// A payload that begins like a manifest would be wrapped by Put.
		c := client.New(d.net.Chain, d.net.Chain.Sender(clienttest.Account(d.t, 50)), client.Options{})
		result, err := c.PutBlob(stream.Context(), blob)
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		d.finished[string(root[:])] = &pb.BlobInfo{DataRoot: root[:], BlobId: result.BlobID, HitSeats: 16, TotalSeats: 16, ConfirmTx: result.ConfirmTx}
	}
	return stream.SendAndClose(&pb.DisperseBlobResponse{Status: pb.BlobStatus_BLOB_STATUS_PROCESSING, RequestId: root[:]})
}

func (d *disperser) GetBlobStatus(_ context.Context, r *pb.GetBlobStatusRequest) (*pb.GetBlobStatusResponse, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.answer != nil {
		return d.answer, nil
	}
	info := d.finished[string(r.GetRequestId())]
	if info == nil {
		return nil, status.Error(codes.NotFound, "never seen")
	}
	return &pb.GetBlobStatusResponse{Status: pb.BlobStatus_BLOB_STATUS_CONFIRMED, Info: info}, nil
}

// mission D03: through a disperser, which pays; the client needs no account.
func TestPutThroughADisperser(t *testing.T) {
	n := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 40})
	d := newDisperser(t, n)
	d.busy = 1
	c := client.New(n.Chain, nil, client.Options{Encoder: d.address})
	payload := clienttest.Noise(oneBlob+100, 1)
	path := clienttest.Write(t, payload)
	result, err := c.Put(t.Context(), path, client.PutOptions{})
	require.NoError(t, err)
	require.Equal(t, d.address, result.Via)
	require.Len(t, result.Blobs, 3)
	require.NotEmpty(t, result.Blobs[0].ConfirmTx)
	back, _ := fetched(t, c, result.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))

	direct, err := n.Client(nil).Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, result.Root, direct.Root, "both ways lead to the same root")
	require.Equal(t, 3, direct.Reused)
}

// A disperser is believed nothing: neither the root nor the confirmation.
func TestADisperserThatLies(t *testing.T) {
	n := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 41})
	for name, one := range map[string]struct {
		spoil  func([]byte) []byte
		answer *pb.GetBlobStatusResponse
		want   error
	}{
		"puts another payload":     {spoil: func(b []byte) []byte { b[0] ^= 1; return b }, want: client.ErrVerify},
		"fails":                    {answer: &pb.GetBlobStatusResponse{Status: pb.BlobStatus_BLOB_STATUS_FAILED, Reason: "no money"}, want: client.ErrDisperser},
		"has too few signatures":   {answer: &pb.GetBlobStatusResponse{Status: pb.BlobStatus_BLOB_STATUS_INSUFFICIENT_SIGNATURES}, want: client.ErrInsufficientSignatures},
		"says confirmed, is not":   {answer: &pb.GetBlobStatusResponse{Status: pb.BlobStatus_BLOB_STATUS_CONFIRMED}, want: client.ErrDisperser},
		"never says anything else": {answer: &pb.GetBlobStatusResponse{Status: pb.BlobStatus_BLOB_STATUS_PROCESSING}, want: client.ErrDisperser},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisperser(t, n)
			d.spoil, d.answer = one.spoil, one.answer
			c := client.New(n.Chain, nil, client.Options{Encoder: d.address, HostedTimeout: 1200 * time.Millisecond})
			_, err := c.Put(t.Context(), clienttest.Write(t, []byte(name)), client.PutOptions{})
			require.ErrorIs(t, err, one.want)
		})
	}
	c := client.New(n.Chain, nil, client.Options{Encoder: "127.0.0.1:1"})
	_, err := c.Put(t.Context(), clienttest.Write(t, []byte("x")), client.PutOptions{})
	require.ErrorIs(t, err, client.ErrDisperser)
}
