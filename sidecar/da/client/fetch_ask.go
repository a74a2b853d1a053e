package client

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// errMissing and errWrong: rows that a member left out, or that are not the blob's.
var (
	errMissing = errors.New("does not hold rows of its seats")
	errWrong   = errors.New("wrong rows")
)

// ask reads a job's rows.
func (f *fetching) ask(ctx context.Context, j *job) haul {
	rows, err := f.read(ctx, j)
	if errors.Is(err, errWrong) || errors.Is(err, wire.ErrMalformed) {
		return haul{job: j, kind: FaultBadRows, fault: err}
	}
	if err != nil {
		kind, _ := classify(err)
		return haul{job: j, kind: kind, fault: err}
	}
	h := haul{job: j, rows: rows}
	if len(rows) < len(j.rows) {
		h.kind, h.fault = FaultNotFound, fmt.Errorf("%w: sent %d of %d", errMissing, len(rows), len(j.rows))
	}
	return h
}

// check checks rows, as many groups at once as there are cores for it.
func (f *fetching) check(ctx context.Context, rows []erasure.Row) haul {
	select {
	case f.checked <- struct{}{}:
		defer func() { <-f.checked }()
	case <-ctx.Done():
		return haul{} // nobody looks at it
	}
	return haul{rows: rows, errs: f.verify.CheckAll(rows)}
}

// read streams the rows that were asked for and refuses all others.
func (f *fetching) read(ctx context.Context, j *job) ([]erasure.Row, error) {
	signer, err := f.peers.signer(f.quorum.Members[j.member])
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, f.options.TryTimeout)
	defer cancel()
	stream, err := signer.GetRows(ctx, &pb.GetRowsRequest{DataRoot: f.root[:], Indexes: j.rows})
	if err != nil {
		return nil, err
	}
	unpacker := wire.NewUnpacker(f.commit)
	wanted := make(map[uint32]bool, len(j.rows))
	for _, row := range j.rows {
		wanted[row] = true
	}
	var rows []erasure.Row
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return nil, err
		}
		for _, packed := range message.GetRows() {
			row, err := unpacker.Unpack(packed)
			if err != nil {
				return nil, err
			}
			if !wanted[uint32(row.Index)] {
				return nil, fmt.Errorf("%w: row %d was not asked for", errWrong, row.Index)
			}
			delete(wanted, uint32(row.Index))
			rows = append(rows, row)
		}
	}
}
