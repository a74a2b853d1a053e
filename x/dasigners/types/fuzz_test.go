package types_test

import (
	"testing"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Whatever bytes a message brings, decoding answers with an error or with what
// fits its bounds.
func FuzzEvidence(f *testing.F) {
	good := erasure.Commitment{Profile: erasure.Test, EVMChainID: 1, RowSize: 64, DataLen: 9}
	f.Add(good.Preimage(), make([]byte, 32), make([]byte, 64), make([]byte, 64), make([]byte, 32), uint32(3), uint32(1))
	f.Fuzz(func(t *testing.T, preimage, rowPath, combinations, batchPath, root []byte, row, count uint32) {
		e, err := types.MsgSubmitFalseAttestation{
			Preimage: preimage, Row: row, RowPath: rowPath, Combinations: combinations, BatchRoot: root, BatchPath: batchPath, BatchCount: count,
		}.Evidence()
		if err == nil && (len(e.Combinations) != e.Commitment.Profile.K || e.Row.Index >= e.Commitment.Profile.N || e.BatchCount > 256) {
			t.Errorf("out of bounds: %+v", e)
		}
	})
}

func FuzzBatches(f *testing.F) {
	f.Add(uint64(1), uint32(1), uint32(2), []byte{1})
	f.Fuzz(func(t *testing.T, first uint64, a, b uint32, roots []byte) {
		ids, err := types.MsgConfirmBatch{FirstBlobId: first, BlobDeltas: []uint32{a, b}}.BlobIDs(3)
		if err == nil && !(0 < ids[0] && ids[0] < ids[1] && ids[1] < ids[2]) {
			t.Errorf("ids %v do not ascend", ids)
		}
		got, err := types.MsgSubmitBlobs{DataRoots: roots, DataLens: make([]uint64, len(roots)/32)}.Roots(4)
		if err == nil && 32*len(got) != len(roots) {
			t.Errorf("%d roots of %d bytes", len(got), len(roots))
		}
	})
}

// Claims, questions and answers name a chunk inside the blob, or are refused.
func FuzzChunks(f *testing.F) {
	good := erasure.Commitment{Profile: erasure.Test, EVMChainID: 1, RowSize: 64, DataLen: 9}
	f.Add(good.Preimage(), []byte{1}, make([]byte, 32), make([]byte, 64), uint32(3), uint32(0), int64(0), uint32(1))
	f.Fuzz(func(t *testing.T, preimage, data, path, place []byte, row, index uint32, height int64, count uint32) {
		chunk, blob := types.Chunk{Row: row, Index: index, Data: data, Path: path}, types.BlobProof{Height: height, Path: place}
		if s, err := (types.MsgSubmitSample{Preimage: preimage, Chunk: chunk, Blob: blob}).Sample(); err == nil {
			_ = s.Commitment.CheckChunk(s.Chunk) // whatever the path
		}
		if a, err := (types.MsgAnswerChallenge{Preimage: preimage, Chunk: chunk}).Answer(); err == nil {
			_ = a.Commitment.CheckChunk(a.Chunk)
		}
		q, err := (types.MsgOpenChallenge{Preimage: preimage, Row: row, Chunk: index, Blob: blob}).Question()
		if err == nil && (int(q.Row) >= q.Commitment.Profile.N || int(q.Chunk) >= q.Commitment.Chunks() || 32*len(q.Blob.Path) != len(place)) {
			t.Errorf("out of bounds: %+v", q)
		}
		batch, err := types.Attestation{BatchRoot: path, BatchPath: place, BatchCount: count, BatchIndex: index}.Signed(1)
		if err == nil && (batch.BatchCount > 256 || batch.BatchIndex >= batch.BatchCount) {
			t.Errorf("out of bounds: %+v", batch)
		}
	})
}

// Roots for the log fit the lengths, whatever those are.
func FuzzLogRoots(f *testing.F) {
	f.Add(uint64(9), uint64(7*256), make([]byte, 128))
	f.Fuzz(func(t *testing.T, a, b uint64, roots []byte) {
		lists, err := types.MsgSubmitBlobs{DataLens: []uint64{a, b}, StorageRoots: roots}.LogNodes()
		if err != nil || lists == nil {
			return
		}
		if len(lists) != 2 || len(lists[0])+len(lists[1]) != len(roots) {
			t.Fatalf("lists of %d and %d bytes out of %d", len(lists[0]), len(lists[1]), len(roots))
		}
		for i, dataLen := range []uint64{a, b} {
			if dataLen > 0 && dataLen <= 1<<40 {
				if _, err := types.FileRoot(nil, dataLen, lists[i]); err != nil {
					t.Errorf("%d bytes: %v", dataLen, err)
				}
			}
		}
	})
}
