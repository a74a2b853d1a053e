package node_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/da/pb"
	"github.com/zgd-network/zgd/sidecar/da/wire"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

const victimHome = "ZG_DA_NODE_TEST_VICTIM"

// victimBlobs orders the same blobs in the victim and in its killer, whose chains
// are equal because nothing else happens on them.
func (w *world) victimBlobs() (blobs []ordered) {
	for i := range 24 {
		blobs = append(blobs, w.order(payload(3000+90_000*(i%3), i)))
	}
	return blobs
}

// TestVictim is a node in a process of its own, to be killed; without its
// variable it does nothing.
func TestVictim(t *testing.T) {
	home := os.Getenv(victimHome)
	if home == "" {
		return
	}
	w := newWorld(t, []uint32{1})
	w.victimBlobs()
	n := w.start(1, func(n *running) { n.home = home })
	fmt.Printf("victim at %s\n", n.socket)
	<-t.Context().Done()
	select {}
}

// What a node acknowledged or signed before it was killed
// is there, whole and right, when it comes back; and nothing that is not right.
func TestKilledBetweenStoreAndSignKeepsItsPromise(t *testing.T) {
	w := newWorld(t, []uint32{1})
	blobs := w.victimBlobs()
	home := t.TempDir()
	writeKey(t, home, blsKey(1))
	stored, signed := map[uint64]bool{}, map[uint64]bool{}
	for round := range 3 {
		w.killDuring(home, blobs, 3+4*round, stored, signed)
	}
	if len(stored) < 6 || len(signed) < 3 {
		t.Fatalf("%d blobs stored and %d signed before the kills, want some of both", len(stored), len(signed))
	}
	n := w.start(1, func(n *running) { n.home = home })
	for _, b := range blobs {
		if signed[b.id] && !stored[b.id] {
			t.Errorf("blob %d was signed and never stored", b.id)
		}
		if stored[b.id] {
			w.served(n, b)
			if err := w.signs(n, b); err != nil {
				t.Errorf("blob %d was acknowledged and is not signed: %v", b.id, err)
			}
			continue
		}
		w.put(n, b)
		w.served(n, b)
	}
	t.Logf("%d blobs acknowledged and %d signed over 3 kills", len(stored), len(signed))
}

// killDuring disperses with four clients and kills the node after some
// acknowledgements. It notes what was promised.
func (w *world) killDuring(home string, blobs []ordered, after int, stored, signed map[uint64]bool) {
	w.Helper()
	victim := exec.Command(os.Args[0], "-test.run", "^TestVictim$", "-test.v")
	victim.Env = append(os.Environ(), victimHome+"="+home)
	out, err := victim.StdoutPipe()
	if err != nil {
		w.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		w.Fatal(err)
	}
	defer victim.Wait()
	defer victim.Process.Kill()
	socket := ""
	for lines := bufio.NewScanner(out); socket == "" && lines.Scan(); {
		_, socket, _ = strings.Cut(lines.Text(), "victim at ")
	}
	if socket == "" {
		w.Fatal("the victim did not start")
	}
	public := blsKey(1).Public()
	conn, err := wire.Dial(socket, wire.Member{
		EVMChainID: w.chain.EVMChainID(), Address: w.chain.Sender(accountKey(1)).Bytes(), KeyG2: bls.EncodeG2(&public.G2),
	}, w.disperser)
	if err != nil {
		w.Fatal(err)
	}
	defer conn.Close()
	client := pb.NewSignerClient(conn)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	member := w.chain.Sender(accountKey(1)).Bytes()
	var mu sync.Mutex
	acks, next := 0, 0
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				mu.Lock()
				for next < len(blobs) && stored[blobs[next].id] {
					next++
				}
				if next == len(blobs) {
					mu.Unlock()
					return
				}
				b := blobs[next]
				next++
				mu.Unlock()
				if _, err := w.submission(b, member).send(ctx, client); err != nil {
					return // killed
				}
				mu.Lock()
				stored[b.id] = true
				if acks++; acks == after {
					victim.Process.Kill()
				}
				mu.Unlock()
				_, err := client.SignBatch(ctx, &pb.SignBatchRequest{Epoch: b.epoch, QuorumId: b.quorum.ID, BlobIds: []uint64{b.id}})
				mu.Lock()
				signed[b.id] = signed[b.id] || err == nil
				mu.Unlock()
			}
		})
	}
	all.Wait()
}
