package node_test

import (
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// mission D03 D07 (the signer): three signers take their rows, sign one
// batch of two blobs, the chain confirms it, and each serves its rows, chunks and
// the proof that the blob was confirmed; a restart changes nothing.
func TestABlobIsHeldSignedConfirmedAndServed(t *testing.T) {
	w := newWorld(t, []uint32{1, 1, 1})
	nodes := []*running{w.start(1), w.start(2), w.start(3)}
	a, b := w.order(payload(9, 1)), w.order(payload(5000, 2))
	for a.quorum.ID != b.quorum.ID { // a batch is of one quorum
		b = w.order(payload(5000, int(b.id)))
	}
	for _, n := range nodes {
		w.put(n, a)
		w.put(n, b)
		w.put(n, b) // again: it has it
	}
	w.confirm(nodes, a, b)
	for _, n := range nodes {
		w.eventually("the confirmation is noted", func() bool { return n.Status().Blobs.Waiting == 0 })
	}
	check := func() {
		t.Helper()
		for _, blob := range []ordered{a, b} {
			held := 0
			for _, n := range nodes {
				rows, err := w.rows(n, blob.DataRoot())
				if err != nil {
					t.Fatal(err)
				}
				if want := len(w.assigned(blob, n.address()).Own); len(rows) != want {
					t.Fatalf("node %d serves %d rows, want the %d of its seats", n.name, len(rows), want)
				}
				held += len(rows)
				w.checkChunks(n, blob, rows)
				w.checkRecord(n, blob)
			}
			if held != w.profile.N {
				t.Fatalf("%d rows are held, want all %d", held, w.profile.N)
			}
		}
	}
	check()
	for _, n := range nodes {
		n.restart()
	}
	check()
	if s := nodes[0].Status(); s.Blobs.Held != 2 || s.Seats == 0 {
		t.Fatalf("%+v", s)
	}
}

// checkChunks reads the last chunk of each row that a node holds.
func (w *world) checkChunks(n *running, b ordered, rows map[int]erasure.Row) {
	w.Helper()
	last := uint32((b.RowSize - 1) / erasure.ChunkSize)
	root := b.DataRoot()
	request := &pb.GetChunksRequest{DataRoot: root[:]}
	for index := range b.Profile.N {
		request.Chunks = append(request.Chunks, &pb.ChunkID{Row: uint32(index), Chunk: last})
	}
	answer, err := n.dial(nil).GetChunks(w.Context(), request)
	if err != nil || len(answer.Chunks) != len(rows) {
		w.Fatalf("%d chunks, want %d: %v", len(answer.GetChunks()), len(rows), err)
	}
	for _, chunk := range answer.Chunks {
		path, err := wire.UnpackHashes(chunk.Path, 32)
		if err == nil {
			err = b.CheckChunk(erasure.Chunk{Row: int(chunk.Row), Index: int(chunk.Chunk), Data: chunk.Data, Path: path})
		}
		if err != nil {
			w.Fatal(err)
		}
	}
}

// checkRecord checks the record against the chain's confirmed root alone.
func (w *world) checkRecord(n *running, b ordered) {
	w.Helper()
	root := b.DataRoot()
	record, err := n.dial(nil).GetRecord(w.Context(), &pb.GetRecordRequest{DataRoot: root[:], WithCombinations: true})
	if err != nil {
		w.Fatal(err)
	}
	onChain, err := w.chain.DAConfirmedRoot(w.Context(), record.ConfirmHeight)
	if err != nil {
		w.Fatal(err)
	}
	path, err := wire.UnpackHashes(record.LeafPath, 32)
	if err != nil {
		w.Fatal(err)
	}
	leaf := erasure.ConfirmedLeaf(record.BlobId, root, record.Epoch, record.QuorumId)
	if !erasure.CheckMerklePath(leaf, int(record.LeafIndex), int(onChain.Blobs), path, onChain.Root) {
		w.Fatalf("the record of blob %d does not lead to the confirmed root of height %d", b.id, record.ConfirmHeight)
	}
	if leaf = erasure.ConfirmedLeaf(record.BlobId+1, root, record.Epoch, record.QuorumId); erasure.CheckMerklePath(leaf, int(record.LeafIndex), int(onChain.Blobs), path, onChain.Root) {
		w.Fatal("another blob's leaf leads to the root, too")
	}
	if len(record.Combinations) != w.profile.K*erasure.CombinationSize {
		w.Fatalf("%d bytes of combinations", len(record.Combinations))
	}
}

// The status call says what the node is.
func TestStatusOverTheWire(t *testing.T) {
	w := newWorld(t, []uint32{1})
	n := w.start(1)
	w.eventually("seats are counted", func() bool { return n.Status().Seats > 0 })
	s, err := n.dial(nil).Status(t.Context(), &pb.StatusRequest{})
	if err != nil || s.EvmChainId != w.chain.EVMChainID() || chain.Address(s.Address) != n.address() || s.Seats == 0 {
		t.Fatalf("%v %v", s, err)
	}
}
