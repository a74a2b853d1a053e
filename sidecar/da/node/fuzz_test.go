package node_test

import (
	"bytes"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func someRecord(t testing.TB, rows ...uint16) []byte {
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, 7, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	return node.EncodeRecord(&node.Record{
		BlobID: 9, Commitment: blob.Commitment, Epoch: 3, QuorumID: 1, First: 1000, Rows: rows,
		ConfirmHeight: 77, LeafIndex: 2, LeafPath: []erasure.Hash{{1}, {2}},
	})
}

// Records on disk decode to what was written, and to nothing else.
func TestRecordsOneBitAway(t *testing.T) {
	good := someRecord(t, 1, 5, 15)
	if again, err := node.RecodeRecord(good); err != nil || !bytes.Equal(again, good) {
		t.Fatalf("%x %v", again, err)
	}
	for name, bad := range map[string][]byte{
		"cut":               good[:len(good)-1],
		"longer":            append(bytes.Clone(good), 0),
		"version":           flip(good, 0),
		"empty":             nil,
		"rows descending":   someRecord(t, 5, 1, 15),
		"a row twice":       someRecord(t, 1, 5, 5),
		"a row outside":     someRecord(t, 1, 5, 16),
		"negative height":   func() []byte { b := bytes.Clone(good); b[86+28] = 0x80; return b }(),
		"an epoch too far":  func() []byte { b := bytes.Clone(good); b[86+8] = 1; return b }(),
		"a sector too far":  func() []byte { b := bytes.Clone(good); b[86+20] = 1; return b }(),
		"sizes that differ": flip(good, 1+8+3),
	} {
		if _, err := node.RecodeRecord(bad); err == nil {
			t.Errorf("%s: decodes", name)
		}
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(someRecord(f, 1, 5, 15))
	f.Add(someRecord(f))
	f.Fuzz(func(t *testing.T, in []byte) {
		again, err := node.RecodeRecord(in)
		if err == nil && !bytes.Equal(again, in) {
			t.Fatalf("%x decodes to %x", in, again)
		}
	})
}

// FuzzIntake feeds an intake rows in any order and form: it never panics, and it
// finishes only with exactly the rows of the assignment.
func FuzzIntake(f *testing.F) {
	blob, err := erasure.Encode(erasure.CPU, erasure.Test, 7, payload(300, 1))
	if err != nil {
		f.Fatal(err)
	}
	verifier, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
	if err != nil {
		f.Fatal(err)
	}
	a := node.Assignment{Own: []uint16{2, 5, 9}, All: []uint16{2, 3, 5, 9}}
	f.Add([]byte{2, 3, 5, 9}, uint8(0), uint16(0))
	f.Add([]byte{2, 3, 5}, uint8(1), uint16(7))
	f.Fuzz(func(t *testing.T, order []byte, which uint8, bit uint16) {
		in := node.NewIntake(blob.Commitment, blob.RLC, a, func(rows []erasure.Row) ([]error, error) { return verifier.CheckAll(rows), nil })
		changed := bit != 0 && int(which) < len(order)
		right := true // so far
		for i, index := range order {
			row := blob.Row(int(index) % blob.Profile.N)
			if changed && i == int(which) {
				row.Data = bytes.Clone(row.Data)
				at := int(bit) % (8 * len(row.Data))
				row.Data[at/8] ^= 1 << (at % 8)
			}
			right = right && i < len(a.All) && row.Index == int(a.All[i])
			if err := in.Add(row); (err == nil) != right {
				t.Fatalf("row %d as number %d: right %t, %v", row.Index, i, right, err)
			}
			if !right {
				return
			}
		}
		if _, err := in.Finish(); (err == nil) != (len(order) == len(a.All) && !changed) {
			t.Fatalf("%d rows, one changed: %t: %v", len(order), changed, err)
		}
	})
}
