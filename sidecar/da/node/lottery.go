package node

import (
	"fmt"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// candidate is a row that may have chunks that win: its own quality is within the
// target. The others need not be read (erasure.RowQuality).
type candidate struct {
	row     int
	quality erasure.Hash
}

// candidates picks among the rows of a blob that are held.
func candidates(r *Record, task chain.DASampleTask) (list []candidate) {
	root := r.Root()
	for _, row := range r.Rows {
		quality := erasure.RowQuality(task.Seed, r.Epoch, r.QuorumID, root, uint32(row))
		if erasure.Wins(quality, task.Target) {
			list = append(list, candidate{int(row), quality})
		}
	}
	return list
}

// winner is a chunk that wins in a round.
type winner struct {
	round uint64
	chunk chain.DAChunk
	place chain.DAPlace
}

// winners picks among the chunks of a candidate that was read.
func winners(r *Record, row erasure.Row, quality erasure.Hash, task chain.DASampleTask) (list []winner, err error) {
	for index := range r.Commitment.Chunks() {
		from := index * erasure.ChunkSize
		data := row.Data[from:min(from+erasure.ChunkSize, len(row.Data))]
		if q, ok := erasure.ChunkQuality(quality, uint32(index), data); !ok || !erasure.Wins(q, task.Target) {
			continue
		}
		chunk, err := chunkOf(r, row, index)
		if err != nil {
			return nil, err
		}
		list = append(list, winner{task.Round, chunk, placeOf(r)})
	}
	return list, nil
}

// chunkOf is a chunk of a row in the words of the chain.
func chunkOf(r *Record, row erasure.Row, index int) (chain.DAChunk, error) {
	chunk, err := erasure.ChunkOf(row, index)
	if err != nil {
		return chain.DAChunk{}, fmt.Errorf("blob %d: %w", r.BlobID, err)
	}
	return chain.DAChunk{Preimage: r.Commitment.Preimage(), Row: uint32(row.Index), Index: uint32(index), Data: chunk.Data, Path: chunk.Path}, nil
}

// placeOf is where a confirmed blob lies; it serves also when the chain has
// forgotten the blob's record.
func placeOf(r *Record) chain.DAPlace {
	return chain.DAPlace{
		BlobID: r.BlobID, Epoch: r.Epoch, QuorumID: r.QuorumID, Height: r.ConfirmHeight, Index: r.LeafIndex, Path: r.LeafPath,
	}
}
