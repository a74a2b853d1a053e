package keeper

import (
	"context"
	"errors"
	"slices"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

func (q queryServer) QuorumCount(ctx context.Context, req *types.QueryQuorumCountRequest) (*types.QueryQuorumCountResponse, error) {
	ids, err := firstIn(ctx, q.Quorums, collections.NewPrefixedPairRange[uint64, uint32](req.Epoch), maxPage)
	return &types.QueryQuorumCountResponse{Quorums: uint32(len(ids))}, grpcError(err)
}

func (q queryServer) EpochQuorum(ctx context.Context, req *types.QueryEpochQuorumRequest) (*types.QueryEpochQuorumResponse, error) {
	record, err := q.Quorum(ctx, req.Epoch, req.QuorumId)
	if err != nil {
		return nil, grpcError(err)
	}
	drawn := record.Drawn()
	response := &types.QueryEpochQuorumResponse{Quorum: record, Members: make([]types.Member, len(drawn.Members))}
	for m, seats := range drawn.SeatsOf() {
		address := sdk.AccAddress(drawn.Members[m][:])
		entry, err := q.Frozen.Get(ctx, collections.Join(req.Epoch, address))
		if err != nil {
			return nil, grpcError(err)
		}
		signer, err := q.Keeper.Signers.Get(ctx, address)
		if err != nil && !errors.Is(err, collections.ErrNotFound) {
			return nil, grpcError(err)
		}
		response.Members[m] = types.Member{Address: entry.Address, Socket: signer.Socket, Key: entry.Key, KeyId: entry.KeyId, Seats: uint32(seats)}
	}
	return response, nil
}

func (q queryServer) EpochQuorumRow(ctx context.Context, req *types.QueryEpochQuorumRowRequest) (*types.QueryEpochQuorumRowResponse, error) {
	if req.DataRoot == "" {
		address, err := q.SeatHolder(ctx, req.Epoch, req.QuorumId, req.Index)
		return &types.QueryEpochQuorumRowResponse{Address: address.String(), Seat: req.Index}, grpcError(err)
	}
	root, err := parseHex("data_root", req.DataRoot, 32)
	if err != nil {
		return nil, grpcError(err)
	}
	address, seat, err := q.RowHolder(ctx, erasure.Hash(root), req.Epoch, req.QuorumId, req.Index)
	return &types.QueryEpochQuorumRowResponse{Address: address.String(), Seat: seat, Row: req.Index}, grpcError(err)
}

// SeatHolder is who sits on a seat.
func (k Keeper) SeatHolder(ctx context.Context, epoch uint64, id, seat uint32) (sdk.AccAddress, error) {
	record, err := k.Quorum(ctx, epoch, id)
	if err != nil {
		return nil, err
	}
	drawn := record.Drawn()
	if int(seat) >= len(drawn.Seats) {
		return nil, types.ErrInvalidMessage.Wrapf("seat or row %d, want below %d", seat, len(drawn.Seats))
	}
	return drawn.Members[drawn.Seats[seat]][:], nil
}

// RowHolder is who holds a row of a blob, and the seat by which it does.
func (k Keeper) RowHolder(ctx context.Context, root erasure.Hash, epoch uint64, id, row uint32) (sdk.AccAddress, uint32, error) {
	record, err := k.Quorum(ctx, epoch, id)
	if err != nil {
		return nil, 0, err
	}
	profile, err := erasure.ProfileByID(uint8(record.Profile))
	if err != nil {
		return nil, 0, err
	}
	if int(row) >= profile.N {
		return nil, 0, types.ErrInvalidMessage.Wrapf("row %d, want below %d", row, profile.N)
	}
	seat := uint32(slices.Index(erasure.Placement(profile, root, epoch, id), uint16(row))) // a permutation has it
	address, err := k.SeatHolder(ctx, epoch, id, seat)
	return address, seat, err
}

func (q queryServer) AggregatePubkeyG1(ctx context.Context, req *types.QueryAggregatePubkeyG1Request) (*types.QueryAggregatePubkeyG1Response, error) {
	sum, total, hit, err := q.AggregateG1(ctx, req.Epoch, req.QuorumId, req.SeatBitmap)
	return &types.QueryAggregatePubkeyG1Response{G1: bls.EncodeG1(&sum), TotalSeats: total, HitSeats: hit}, grpcError(err)
}

// AggregateG1 sums the keys of the members of whom a seat is in the bitmap, as 0G's
// getAggPkG1 does: each key once, and as many seats hit as are in it.
func (k Keeper) AggregateG1(ctx context.Context, epoch uint64, id uint32, bitmap []byte) (sum bn254.G1Affine, total, hit uint32, err error) {
	record, err := k.Quorum(ctx, epoch, id)
	if err != nil {
		return sum, 0, 0, err
	}
	drawn := record.Drawn()
	if want := (len(drawn.Seats) + 7) / 8; len(bitmap) != want {
		return sum, 0, 0, types.ErrInvalidBitmap.Wrapf("%d bytes for %d seats, want %d", len(bitmap), len(drawn.Seats), want)
	}
	in := make([]bool, len(drawn.Members))
	var keys []bn254.G1Affine
	for seat, member := range drawn.Seats {
		if bitmap[seat/8]>>(seat%8)&1 == 0 {
			continue
		}
		hit++
		if in[member] {
			continue
		}
		in[member] = true
		entry, err := k.Frozen.Get(ctx, collections.Join(epoch, sdk.AccAddress(drawn.Members[member][:])))
		if err != nil {
			return sum, 0, 0, err
		}
		key, err := bls.DecodeG1(entry.Key.G1)
		if err != nil {
			return sum, 0, 0, err
		}
		keys = append(keys, key)
	}
	return bls.SumG1(keys...), uint32(len(drawn.Seats)), hit, nil
}

func (q queryServer) Blob(ctx context.Context, req *types.QueryBlobRequest) (*types.QueryBlobResponse, error) {
	if req.BlobId != 0 {
		blob, err := q.Keeper.Blob(ctx, req.BlobId)
		return &types.QueryBlobResponse{Blob: blob}, grpcError(err)
	}
	root, err := parseHex("data_root", req.DataRoot, 32)
	if err != nil {
		return nil, grpcError(err)
	}
	if req.Submitter != "" {
		submitter, err := types.Address("submitter", req.Submitter)
		if err != nil {
			return nil, grpcError(err)
		}
		blob, err := q.BlobOf(ctx, erasure.Hash(root), submitter)
		return &types.QueryBlobResponse{Blob: blob}, grpcError(err)
	}
	blob, err := q.BlobWithRoot(ctx, erasure.Hash(root))
	return &types.QueryBlobResponse{Blob: blob}, grpcError(err)
}

func (q queryServer) ConfirmedRoot(ctx context.Context, req *types.QueryConfirmedRootRequest) (*types.QueryConfirmedRootResponse, error) {
	root, err := q.ConfirmedRoots.Get(ctx, req.Height)
	return &types.QueryConfirmedRootResponse{Root: root}, grpcError(notFound(err, types.ErrNotFound, "confirmed root of height %d", req.Height))
}

func (q queryServer) PendingBlobs(ctx context.Context, req *types.QueryPendingBlobsRequest) (*types.QueryPendingBlobsResponse, error) {
	page := new(collections.Range[collections.Pair[uint64, uint64]])
	if req.AfterDeadline > 0 {
		page = page.StartExclusive(collections.Join(uint64(req.AfterDeadline), req.AfterBlobId))
	}
	keys, err := firstOf(ctx, q.Pending, page, pageSize(req.Limit))
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryPendingBlobsResponse{}
	for _, key := range keys {
		blob, err := q.Keeper.Blob(ctx, key.K2())
		if err != nil {
			return nil, grpcError(err)
		}
		response.Blobs = append(response.Blobs, blob)
	}
	return response, nil
}

func (q queryServer) Quote(ctx context.Context, req *types.QueryQuoteRequest) (*types.QueryQuoteResponse, error) {
	params, err := q.Keeper.Params.Get(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	profile, err := params.Profile()
	if err != nil {
		return nil, grpcError(err)
	}
	if req.DataLen == 0 || req.DataLen > params.MaxBlobBytes-erasure.HeaderSize {
		return nil, grpcError(types.ErrBlobTooLarge.Wrapf("%d bytes, want 1 to %d", req.DataLen, params.MaxBlobBytes-erasure.HeaderSize))
	}
	fee, err := params.Fee(profile, req.DataLen)
	if err != nil {
		return nil, grpcError(err)
	}
	rowSize, err := profile.RowSize(req.DataLen)
	return &types.QueryQuoteResponse{
		Fee: fee, Profile: uint32(profile.ID), RowSize: uint32(rowSize), StorageEndowment: q.logPrice(ctx, req.DataLen),
	}, grpcError(err)
}
