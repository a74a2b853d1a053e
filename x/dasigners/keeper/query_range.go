package keeper

import (
	"context"

	"github.com/zgd-network/zgd/x/dasigners/types"
)

// BlobRange names the recent blobs: their ids follow each other.
func (q queryServer) BlobRange(ctx context.Context, _ *types.QueryBlobRangeRequest) (*types.QueryBlobRangeResponse, error) {
	next, err := q.NextBlobID.Peek(ctx)
	if err != nil {
		return nil, grpcError(err)
	}
	first, err := firstIn(ctx, q.Blobs, nil, 1)
	if err != nil {
		return nil, grpcError(err)
	}
	response := &types.QueryBlobRangeResponse{FirstBlobId: next, NextBlobId: next}
	if len(first) == 1 {
		response.FirstBlobId = first[0]
	}
	return response, nil
}
