package node_test

import (
	"context"
	"crypto/tls"
	"io"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func limited(change func(*node.Limits)) func(*running) {
	return func(n *running) { change(&n.config.Limits) }
}

// hang begins a submission and leaves it hanging.
func (w *world) hang(n *running, b ordered) (grpc.ClientStreamingClient[pb.SubmitRowsRequest, pb.SubmitRowsResponse], context.CancelFunc) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	stream, err := n.dial(w.disperser).SubmitRows(ctx)
	if err != nil {
		w.Fatal(err)
	}
	if err := stream.Send(&pb.SubmitRowsRequest{Header: w.submission(b, n.address()).header}); err != nil {
		w.Fatal(err)
	}
	return stream, cancel
}

// A submission beyond what fits at a time is refused with a
// hint when to come back, and taken when there is room again.
func TestSubmissionsAtATimeAreBounded(t *testing.T) {
	for name, limit := range map[string]func(*node.Limits){
		"of all":           func(l *node.Limits) { l.Submissions = 1 },
		"of one submitter": func(l *node.Limits) { l.PerSubmitter = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, []uint32{1})
			n := w.start(1, limited(limit))
			a, b := w.order(payload(700, 1)), w.order(payload(700, 2))
			_, cancel := w.hang(n, a)
			var trailer metadata.MD
			w.eventually("the second is refused", func() bool {
				var err error
				trailer, err = w.headerOnly(n, b)
				return status.Code(err) == codes.ResourceExhausted && strings.Contains(err.Error(), "under way")
			})
			if hint := trailer.Get("grpc-retry-pushback-ms"); len(hint) != 1 || hint[0] == "0" {
				t.Errorf("hint %v, want milliseconds", hint)
			}
			cancel()
			w.eventually("there is room again", func() bool {
				_, err := w.submission(b, n.address()).send(t.Context(), n.dial(w.disperser))
				return err == nil
			})
		})
	}
}

// headerOnly begins a submission and sends no rows: it is never taken.
func (w *world) headerOnly(n *running, b ordered) (metadata.MD, error) {
	w.Helper()
	stream, err := n.dial(w.disperser).SubmitRows(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	_ = stream.Send(&pb.SubmitRowsRequest{Header: w.submission(b, n.address()).header})
	_, err = stream.CloseAndRecv()
	if err == nil {
		w.Fatal("a submission without rows was taken")
	}
	return stream.Trailer(), err
}

// One blob is taken by one submission at a time.
func TestABlobIsTakenOnceAtATime(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.BadPerMinute = 1000 }))
	b := w.order(payload(700, 1))
	_, cancel := w.hang(n, b)
	w.eventually("the second is told to wait", func() bool {
		_, err := w.headerOnly(n, b) // without rows it is refused also when it comes first
		return strings.Contains(err.Error(), "is being taken")
	})
	if _, err := w.submission(b, n.address()).send(t.Context(), n.dial(w.disperser)); err == nil {
		t.Fatal("two at once")
	}
	cancel()
	w.eventually("it may then", func() bool {
		_, err := w.submission(b, n.address()).send(t.Context(), n.dial(w.disperser))
		return err == nil
	})
}

// Who sends bad rows again and again waits; others do not.
func TestBadSubmissionsCostTheirSubmitter(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.BadPerMinute = 3 }))
	b := w.order(payload(700, 1))
	good := w.submission(b, n.address())
	bad := good.clone()
	bad.rows[0].Data[0] ^= 1
	client := n.dial(w.disperser)
	for range 3 {
		_, err := bad.send(t.Context(), client)
		refused(t, err, codes.InvalidArgument, "row 0")
	}
	_, err := good.send(t.Context(), client)
	refused(t, err, codes.ResourceExhausted, "bad submissions")
	other := w.chain.Sender(accountKey(201))
	_, err = good.send(t.Context(), n.dial(other))
	refused(t, err, codes.PermissionDenied, "was ordered by")
}

// Rows of a submitter count against its share, and all rows
// in memory against the node's; a blob that can never fit is said so.
func TestSharesAndMemory(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.SubmitterMiB, l.MemoryMiB = 2, 1 }))
	a, b, c := w.order(payload(700, 1)), w.order(payload(700, 2)), w.order(payload(700, 3))
	big := w.order(payload(4*70<<10, 4)) // 16 rows of 70 KiB
	_, err := w.submission(big, n.address()).send(t.Context(), n.dial(w.disperser))
	refused(t, err, codes.ResourceExhausted, "memory_mib")
	w.put(n, a)
	w.put(n, b)
	_, err = w.submission(c, n.address()).send(t.Context(), n.dial(w.disperser))
	refused(t, err, codes.ResourceExhausted, "MiB of rows within a minute")
	_, err = w.submission(c, n.address()).send(t.Context(), n.dial(w.disperser))
	refused(t, err, codes.ResourceExhausted, "try again in")
}

