package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

const (
	uploadPiece   = 1 << 20                // bytes of payload in a message
	statusPoll    = 500 * time.Millisecond // of a disperser
	statusTimeout = 10 * time.Second
)

// hosted is the lane by a disperser. It is told everything and believed
// nothing: the root is computed here, and that it is confirmed is read from the
// chain.
type hosted struct {
	*putting
	conn      *grpc.ClientConn
	disperser pb.DisperserClient
	agreed    bool
	waiting   []*item
}

func newHosted(p *putting) (*hosted, error) {
	target, security := p.Client.opts.Encoder, insecure.NewCredentials()
	if rest, ok := strings.CutPrefix(target, "https://"); ok {
		target, security = rest, credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12})
	}
	conn, err := grpc.NewClient("passthrough:///"+strings.TrimPrefix(target, "http://"), grpc.WithTransportCredentials(security),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(wire.MaxMessageBytes), grpc.MaxCallSendMsgSize(wire.MaxMessageBytes)))
	if err != nil {
		return nil, fmt.Errorf("%w: disperser %q: %w", ErrUsage, p.Client.opts.Encoder, err)
	}
	return &hosted{putting: p, conn: conn, disperser: pb.NewDisperserClient(conn)}, nil
}

func (h *hosted) close() { _ = h.conn.Close() }

// bring uploads payloads; done waits for their confirmation.
func (h *hosted) bring(ctx context.Context, items []*item) error {
	defer h.freeAll(items)
	if h.opts.DryRun {
		return nil
	}
	if !h.agreed && h.opts.Accept != nil {
		if err := h.opts.Accept(Quote{SizeBytes: h.source.sizeBytes, Blobs: len(h.source.lens())}); err != nil {
			return err
		}
		h.agreed = true
	}
	h.shown.reach(StageUpload, sum(h.source.lens()))
	for _, it := range items {
		if err := h.upload(ctx, it); err != nil {
			return fmt.Errorf("%w: %s: %w", ErrDisperser, h.Client.opts.Encoder, err)
		}
		h.waiting = append(h.waiting, it)
	}
	return nil
}

// upload sends one payload, again while the disperser is busy.
func (h *hosted) upload(ctx context.Context, it *item) error {
	for wait := statusPoll; ; wait = min(2*wait, 16*statusPoll) {
		err := h.uploadOnce(ctx, it)
		if code := status.Code(err); code != codes.ResourceExhausted && code != codes.Unavailable {
			return err
		}
		if wait == 16*statusPoll || pause(ctx, wait) != nil {
			return err
		}
	}
}

func (h *hosted) uploadOnce(ctx context.Context, it *item) error {
	ctx, cancel := context.WithTimeout(ctx, statusTimeout+time.Duration(it.dataLen>>20)*time.Second)
	defer cancel()
	stream, err := h.disperser.DisperseBlob(ctx)
	if err != nil {
		return err
	}
	message := &pb.DisperseBlobRequest{Options: &pb.DisperseOptions{DataLen: it.dataLen}}
	for rest := it.payload; ; {
		if err := stream.Send(message); err != nil && !errors.Is(err, io.EOF) {
			return err
		} else if err != nil || len(rest) == 0 {
			break // io.EOF: CloseAndRecv says why
		}
		n := min(uploadPiece, len(rest))
		message, rest = &pb.DisperseBlobRequest{Data: rest[:n]}, rest[n:]
		h.shown.count(StageUpload, uint64(n))
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if string(answer.GetRequestId()) != string(it.root[:]) {
		return fmt.Errorf("%w: it encoded %x, the payload has root %x", ErrVerify, answer.GetRequestId(), it.root)
	}
	return nil
}

// done waits until every blob is confirmed on chain.
func (h *hosted) done(ctx context.Context) error {
	if len(h.waiting) > 0 {
		h.shown.reach(StageWait, 0)
	}
	ctx, cancel := context.WithTimeout(ctx, h.Client.opts.HostedTimeout)
	defer cancel()
	for _, it := range h.waiting {
		if err := h.await(ctx, it); err != nil {
			return err
		}
	}
	return nil
}

// await follows one blob. What the disperser says only tells when to look at the
// chain, or why there will be nothing to see.
func (h *hosted) await(ctx context.Context, it *item) error {
	for {
		call, cancel := context.WithTimeout(ctx, statusTimeout)
		answer, err := h.disperser.GetBlobStatus(call, &pb.GetBlobStatusRequest{RequestId: it.root[:]})
		cancel()
		_, again := classify(err)
		switch {
		case err != nil && !again:
			return fmt.Errorf("%w: %s: %w", ErrDisperser, h.Client.opts.Encoder, err)
		case answer.GetStatus() == pb.BlobStatus_BLOB_STATUS_CONFIRMED, answer.GetStatus() == pb.BlobStatus_BLOB_STATUS_FINALIZED:
			if done, err := h.onChain(ctx, it, answer.GetInfo()); done || err != nil {
				return err
			}
		case answer.GetStatus() == pb.BlobStatus_BLOB_STATUS_FAILED:
			return fmt.Errorf("%w: %s: blob %s: %.200s", ErrDisperser, h.Client.opts.Encoder, hexRoot(it.root), answer.GetReason())
		case answer.GetStatus() == pb.BlobStatus_BLOB_STATUS_INSUFFICIENT_SIGNATURES:
			return fmt.Errorf("%w: %s: blob %s: %.200s", ErrInsufficientSignatures, h.Client.opts.Encoder, hexRoot(it.root), answer.GetReason())
		}
		if err := pause(ctx, statusPoll); err != nil {
			return fmt.Errorf("%w: blob %s is not confirmed yet: %w", ErrDisperser, hexRoot(it.root), err)
		}
	}
}

// onChain reads what became of a blob from the chain; a node may be a moment
// behind the disperser's.
func (h *hosted) onChain(ctx context.Context, it *item, info *pb.BlobInfo) (bool, error) {
	blob, err := h.chain.DABlobByRoot(ctx, it.root)
	if errors.Is(err, chain.ErrNotFound) || (err == nil && blob.Status != chain.DABlobConfirmed) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("look up %s: %w", hexRoot(it.root), err)
	}
	if blob.Root != it.root || blob.DataLen != it.dataLen || blob.Profile != h.profile.ID {
		return false, fmt.Errorf("%w: the chain confirmed %d bytes of profile %d under %s, want %d of %d", ErrVerify, blob.DataLen, blob.Profile, hexRoot(blob.Root), it.dataLen, h.profile.ID)
	}
	it.out.fill(blob)
	it.out.HitSeats, it.out.TotalSeats = int(info.GetHitSeats()), int(info.GetTotalSeats())
	it.out.SubmitTx, it.out.ConfirmTx = info.GetSubmitTx(), info.GetConfirmTx()
	return true, nil
}
