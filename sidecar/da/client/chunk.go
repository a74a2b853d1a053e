package client

import (
	"context"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// maxPathBytes bounds the path of a chunk: 12 levels of rows and 6 of chunks at
// most.
const maxPathBytes = 32 * 32

// askChunk asks a member for one chunk and checks that it is the one asked for
// and leads to the root.
func askChunk(ctx context.Context, p *peers, m chain.DAMember, root chain.Hash, id *pb.ChunkID, timeout time.Duration) (erasure.Chunk, erasure.Commitment, error) {
	signer, err := p.signer(m)
	if err != nil {
		return erasure.Chunk{}, erasure.Commitment{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	answer, err := signer.GetChunks(ctx, &pb.GetChunksRequest{DataRoot: root[:], Chunks: []*pb.ChunkID{id}})
	if err != nil {
		return erasure.Chunk{}, erasure.Commitment{}, err
	}
	return readChunk(root, id, answer)
}

// readChunk checks an answer for one chunk.
func readChunk(root chain.Hash, id *pb.ChunkID, answer *pb.GetChunksResponse) (erasure.Chunk, erasure.Commitment, error) {
	commit, err := checkPreimage(root, answer.GetPreimage())
	if err != nil {
		return erasure.Chunk{}, commit, fmt.Errorf("%w: %w", errWrong, err)
	}
	if len(answer.GetChunks()) == 0 {
		return erasure.Chunk{}, commit, errMissing
	}
	got := answer.GetChunks()[0]
	if len(answer.GetChunks()) != 1 || got.GetRow() != id.GetRow() || got.GetChunk() != id.GetChunk() || len(got.GetPath())%32 != 0 || len(got.GetPath()) > maxPathBytes {
		return erasure.Chunk{}, commit, fmt.Errorf("%w: chunk %d of row %d with a path of %d bytes, asked for chunk %d of row %d", errWrong, got.GetChunk(), got.GetRow(), len(got.GetPath()), id.GetChunk(), id.GetRow())
	}
	chunk := erasure.Chunk{Row: int(got.GetRow()), Index: int(got.GetChunk()), Data: got.GetData(), Path: make([]erasure.Hash, len(got.GetPath())/32)}
	for i := range chunk.Path {
		chunk.Path[i] = erasure.Hash(got.GetPath()[32*i:])
	}
	if err := commit.CheckChunk(chunk); err != nil {
		return erasure.Chunk{}, commit, fmt.Errorf("%w: %w", errWrong, err)
	}
	return chunk, commit, nil
}
