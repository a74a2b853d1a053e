package client_test

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// mission S20: memory does not grow with the file. 256 MiB pass through; the
// node keeps only proofs and reads the data from the source's file again.
func TestMemoryIsConstant(t *testing.T) {
	const sizeBytes, boundBytes = 256 << 20, 48 << 20
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	folder := t.TempDir()
	path := filepath.Join(folder, "in")
	source, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if err := source.Truncate(sizeBytes); err != nil {
		t.Fatal(err)
	}
	network.Nodes[0].Forget, network.Nodes[0].Source = true, source
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	stop, most := make(chan struct{}), make(chan uint64)
	go watchHeap(stop, most)
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{})
	if err == nil {
		_, err = c.Get(context.Background(), client.Hash(put.Root), client.GetOptions{Out: filepath.Join(folder, "out")})
	}
	close(stop)
	peak := <-most
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("heap %d MiB before, %d MiB at most, client and node together", before.HeapAlloc>>20, peak>>20)
	if peak > before.HeapAlloc+boundBytes {
		t.Fatalf("heap grew by %d MiB for a file of %d MiB, want at most %d", (peak-before.HeapAlloc)>>20, sizeBytes>>20, boundBytes>>20)
	}
}

// watchHeap reports the largest heap it saw.
func watchHeap(stop chan struct{}, most chan uint64) {
	var peak uint64
	for {
		select {
		case <-stop:
			most <- peak
			return
		case <-time.After(5 * time.Millisecond):
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapAlloc)
		}
	}
}
