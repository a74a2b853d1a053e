package node_test

import (
	"runtime"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// A lone signer holds all 4096 rows, four times the blob. Taking them needs their
// bytes once, and little more.
func TestTheMemoryOfALoneSigner(t *testing.T) {
	blob, err := erasure.Encode(erasure.CPU, erasure.Production, 7, payload(8<<20-16, 1))
	if err != nil {
		t.Fatal(err)
	}
	a := node.Assignment{}
	var rows []erasure.Row
	for i := range blob.Profile.N {
		a.All = append(a.All, uint16(i))
		rows = append(rows, blob.Row(i))
	}
	a.Own = a.All
	stored := node.ExtentBytes(&node.Record{Commitment: blob.Commitment, Rows: a.Own})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	verifier, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
	if err != nil {
		t.Fatal(err)
	}
	in := node.NewIntake(blob.Commitment, blob.RLC, a, func(rows []erasure.Row) ([]error, error) { return verifier.CheckAll(rows), nil })
	for _, row := range rows {
		if err := in.Add(row); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.Finish(); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > uint64(stored)*5/4 {
		t.Fatalf("%d MiB were allocated for %d MiB of rows and paths, want a quarter more at most", used>>20, stored>>20)
	}
}
