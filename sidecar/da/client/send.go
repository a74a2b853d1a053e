package client

import (
	"context"
	"fmt"
	"time"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// bringAndSign gives a member its rows of every blob, one after another, and
// asks it to sign for all of them.
func (b *batch) bringAndSign(ctx context.Context, m int, which []int) (bn254.G1Affine, *Fault) {
	var failed *Fault
	for _, i := range which {
		fault := b.persist(ctx, m, func(ctx context.Context) error { return b.bring(ctx, m, i) })
		if fault == nil {
			b.mu.Lock()
			b.accepted[i][m] = true
			b.mu.Unlock()
			continue
		}
		failed = fault
		if fault.Kind != FaultRefused && fault.Kind != FaultNotFound {
			break // it does not answer: not for the next blob either
		}
	}
	if failed != nil {
		return bn254.G1Affine{}, failed
	}
	return b.askToSign(ctx, m, which)
}

// askToSign asks a member for its share over blobs that it has accepted, and
// checks it.
func (b *batch) askToSign(ctx context.Context, m int, which []int) (share bn254.G1Affine, fault *Fault) {
	ids := make([]uint64, len(which))
	for j, i := range which {
		ids[j] = b.pieces[i].ID
	}
	var answer *pb.SignBatchResponse
	fault = b.persist(ctx, m, func(ctx context.Context) error {
		signer, err := b.peers.signer(b.quorum.Members[m])
		if err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, b.options.TryTimeout)
		defer cancel()
		answer, err = signer.SignBatch(ctx, &pb.SignBatchRequest{Epoch: b.quorum.Epoch, QuorumId: b.quorum.ID, BlobIds: ids})
		return err
	})
	if fault != nil {
		return share, fault
	}
	share, err := bls.DecodeG1(answer.GetSignature())
	if err == nil {
		err = bls.VerifyPoint(&b.members[m].public, b.point(which), &share)
	}
	if err != nil {
		return share, faultOf(b.quorum.Members[m], FaultBadShare, reason(err))
	}
	return share, nil
}

// persist makes a call until it succeeds, is refused, or the dispersal ends. A
// member that says it cannot yet (its own chain node is behind, it is busy, it
// restarts) is asked until the end; one that takes too long three times more.
func (b *batch) persist(ctx context.Context, m int, call func(context.Context) error) *Fault {
	wait, slow := b.options.RetryWait, 0
	for {
		began := time.Now()
		err := call(ctx)
		if err == nil {
			return nil
		}
		kind, again := classify(err)
		fault := faultOf(b.quorum.Members[m], kind, reason(err))
		if time.Since(began) >= b.options.TryTimeout {
			slow++
		}
		if ctx.Err() == nil { // else the collection is over, which is nobody's fault
			b.note(m, fault)
		}
		if !again || slow > b.options.Retries || pause(ctx, wait) != nil {
			return fault
		}
		wait = min(2*wait, 16*b.options.RetryWait)
	}
}

// note keeps the last fault of a member, for when the time runs out.
func (b *batch) note(m int, fault *Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults[m] = fault
}

// bring streams a member's rows of one blob.
func (b *batch) bring(ctx context.Context, m, i int) error {
	piece, rows := b.pieces[i], b.rows[i][m]
	signer, err := b.peers.signer(b.quorum.Members[m])
	if err != nil {
		return err
	}
	size := len(rows) * piece.Blob.RowSize
	ctx, cancel := context.WithTimeout(ctx, b.options.TryTimeout+time.Duration(size>>22)*time.Second)
	defer cancel()
	stream, err := signer.SubmitRows(ctx)
	if err != nil {
		return err
	}
	header := &pb.RowsHeader{
		BlobId: piece.ID, Preimage: piece.Blob.Preimage(), Combinations: wire.PackCombinations(piece.Blob.RLC), Rows: uint32(len(rows)),
	}
	if stream.Send(&pb.SubmitRowsRequest{Header: header}) == nil { // why not: CloseAndRecv says
		b.sendRows(stream, piece, rows)
	}
	answer, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if int(answer.GetCheckedRows()) != len(rows) {
		return fmt.Errorf("checked %d rows, sent %d", answer.GetCheckedRows(), len(rows))
	}
	return nil
}

// sendRows sends rows some at a time: one message is on its way to a member, and
// together they stay below inFlightBytes.
func (b *batch) sendRows(stream pb.Signer_SubmitRowsClient, piece Piece, rows []uint16) {
	most := max(1, min(wire.RowsMessageBytes, inFlightBytes/len(b.quorum.Members))/piece.Blob.RowSize)
	var packer wire.Packer
	for len(rows) > 0 {
		n := min(most, len(rows))
		message := &pb.SubmitRowsRequest{Rows: make([]*pb.Row, n)}
		for j, row := range rows[:n] {
			message.Rows[j] = packer.Pack(piece.Blob.Row(int(row)))
		}
		if stream.Send(message) != nil {
			return
		}
		b.options.Sent(uint64(n * piece.Blob.RowSize))
		rows = rows[n:]
	}
}

// pause waits, or returns the context's error.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
