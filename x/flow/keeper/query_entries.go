package keeper

import (
	"context"
	"encoding/hex"
	"strings"

	"cosmossdk.io/collections"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/types"
)

// maxEntriesOfRoot bounds the answer for a root that was entered many times.
const maxEntriesOfRoot = 16

func (q queryServer) Entry(ctx context.Context, req *types.QueryEntryRequest) (*types.QueryEntryResponse, error) {
	entry, err := q.Keeper.Entry(ctx, req.FlowId, req.TxSeq)
	return &types.QueryEntryResponse{Entry: entry}, grpcError(err)
}

func (q queryServer) Entries(ctx context.Context, req *types.QueryEntriesRequest) (*types.QueryEntriesResponse, error) {
	flow, err := q.Keeper.Flow(ctx, req.FlowId)
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryEntriesResponse{NextTxSeq: flow.NextTxSeq, Height: blockHeight(ctx)}
	iter, err := q.Keeper.Entries.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](req.FlowId).StartInclusive(req.FromTxSeq))
	if err != nil {
		return nil, grpcError(err)
	}
	defer iter.Close()
	for ; iter.Valid() && len(response.Entries) < pageSize(req.Limit); iter.Next() {
		entry, err := iter.Value()
		if err != nil {
			return nil, grpcError(err)
		}
		response.Entries = append(response.Entries, entry)
	}
	return response, nil
}

func (q queryServer) EntriesByRoot(ctx context.Context, req *types.QueryEntriesByRootRequest) (*types.QueryEntriesByRootResponse, error) {
	root, err := hex.DecodeString(strings.TrimPrefix(req.Root, "0x"))
	if err != nil || len(root) != 32 {
		return nil, status.Errorf(codes.InvalidArgument, "root %q, want 32 bytes in hex", req.Root)
	}
	iter, err := q.EntryByRoot.Iterate(ctx, collections.NewPrefixedTripleRange[[]byte, uint64, uint64](root))
	if err != nil {
		return nil, grpcError(err)
	}
	defer iter.Close()
	response := &types.QueryEntriesByRootResponse{}
	for ; iter.Valid() && len(response.Entries) < maxEntriesOfRoot; iter.Next() {
		key, err := iter.Key()
		if err != nil {
			return nil, grpcError(err)
		}
		entry, err := q.Keeper.Entry(ctx, key.K2(), key.K3())
		if err != nil {
			return nil, grpcError(err)
		}
		response.Entries = append(response.Entries, entry)
	}
	return response, nil
}

func (q queryServer) Locate(ctx context.Context, req *types.QueryLocateRequest) (*types.QueryLocateResponse, error) {
	entry, err := q.EntryBefore(ctx, req.FlowId, req.Sector+1)
	if err != nil {
		return nil, grpcError(err)
	}
	offset := req.Sector - entry.StartSector
	if offset >= entry.Sectors {
		return nil, status.Errorf(codes.NotFound, "sector %d of flow %d is a gap behind entry %d", req.Sector, req.FlowId, entry.TxSeq)
	}
	return &types.QueryLocateResponse{
		Entry: entry, OffsetBytes: offset * layout.SectorSize, Padding: offset >= layout.DataSectors(entry.SizeBytes),
	}, nil
}

func (q queryServer) Expiring(ctx context.Context, req *types.QueryExpiringRequest) (*types.QueryExpiringResponse, error) {
	iter, err := q.EntryByEnd.Iterate(ctx, collections.NewPrefixedTripleRange[uint64, int64, uint64](req.FlowId))
	if err != nil {
		return nil, grpcError(err)
	}
	defer iter.Close()
	response := &types.QueryExpiringResponse{}
	for ; iter.Valid() && len(response.Entries) < pageSize(req.Limit); iter.Next() {
		key, err := iter.Key()
		if err != nil {
			return nil, grpcError(err)
		}
		if key.K2() >= req.BeforeTime {
			break
		}
		entry, err := q.Keeper.Entry(ctx, req.FlowId, key.K3())
		if err != nil {
			return nil, grpcError(err)
		}
		response.Entries = append(response.Entries, entry)
	}
	return response, nil
}
