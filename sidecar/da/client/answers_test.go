package client_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/proto"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// answers are right ones of a small blob: a chunk and a record.
func answers(tb testing.TB) (erasure.Commitment, *pb.GetChunksResponse, *pb.GetRecordResponse) {
	tb.Helper()
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, 1, clienttest.Noise(10_000, 1))
	require.NoError(tb, err)
	chunk, err := erasure.ChunkOf(blob.Row(3), 1)
	require.NoError(tb, err)
	packed := &pb.Chunk{Row: 3, Chunk: 1, Data: chunk.Data}
	for _, node := range chunk.Path {
		packed.Path = append(packed.Path, node[:]...)
	}
	return blob.Commitment, &pb.GetChunksResponse{Preimage: blob.Preimage(), Chunks: []*pb.Chunk{packed}},
		&pb.GetRecordResponse{Preimage: blob.Preimage(), Combinations: wire.PackCombinations(blob.RLC)}
}

// place is where the blob of answers stands on chain.
func place(c erasure.Commitment) (chain.DABlob, chain.DAQuorum) {
	return chain.DABlob{DataLen: c.DataLen, Profile: c.Profile.ID}, chain.DAQuorum{Members: make([]chain.DAMember, 1), Seats: make([]uint16, c.Profile.N)}
}

func TestChunksAndRecordsThatAreNotTheBlobs(t *testing.T) {
	c, chunks, record := answers(t)
	id := &pb.ChunkID{Row: 3, Chunk: 1}
	_, err := client.ReadChunk(c.DataRoot(), id, chunks)
	require.NoError(t, err)
	blob, quorum := place(c)
	require.NoError(t, client.UseRecord(c.DataRoot(), blob, quorum, record))

	for name, spoil := range map[string]func(a *pb.GetChunksResponse){
		"another preimage": func(a *pb.GetChunksResponse) { a.Preimage[80] ^= 1 },
		"no chunk":         func(a *pb.GetChunksResponse) { a.Chunks = nil },
		"two chunks":       func(a *pb.GetChunksResponse) { a.Chunks = append(a.Chunks, a.Chunks[0]) },
		"another row":      func(a *pb.GetChunksResponse) { a.Chunks[0].Row = 2 },
		"another chunk":    func(a *pb.GetChunksResponse) { a.Chunks[0].Chunk = 0 },
		"a bit of data":    func(a *pb.GetChunksResponse) { a.Chunks[0].Data[0] ^= 1 },
		"a bit of path":    func(a *pb.GetChunksResponse) { a.Chunks[0].Path[0] ^= 1 },
		"a byte of path":   func(a *pb.GetChunksResponse) { a.Chunks[0].Path = a.Chunks[0].Path[1:] },
		"a long path":      func(a *pb.GetChunksResponse) { a.Chunks[0].Path = make([]byte, 1<<20) },
	} {
		bad := proto.Clone(chunks).(*pb.GetChunksResponse)
		spoil(bad)
		_, err := client.ReadChunk(c.DataRoot(), id, bad)
		require.Error(t, err, name)
	}
	for name, spoil := range map[string]func(*pb.GetRecordResponse, *chain.DABlob, *chain.DAQuorum){
		"another preimage": func(r *pb.GetRecordResponse, _ *chain.DABlob, _ *chain.DAQuorum) { r.Preimage[80] ^= 1 },
		"a combination":    func(r *pb.GetRecordResponse, _ *chain.DABlob, _ *chain.DAQuorum) { r.Combinations[5] ^= 1 },
		"a combination short": func(r *pb.GetRecordResponse, _ *chain.DABlob, _ *chain.DAQuorum) {
			r.Combinations = r.Combinations[16:]
		},
		"another length":  func(_ *pb.GetRecordResponse, b *chain.DABlob, _ *chain.DAQuorum) { b.DataLen++ },
		"another profile": func(_ *pb.GetRecordResponse, b *chain.DABlob, _ *chain.DAQuorum) { b.Profile = 3 },
		"another quorum":  func(_ *pb.GetRecordResponse, _ *chain.DABlob, q *chain.DAQuorum) { q.Seats = q.Seats[1:] },
	} {
		bad, b, q := proto.Clone(record).(*pb.GetRecordResponse), blob, quorum
		spoil(bad, &b, &q)
		require.Error(t, client.UseRecord(c.DataRoot(), b, q, bad), name)
	}
}

func FuzzChunkAnswer(f *testing.F) {
	c, chunks, _ := answers(f)
	good, _ := proto.Marshal(chunks)
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer pb.GetChunksResponse
		if proto.Unmarshal(data, &answer) != nil {
			return
		}
		chunk, err := client.ReadChunk(c.DataRoot(), &pb.ChunkID{Row: 3, Chunk: 1}, &answer)
		if err == nil && !bytes.Equal(chunk.Data, chunks.Chunks[0].Data) {
			t.Fatal("other data under the same root")
		}
	})
}

func FuzzRecordAnswer(f *testing.F) {
	c, _, record := answers(f)
	good, _ := proto.Marshal(record)
	f.Add(good)
	f.Add(good[:len(good)/2])
	blob, quorum := place(c)
	f.Fuzz(func(t *testing.T, data []byte) {
		var answer pb.GetRecordResponse
		if proto.Unmarshal(data, &answer) != nil {
			return
		}
		if client.UseRecord(c.DataRoot(), blob, quorum, &answer) == nil && !bytes.Equal(answer.Combinations, record.Combinations) {
			t.Fatal("other combinations under the same root")
		}
	})
}

// What --archive names is what the storage lane makes of the same bytes.
func TestArchivedPayloadsAreFilesOfTheLog(t *testing.T) {
	for _, size := range []int{1, 256, 5000, 300_000} {
		payload := clienttest.Noise(size, 2)
		packed, root, err := client.LogNodes(payload)
		require.NoError(t, err)
		heights := layout.NodeHeights(layout.PaddedSectors(uint64(size)))
		require.Len(t, packed, 32*len(heights))
		nodes := make([]merkle.Node, len(heights))
		for i := range nodes {
			nodes[i] = merkle.Node{Root: merkle.Hash(packed[32*i:]), Height: heights[i]}
		}
		file, err := merkle.NewFileFromData(payload)
		require.NoError(t, err)
		require.Equal(t, file.Root(), root)
		require.Equal(t, root, merkle.FileRoot(nodes))
	}
	net := clienttest.New(t, clienttest.Params{Signers: 3, Seed: 60})
	_, err := net.Client(nil).Put(t.Context(), clienttest.File(t, 100, 1), client.PutOptions{Archive: true})
	require.ErrorIs(t, err, client.ErrUsage, "a chain without a log")
	require.Empty(t, net.Chain.Sent())
}
