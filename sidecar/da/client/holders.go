package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// chunkTimeout is how long a member has for a chunk.
const chunkTimeout = 5 * time.Second

// Holders are the members that hold the rows of one confirmed blob. Safe for
// concurrent use.
type Holders struct {
	*located
	profile    erasure.Profile
	chunks     int // of a row
	peers      *peers
	evmChainID uint64
	timeout    time.Duration // of a call
	retriever  RetrieverOptions

	loading sync.Mutex // held while the commitment is asked for
}

// Holders looks up who holds the rows of a blob.
func (c *Client) Holders(ctx context.Context, root chain.Hash) (*Holders, error) {
	l, err := c.locate(ctx, root)
	if err != nil {
		return nil, err
	}
	profile, err := erasure.ProfileByID(l.blob.Profile)
	if err == nil && len(l.quorum.Seats) != profile.N {
		err = fmt.Errorf("%w: quorum of %d seats for %d rows", ErrVerify, len(l.quorum.Seats), profile.N)
	}
	if err != nil {
		return nil, err
	}
	rowSize, err := profile.RowSize(l.blob.DataLen)
	if err != nil {
		return nil, err
	}
	h := &Holders{located: l, profile: profile, timeout: chunkTimeout, retriever: c.opts.Retriever}
	h.chunks = (rowSize + erasure.ChunkSize - 1) / erasure.ChunkSize
	if h.peers, err = c.peersFor(ctx); err != nil {
		return nil, err
	}
	if h.evmChainID, err = c.network(ctx); err != nil {
		return nil, err
	}
	h.located.holders = holders(erasure.Commitment{Profile: profile}, root, l.quorum)
	return h, nil
}

// Commitment is what the root hashes, of any member that has it.
func (h *Holders) Commitment(ctx context.Context) (erasure.Commitment, error) {
	h.loading.Lock()
	defer h.loading.Unlock()
	if h.commit.Profile.N == 0 {
		if err := h.load(ctx, h.peers, h.evmChainID, h.retriever); err != nil {
			return erasure.Commitment{}, err
		}
	}
	return h.commit, nil
}

// Chunk fetches a chunk of the member that holds its row and checks that it leads
// to the root; ErrNotFound: the member does not have it, ErrVerify: it is another.
func (h *Holders) Chunk(ctx context.Context, row, index int) (erasure.Commitment, erasure.Chunk, error) {
	if row < 0 || row >= h.profile.N || index < 0 || index >= h.chunks {
		return erasure.Commitment{}, erasure.Chunk{}, fmt.Errorf("%w: chunk %d of row %d, want below %d of %d", ErrUsage, index, row, h.chunks, h.profile.N)
	}
	chunk, commit, err := h.askRow(ctx, row, index)
	switch kind, _ := classify(err); {
	case err == nil:
		return commit, chunk, nil
	case errors.Is(err, errWrong):
		err = fmt.Errorf("%w: %w", ErrVerify, err)
	case errors.Is(err, errMissing), kind == FaultNotFound:
		err = fmt.Errorf("%w: %w", ErrNotFound, err)
	}
	return erasure.Commitment{}, erasure.Chunk{}, fmt.Errorf("row %d: %w", row, err)
}

// askRow asks the holder of a row for a chunk of it; once again when the call
// did not come through, but not when there was no answer in time.
func (h *Holders) askRow(ctx context.Context, row, index int) (erasure.Chunk, erasure.Commitment, error) {
	id := &pb.ChunkID{Row: uint32(row), Chunk: uint32(index)}
	holder := h.quorum.Members[h.located.holders[row]]
	chunk, commit, err := askChunk(ctx, h.peers, holder, h.root, id, h.timeout)
	if err != nil && onceMore(err) && pause(ctx, 50*time.Millisecond) == nil {
		chunk, commit, err = askChunk(ctx, h.peers, holder, h.root, id, h.timeout)
	}
	if err != nil {
		return chunk, commit, err
	}
	if commit.DataLen != h.blob.DataLen || commit.Profile != h.profile || commit.EVMChainID != h.evmChainID {
		return chunk, commit, fmt.Errorf("%w: the root commits to other sizes than the chain's record", errWrong)
	}
	return chunk, commit, nil
}

// onceMore says whether asking again for a chunk can help.
func onceMore(err error) bool {
	late := errors.Is(err, context.DeadlineExceeded) || status.Code(err) == codes.DeadlineExceeded
	_, again := classify(err)
	return again && !late && !errors.Is(err, errWrong) && !errors.Is(err, errMissing)
}