// A submission that falls silent is given up.
func TestASilentSubmissionEnds(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.IdleTimeout = daemon.Duration(50 * time.Millisecond) }))
	stream, cancel := w.hang(n, w.order(payload(700, 1)))
	defer cancel()
	var answer pb.SubmitRowsResponse
	err := stream.RecvMsg(&answer)
	refused(t, err, codes.DeadlineExceeded, "nothing came")
}

// A blob that the node's chain does not have yet is waited for.
func TestABlobThatComesWithTheNextBlock(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.UnseenWait = daemon.Duration(10 * time.Second) }))
	first := w.order(payload(700, 1))
	s := w.submission(first, n.address())
	s.header.BlobId++ // the next one will have this id
	answers := make(chan error, 1)
	go func() { _, err := s.send(context.Background(), n.dial(w.disperser)); answers <- err }()
	select {
	case err := <-answers:
		t.Fatalf("answered before the blob was there: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	w.order(payload(800, 2))
	refused(t, <-answers, codes.InvalidArgument, "preimage has 700 bytes")
}

// Reads are counted by peer.
func TestReadsOfOnePeerAreBounded(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.ReadsPerSecond = 2 }))
	client := n.dial(nil)
	var err error
	for range 20 {
		if _, err = client.Status(t.Context(), &pb.StatusRequest{}); err != nil {
			break
		}
	}
	refused(t, err, codes.ResourceExhausted, "calls a second")
}

// More connections than fit wait their turn at the door.
func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.Connections = 1 }))
	first := n.conn(nil, blsKey(1))
	if _, err := pb.NewSignerClient(first).Status(t.Context(), &pb.StatusRequest{}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	second := n.dial(nil)
	if _, err := second.Status(ctx, &pb.StatusRequest{}); err == nil {
		t.Fatal("a second connection was served")
	}
	first.Close()
	if _, err := second.Status(t.Context(), &pb.StatusRequest{}, grpc.WaitForReady(true)); err != nil && err != io.EOF {
		t.Fatal(err)
	}
}

// A reader that does not read is given up, and its place is free again.
func TestAReaderThatDoesNotRead(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.ReadTimeout, l.Reads = daemon.Duration(3*time.Second), 2 }))
	b := w.order(payload(500_000, 1)) // 2 MiB of rows
	w.put(n, b)
	root := b.DataRoot()
	conn, err := grpc.NewClient("passthrough:///"+n.socket, n.readOnly(), grpc.WithInitialWindowSize(64<<10), grpc.WithInitialConnWindowSize(64<<10))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stream, err := pb.NewSignerClient(conn).GetRows(t.Context(), &pb.GetRowsRequest{DataRoot: root[:]})
	if err != nil {
		t.Fatal(err)
	}
	w.eventually("the place is taken", func() bool { _, err := w.rows(n, root); return status.Code(err) == codes.ResourceExhausted })
	w.eventually("the place is free again", func() bool { _, err := w.rows(n, root); return err == nil })
	for err == nil {
		_, err = stream.Recv()
	}
	refused(t, err, codes.DeadlineExceeded, "")
}

// readOnly trusts any certificate.
func (n *running) readOnly() grpc.DialOption {
	return grpc.WithTransportCredentials(credentials.NewTLS(&tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}))
}

// Whoever asks for blobs that do not exist uses up the places to wait, not those
// of submissions that the chain knows.
func TestMadeUpBlobsKeepNobodyOut(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1, limited(func(l *node.Limits) { l.Submissions, l.UnseenWait = 2, daemon.Duration(30*time.Second) }))
	b := w.order(payload(700, 1))
	made := w.submission(b, n.address())
	made.header = &pb.RowsHeader{BlobId: 1 << 50, Preimage: made.header.Preimage, Combinations: made.header.Combinations, Rows: made.header.Rows}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := n.dial(w.chain.Sender(accountKey(201)))
	refusals := make(chan error, 3)
	for range cap(refusals) {
		go func() { _, err := made.send(ctx, client); refusals <- err }()
	}
	refused(t, <-refusals, codes.Unavailable, "not on this node's chain") // more than may wait
	w.put(n, b)
	w.served(n, b)
}
