package clienttest

import (
	"context"
	"slices"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// find returns what the signer holds of a blob.
func (s *Signer) find(root []byte) (*held, Behaviour, error) {
	bad := s.behaviour("")
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.held[chain.Hash(root)]
	if h == nil || bad.Lost {
		return nil, bad, status.Error(codes.NotFound, "no such blob here")
	}
	return h, bad, nil
}

func (h *held) words(bad Behaviour) []byte {
	words := wire.PackCombinations(h.rlc)
	if bad.WrongWords {
		words[0] ^= 1
	}
	return words
}

func changed(data []byte, bad Behaviour) []byte {
	if !bad.WrongRows {
		return data
	}
	data = slices.Clone(data)
	data[len(data)/2] ^= 1
	return data
}

// GetRows serves rows, one a message.
func (s *Signer) GetRows(r *pb.GetRowsRequest, stream grpc.ServerStreamingServer[pb.GetRowsResponse]) error {
	h, bad, err := s.find(r.GetDataRoot())
	if err != nil {
		return err
	}
	if err := stream.Send(&pb.GetRowsResponse{Header: &pb.RowsHeader{BlobId: h.blob.ID, Preimage: h.commit.Preimage()}}); err != nil {
		return err
	}
	var packer wire.Packer
	for _, index := range r.GetIndexes() {
		row, ok := h.rows[int(index)]
		if !ok {
			continue
		}
		row.Data = changed(row.Data, bad)
		if err := stream.Send(&pb.GetRowsResponse{Rows: []*pb.Row{packer.Pack(row)}}); err != nil {
			return err
		}
	}
	return nil
}

// GetChunks serves chunks.
func (s *Signer) GetChunks(_ context.Context, r *pb.GetChunksRequest) (*pb.GetChunksResponse, error) {
	h, bad, err := s.find(r.GetDataRoot())
	if err != nil {
		return nil, err
	}
	answer := &pb.GetChunksResponse{Preimage: h.commit.Preimage()}
	for _, id := range r.GetChunks() {
		row, ok := h.rows[int(id.GetRow())]
		if !ok {
			continue
		}
		chunk, err := erasure.ChunkOf(row, int(id.GetChunk()))
		if err != nil {
			return nil, status.Error(codes.InvalidArgument, err.Error())
		}
		out := &pb.Chunk{Row: id.GetRow(), Chunk: id.GetChunk(), Data: changed(chunk.Data, bad)}
		for _, node := range chunk.Path {
			out.Path = append(out.Path, node[:]...)
		}
		answer.Chunks = append(answer.Chunks, out)
	}
	return answer, nil
}

// GetRecord serves what proves a blob.
func (s *Signer) GetRecord(ctx context.Context, r *pb.GetRecordRequest) (*pb.GetRecordResponse, error) {
	h, bad, err := s.find(r.GetDataRoot())
	if err != nil {
		return nil, err
	}
	answer := &pb.GetRecordResponse{Preimage: h.commit.Preimage(), BlobId: h.blob.ID, Epoch: h.blob.Epoch, QuorumId: h.blob.QuorumID}
	if r.GetWithCombinations() {
		answer.Combinations = h.words(bad)
	}
	s.net.mu.Lock()
	proof := s.net.proofs[h.blob.ID]
	s.net.mu.Unlock()
	if proof.height > 0 {
		answer.ConfirmHeight, answer.LeafIndex = proof.height, uint32(proof.index)
		for _, node := range proof.path {
			answer.LeafPath = append(answer.LeafPath, node[:]...)
		}
	}
	return answer, nil
}

// proof is where a confirmed blob's leaf lies under the root of its block.
type proof struct {
	height int64
	index  int
	path   []erasure.Hash
}

// Learn notes what a block confirmed, while the chain still has the records.
func (n *Net) Learn(ctx context.Context, height int64) {
	n.tb.Helper()
	blobs, err := n.Chain.DAConfirmedIn(ctx, height)
	must(n.tb, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	for i, blob := range blobs {
		leaves := make([]erasure.Hash, len(blobs))
		for j, other := range blobs {
			leaves[j] = erasure.ConfirmedLeaf(other.ID, other.Root, other.Epoch, other.QuorumID)
		}
		n.proofs[blob.ID] = proof{height, i, erasure.MerklePath(leaves, i)}
	}
}
