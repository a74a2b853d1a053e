//go:build unix

package clienttest

import (
	"crypto/tls"
	"io"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/encode"
	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Limits are what this machine's cores could do if nothing else cost anything, in
// bytes of payload a second: blobs of 32 MiB in the production shape, by CPU time,
// the median of some turns with all cores busy.
type Limits struct {
	Work  float64 // coding, and the checks of all members
	Moved float64 // with the rows brought over TLS on loopback by crypto/tls alone
}

// Limit measures them for so many members.
func Limit(tb testing.TB, members int) Limits {
	tb.Helper()
	payload := Noise(32<<20-erasure.HeaderSize, 77)
	work := turns(tb, func() { codeAndCheck(tb, payload, members) })
	rows := make([]byte, len(payload)/erasure.Production.K*erasure.Production.N)
	move := turns(tb, func() { moveRows(tb, rows) })
	all := float64(runtime.GOMAXPROCS(0) * len(payload))
	return Limits{Work: all / work.Seconds(), Moved: all / (work + move).Seconds()}
}

// turns is the CPU time that something takes on one core while all do it.
func turns(tb testing.TB, do func()) time.Duration {
	tb.Helper()
	cores := runtime.GOMAXPROCS(0)
	var took []time.Duration
	for range 8 {
		began := CPUTime(tb)
		var all sync.WaitGroup
		for range cores { // they share caches and memory
			all.Go(do)
		}
		all.Wait()
		took = append(took, (CPUTime(tb)-began)/time.Duration(cores))
	}
	took = took[1:] // the first made tables and touched memory
	slices.Sort(took)
	return took[len(took)/2]
}

// moveRows brings bytes from one end of a connection to the other.
func moveRows(tb testing.TB, rows []byte) {
	secret, err := bls.GenerateKey(rand.NewChaCha8([32]byte{5}))
	if err != nil {
		tb.Error(err)
		return
	}
	certificate, err := wire.NewCertificate(evmChainID, chain.Address{1}, secret)
	if err != nil {
		tb.Error(err)
		return
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}})
	if err != nil {
		tb.Error(err)
		return
	}
	defer listener.Close()
	want := int64(len(rows))
	var reader sync.WaitGroup
	reader.Go(func() {
		conn, err := listener.Accept()
		if err != nil {
			tb.Error(err)
			return
		}
		defer conn.Close()
		if n, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}, make([]byte, moveBytes)); err != nil || n != want {
			tb.Errorf("%d of %d bytes: %v", n, want, err)
		}
	})
	defer reader.Wait()
	conn, err := tls.Dial("tcp", listener.Addr().String(), &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		tb.Error(err)
		return
	}
	defer conn.Close()
	for ; len(rows) > 0; rows = rows[min(moveBytes, len(rows)):] {
		if _, err := conn.Write(rows[:min(moveBytes, len(rows))]); err != nil {
			tb.Error(err)
			return
		}
	}
}

const moveBytes = 256 << 10

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
		if err := Check(blob, rows[m*len(rows)/members:(m+1)*len(rows)/members]); err != nil {
			tb.Error(err)
		}
	}
}

// Check does what a member does with its rows, from their arrival to the extent
// that goes to disk.
func Check(blob *erasure.Blob, rows []erasure.Row) error {
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
	extent, err := in.Finish()
	node.Recycle(extent)
	return err
}

// CPUTime is what this process has used of all cores.
func CPUTime(tb testing.TB) time.Duration {
	tb.Helper()
	var used syscall.Rusage
	must(tb, syscall.Getrusage(syscall.RUSAGE_SELF, &used))
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}
