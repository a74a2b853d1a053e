package node_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Rows of every shape come back from disk as they were, over the borders of loads
// and beside other blobs; also of 3072 rows, where the paths of the last third are
// a sibling shorter.
func TestRowsOfEveryShapeComeBack(t *testing.T) {
	store, err := node.OpenStore(t.TempDir(), flowlog.Options{Role: flowlog.RolePlain, SlotsPerPack: 64})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	id, zeros := uint64(0), 0
	for _, p := range []erasure.Profile{erasure.Test, erasure.Dev, erasure.Production, erasure.Parity} {
		for _, size := range []int{1, 5000, 140_000, 2_000_000} {
			if uint64(size) > p.MaxPayload() {
				continue
			}
			blob, err := erasure.Encode(erasure.CPU, p, 7, payload(size, size))
			if err != nil {
				t.Fatal(err)
			}
			id++
			r := &node.Record{BlobID: id, Commitment: blob.Commitment, Epoch: 2, Rows: []uint16{0, 1, uint16(p.N/2 - 1), uint16(p.N / 2), uint16(p.N - 1)}}
			a := node.Assignment{Own: r.Rows, All: r.Rows}
			node.Soil(node.ExtentBytes(r))
			in := node.NewIntake(blob.Commitment, blob.RLC, a, func(rows []erasure.Row) ([]error, error) { return make([]error, len(rows)), nil })
			for _, row := range r.Rows {
				if err := in.Add(blob.Row(int(row))); err != nil {
					t.Fatal(err)
				}
			}
			extent, err := in.Finish()
			zeros += bytes.Count(extent, make([]byte, 32))
			if found := bytes.Index(extent, bytes.Repeat([]byte{0xa5}, 16)); found >= 0 {
				t.Fatalf("profile %d, %d bytes: byte %d is of the extent that was here before", p.ID, size, found)
			}
			if err == nil {
				err = store.Put(t.Context(), r, extent)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, index := range r.Rows {
				got, err := store.Row(r, int(index))
				want := blob.Row(int(index))
				if err != nil || !slices.Equal(got.Data, want.Data) || !slices.Equal(got.Path, want.Path) {
					t.Fatalf("profile %d, %d bytes, row %d: %v", p.ID, size, index, err)
				}
			}
			if _, err := store.Row(r, 2); err == nil {
				t.Fatal("a row that is not held was read")
			}
		}
	}
	if zeros == 0 {
		t.Fatal("no extent had a place to be cleared: the test shows nothing")
	}
}
