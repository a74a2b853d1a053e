//go:build unix

package clienttest

import (
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Limit is the composed limit of B10 (protocol-da.md §6n): payload in bytes a
// second that this machine's cores could bring through coding and through the
// checks of so many members together, if nothing else cost anything. It counts CPU
// time, the median of some turns, of blobs of 32 MiB in the production shape.
func Limit(tb testing.TB, members int) float64 {
	tb.Helper()
	payload := Noise(32<<20-erasure.HeaderSize, 77)
	cores := runtime.GOMAXPROCS(0)
	var turns []time.Duration
	for range 8 {
		began := CPUTime(tb)
		var all sync.WaitGroup
		for range cores { // all at once: they share caches and memory
			all.Go(func() { codeAndCheck(tb, payload, members) })
		}
		all.Wait()
		turns = append(turns, (CPUTime(tb)-began)/time.Duration(cores))
	}
	turns = turns[1:] // the first made tables and touched memory
	slices.Sort(turns)
	return float64(cores*len(payload)) / turns[len(turns)/2].Seconds()
}

func codeAndCheck(tb testing.TB, payload []byte, members int) {
	blob, err := encode.Encode(tb.Context(), erasure.CPU, erasure.Production, evmChainID, payload, 1)
	if err != nil {
		tb.Error(err)
		return
	}
	defer encode.Recycle(blob)
	rows := make([]erasure.Row, len(blob.Rows))
	for i := range rows {
		rows[i] = blob.Row(i)
	}
	for m := range members {
		if err := check(blob, rows[m*len(rows)/members:(m+1)*len(rows)/members]); err != nil {
			tb.Error(err)
		}
	}
}

// check does what a member does with its rows, from their arrival to the extent
// that goes to disk.
func check(blob *erasure.Blob, rows []erasure.Row) error {
	verifier, err := erasure.NewVerifier(erasure.CPU, blob.Commitment, blob.RLC)
	if err != nil {
		return err
	}
	var a node.Assignment
	for _, row := range rows {
		a.Own = append(a.Own, uint16(row.Index))
	}
	a.All = a.Own
	in := node.NewIntake(blob.Commitment, blob.RLC, a, func(rows []erasure.Row) ([]error, error) { return verifier.CheckAll(rows), nil })
	for _, row := range rows {
		if err := in.Add(row); err != nil {
			return err
		}
	}
	_, err = in.Finish()
	return err
}

// CPUTime is what this process has used of all cores.
func CPUTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	must(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
