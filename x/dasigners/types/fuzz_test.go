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
