package client

import (
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// LogNodes is the storage log's view of a payload.
var LogNodes = logNodes

// GroupBytes makes groups of so many bytes of rows.
func GroupBytes(o *Options, bytes int64) { o.groupBytes = bytes }

// ReadChunk checks an answer for one chunk.
func ReadChunk(root chain.Hash, id *pb.ChunkID, answer *pb.GetChunksResponse) (erasure.Chunk, error) {
	chunk, _, err := readChunk(root, id, answer)
	return chunk, err
}

// UseRecord makes what rows are checked with from a member's record.
func UseRecord(root chain.Hash, blob chain.DABlob, quorum chain.DAQuorum, record *pb.GetRecordResponse) error {
	l := &located{root: root, blob: blob, quorum: quorum}
	return l.loadVerifier(record, 1)
}
