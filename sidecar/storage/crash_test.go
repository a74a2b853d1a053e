package storage_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/x/flow/layout"
)

const victimHome = "ZG_STORAGE_TEST_VICTIM"

// victimFile is what the victim and its killer agree on.
func victimFile() []byte { return content(40*layout.LoadSize+77, 5) }

// runVictim is a node in a process of its own, to be killed.
func runVictim(home string) {
	c := chaintest.New(chaintest.Params{})
	if _, err := c.SubmitData(victimFile()); err != nil {
		panic(err)
	}
	cfg := storage.DefaultConfig()
	cfg.PackSlots = 16
	node, err := storage.Open(home, cfg, c, "victim", quiet)
	if err != nil {
		panic(err)
	}
	go func() { panic(node.Follow(context.Background())) }()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println("http://" + listener.Addr().String())
	panic(http.Serve(listener, node.Handler()))
}

// mission S18, trust B01: a node killed in the middle of an upload has, when it
// comes back, every segment it acknowledged, and nothing that does not verify.
func TestB01_KillDuringUploadKeepsWhatWasAcknowledged(t *testing.T) {
	home := t.TempDir()
	u := cut(t, victimFile())
	acknowledged := map[uint64]bool{}
	for round := range 3 {
		acks := killDuring(t, home, u, acknowledged, 6+5*round)
		for index := range acks {
			acknowledged[index] = true
		}
	}
	c := chaintest.New(chaintest.Params{})
	entry, err := c.SubmitData(victimFile())
	if err != nil {
		t.Fatal(err)
	}
	u.entry = entry
	h := start(t, atHome(home), onChain(c))
	h.eventually("the store follows the chain", func() bool { return len(h.node.Health(h.ctx())) == 0 })
	for index := range acknowledged {
		data, _, err := h.client.FetchSegment(h.ctx(), entry.TxSeq, index, nil)
		if err != nil || string(data) != string(u.segment(index).Data) {
			t.Errorf("acknowledged segment %d is lost: %v", index, err)
		}
	}
	if len(acknowledged) < 10 {
		t.Fatalf("only %d segments were acknowledged before the kills", len(acknowledged))
	}
	t.Logf("%d segments acknowledged over 3 kills", len(acknowledged))
	h.send(u)
	if !h.info(u).Finalized {
		t.Error("the upload does not complete after the crashes")
	}
	h.stop()
	node, err := storage.OpenOffline(home, h.cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer node.Close()
	if report, err := node.Check(t.Context(), true, nil); err != nil || !report.OK() {
		t.Errorf("fsck after the crashes: %+v %v", report, err)
	}
}

// killDuring starts a victim, uploads with four clients, and kills it after some
// acknowledgements. It returns which segments were acknowledged.
func killDuring(t *testing.T, home string, u upload, already map[uint64]bool, after int) map[uint64]bool {
	t.Helper()
	victim := exec.Command(os.Args[0])
	victim.Env = append(os.Environ(), victimHome+"="+home)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	defer victim.Wait()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		victim.Process.Kill()
		t.Fatalf("victim: %v", err)
	}
	client, err := nodeapi.New(strings.TrimSpace(line), nodeapi.Options{HTTP: &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}})
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if info, err := client.GetFileInfoByTxSeq(t.Context(), 1); err == nil && info != nil {
			break
		}
	}
	var mu sync.Mutex
	acks := map[uint64]bool{}
	var next atomic.Uint64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for index := next.Add(1) - 1; index < u.file.NumSegments(); index = next.Add(1) - 1 {
				if already[index] {
					continue
				}
				if client.UploadSegmentsByTxSeq(context.Background(), []nodeapi.SegmentWithProof{u.segment(index)}, 1) != nil {
					return // killed
				}
				mu.Lock()
				acks[index] = true
				if len(acks) == after {
					victim.Process.Kill()
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	victim.Process.Kill()
	return acks
}
