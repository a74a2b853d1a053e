package node

import (
	"context"
	"errors"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// maxChunks bounds one request of chunks.
const maxChunks = 64

// rowsOf finds a row among the blobs with a root.
func (s *service) row(records []*Record, index int) (erasure.Row, error) {
	err := error(ErrNotHeld)
	for _, r := range records {
		var row erasure.Row
		if row, err = s.store.Row(r, index); err == nil {
			return row, nil
		}
		if errors.Is(err, ErrLost) {
			s.counts.lost.Add(1)
			s.log.Warn("row cannot be served", "blob", r.BlobID, "err", err)
		} else if !errors.Is(err, ErrNotHeld) {
			return row, err
		}
	}
	return erasure.Row{}, err
}

func rootOf(b []byte) (erasure.Hash, error) {
	if len(b) != len(erasure.Hash{}) {
		return erasure.Hash{}, invalid("root has %d bytes, want %d", len(b), len(erasure.Hash{}))
	}
	return erasure.Hash(b), nil
}

// wanted lists the rows that a request asks for, ascending.
func wanted(records []*Record, asked []uint32) ([]int, error) {
	n := records[0].Commitment.Profile.N
	if len(asked) > n {
		return nil, invalid("%d rows asked for, the blob has %d", len(asked), n)
	}
	var rows []int
	for i, index := range asked {
		if int64(index) >= int64(n) || i > 0 && index <= asked[i-1] {
			return nil, invalid("row %d asked for, want them ascending and below %d", index, n)
		}
		rows = append(rows, int(index))
	}
	if len(asked) > 0 {
		return rows, nil
	}
	for index := range n {
		for _, r := range records {
			if _, ok := r.holds(index); ok {
				rows = append(rows, index)
				break
			}
		}
	}
	return rows, nil
}

// header describes what the answer to a read is of.
func (s *service) header(r *Record, combinations bool) (*pb.RowsHeader, error) {
	header := &pb.RowsHeader{BlobId: r.BlobID, Preimage: r.Commitment.Preimage()}
	if !combinations {
		return header, nil
	}
	var err error
	header.Combinations, err = s.store.Combinations(r)
	if errors.Is(err, ErrLost) { // the rows may be there all the same
		s.counts.lost.Add(1)
		return header, nil
	}
	return header, err
}

// sendRows reads rows one by one and sends them in messages of about a MiB.
func (s *service) sendRows(ctx context.Context, peer string, request *pb.GetRowsRequest, send func(*pb.GetRowsResponse) error) error {
	root, err := rootOf(request.GetDataRoot())
	if err != nil {
		return err
	}
	records, err := s.store.WithRoot(root)
	if err != nil {
		return err
	}
	rows, err := wanted(records, request.GetIndexes())
	if err != nil {
		return err
	}
	header, err := s.header(records[0], request.GetWithCombinations())
	if err != nil {
		return err
	}
	for _, index := range rows {
		for _, r := range records {
			if _, ok := r.holds(index); ok {
				header.Rows++ // at most: one that rot took is found when it is read
				break
			}
		}
	}
	message := &pb.GetRowsResponse{Header: header}
	var packer wire.Packer
	size := 0
	flush := func() error {
		if err := s.limits.pace(ctx, peer, size); err != nil {
			return err
		}
		err := send(message)
		s.counts.servedRows.Add(uint64(len(message.Rows)))
		s.counts.servedBytes.Add(uint64(size))
		message, size = &pb.GetRowsResponse{}, 0
		return err
	}
	for _, index := range rows {
		row, err := s.row(records, index)
		if errors.Is(err, ErrNotHeld) || errors.Is(err, ErrLost) {
			continue
		}
		if err != nil {
			return err
		}
		message.Rows = append(message.Rows, packer.Pack(row))
		if size += len(row.Data) + 32*len(row.Path); size >= wire.RowsMessageBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(message.Rows) == 0 && message.Header == nil {
		return nil
	}
	return flush()
}

// chunks reads chunks with their whole paths; what is not held is left out.
func (s *service) chunks(ctx context.Context, peer string, request *pb.GetChunksRequest) (*pb.GetChunksResponse, error) {
	root, err := rootOf(request.GetDataRoot())
	if err != nil {
		return nil, err
	}
	if n := len(request.GetChunks()); n == 0 || n > maxChunks {
		return nil, invalid("%d chunks asked for, want 1 to %d", n, maxChunks)
	}
	records, err := s.store.WithRoot(root)
	if err != nil {
		return nil, err
	}
	answer := &pb.GetChunksResponse{Preimage: records[0].Commitment.Preimage()}
	for _, id := range request.GetChunks() {
		row, err := s.row(records, int(id.GetRow()))
		if errors.Is(err, ErrNotHeld) || errors.Is(err, ErrLost) {
			continue
		}
		if err != nil {
			return nil, err
		}
		chunk, err := erasure.ChunkOf(row, int(id.GetChunk()))
		if err != nil {
			return nil, invalid("%v", err)
		}
		answer.Chunks = append(answer.Chunks, &pb.Chunk{Row: id.GetRow(), Chunk: id.GetChunk(), Data: chunk.Data, Path: wire.PackHashes(chunk.Path)})
	}
	s.counts.servedChunks.Add(uint64(len(answer.Chunks)))
	return answer, s.limits.pace(ctx, peer, len(answer.Chunks)*(erasure.ChunkSize+16*32))
}

// record says what it takes to check a blob against the chain: of the newest
// confirmed blob with the root, else of the newest.
func (s *service) record(request *pb.GetRecordRequest) (*pb.GetRecordResponse, error) {
	root, err := rootOf(request.GetDataRoot())
	if err != nil {
		return nil, err
	}
	records, err := s.store.WithRoot(root)
	if err != nil {
		return nil, err
	}
	r := records[0]
	for _, other := range records {
		if other.ConfirmHeight != 0 {
			r = other
			break
		}
	}
	answer := &pb.GetRecordResponse{
		Preimage: r.Commitment.Preimage(), BlobId: r.BlobID, Epoch: r.Epoch, QuorumId: r.QuorumID,
		ConfirmHeight: r.ConfirmHeight, LeafIndex: r.LeafIndex, LeafPath: wire.PackHashes(r.LeafPath),
	}
	if request.GetWithCombinations() {
		header, err := s.header(r, true)
		if err != nil {
			return nil, err
		}
		answer.Combinations = header.Combinations
	}
	return answer, nil
}
