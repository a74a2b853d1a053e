package client_test

import (
	"bytes"
	"context"
	"errors"
	"math/big"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
)

// putFile stores a random file and returns its root and content.
func putFile(t testing.TB, c *client.Client, sizeBytes int) (client.Hash, []byte) {
	path := filepath.Join(t.TempDir(), "in")
	data := randomFile(t, path, sizeBytes, 7)
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return client.Hash(put.Root), data
}

// mission S19, trust B05: one lying peer is found, named, and asked no more.
func TestLyingNodeIsNamedAndReplaced(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 3)
	c := testClient(t, network, func(o *client.Options) { o.Replicas = 3 })
	root, data := putFile(t, c, 2<<20)
	network.Nodes[1].Lie()
	out := filepath.Join(t.TempDir(), "out")
	result, err := c.Get(context.Background(), root, client.GetOptions{Out: out})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(mustRead(t, out), data) {
		t.Fatal("the file differs")
	}
	if len(result.Dropped) != 1 || result.Dropped[0].URL != network.URLs()[1] || !result.Dropped[0].Lied {
		t.Fatalf("dropped %+v, want the liar", result.Dropped)
	}
}

func TestOnlyLiarsIsAVerificationFailureThatLeavesNothing(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	root, _ := putFile(t, c, 300_000)
	network.Nodes[0].Lie()
	folder := t.TempDir()
	_, err := c.Get(context.Background(), root, client.GetOptions{Out: filepath.Join(folder, "out")})
	if !errors.Is(err, client.ErrVerify) {
		t.Fatalf("got %v, want ErrVerify", err)
	}
	if _, _, err := c.Stream(context.Background(), root, "", 0, 1, &bytes.Buffer{}); !errors.Is(err, client.ErrVerify) {
		t.Fatalf("range: got %v, want ErrVerify", err)
	}
	if left, _ := os.ReadDir(folder); len(left) != 0 {
		t.Fatalf("left behind: %v", left)
	}
}

// trust B05: each way to answer wrongly is a verification failure, none panics.
func TestWrongAnswersAreRefused(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	root, _ := putFile(t, c, 600_000)
	good, _ := nodeapi.EncodeProofHeader(nodeapi.Proof{Lemma: []nodeapi.Hash{nodeapi.Hash(root)}})
	for name, answer := range map[string]func(w http.ResponseWriter){
		"no proof header":            func(w http.ResponseWriter) { _, _ = w.Write(make([]byte, 256)) },
		"proof header is not base64": func(w http.ResponseWriter) { w.Header().Set(nodeapi.HeaderProof, "!") },
		"proof header is not JSON":   func(w http.ResponseWriter) { w.Header().Set(nodeapi.HeaderProof, "AAAA") },
		"proof of another shape": func(w http.ResponseWriter) {
			w.Header().Set(nodeapi.HeaderProof, good)
			_, _ = w.Write(make([]byte, 262144))
		},
		"empty body": func(w http.ResponseWriter) { w.Header().Set(nodeapi.HeaderProof, good) },
		"body longer than a segment": func(w http.ResponseWriter) {
			w.Header().Set(nodeapi.HeaderProof, good)
			_, _ = w.Write(make([]byte, 262145))
		},
		"endless body without length": func(w http.ResponseWriter) {
			w.Header().Set(nodeapi.HeaderProof, good)
			for range 40 {
				_, _ = w.Write(make([]byte, 65536))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			network.Nodes[0].SetHook(func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method != http.MethodGet {
					return false
				}
				answer(w)
				return true
			})
			if _, _, err := c.Stream(context.Background(), root, "", 0, 0, &bytes.Buffer{}); !errors.Is(err, client.ErrVerify) {
				t.Fatalf("got %v, want ErrVerify", err)
			}
		})
	}
}

// trust B27: connections that break and a node that never answers cost time, not data.
func TestBrokenConnectionsAndStallsAreSurvived(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 3)
	c := testClient(t, network, func(o *client.Options) { o.Replicas = 3; o.Attempts = 8 })
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	var count atomic.Uint64
	network.Nodes[0].SetHook(func(w http.ResponseWriter, r *http.Request) bool {
		if (count.Add(1)*2654435761+seed)%10 >= 3 { // 3 of 10 requests are cut off
			return false
		}
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = conn.Close()
		}
		return true
	})
	root, data := putFile(t, c, 3<<20)
	network.Nodes[1].Stall(http.MethodGet)
	out := filepath.Join(t.TempDir(), "out")
	if _, err := c.Get(context.Background(), root, client.GetOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(mustRead(t, out), data) {
		t.Fatal("the file differs")
	}
}

func TestPutFindsOutAboutANodeThatKeepsNothing(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 2)
	c := testClient(t, network, nil)
	network.Nodes[0].Lie() // accepts everything, gives back something else
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 600_000, 1)
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if len(put.Dropped) != 1 || !put.Dropped[0].Lied || !network.Nodes[1].Finalized(put.TxSeq) {
		t.Fatalf("dropped %+v, want the first node, and the file on the second", put.Dropped)
	}
}

func TestNodesWithoutDoorsAreSpokenToByJSONRPC(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	network.Nodes[0].NoDoors = true
	c := testClient(t, network, nil)
	root, data := putFile(t, c, 700_000)
	var got bytes.Buffer
	if _, _, err := c.Stream(context.Background(), root, "", 0, 0, &got); err != nil || !bytes.Equal(got.Bytes(), data) {
		t.Fatalf("%v, same bytes: %t", err, bytes.Equal(got.Bytes(), data))
	}
}

func TestShardedNodesGetTheirSegmentsOnly(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 2)
	network.Nodes[0].Shard = nodeapi.ShardConfig{ShardID: 0, NumShard: 2}
	network.Nodes[1].Shard = nodeapi.ShardConfig{ShardID: 1, NumShard: 2}
	c := testClient(t, network, nil)
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 5*262144, 1)
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a, b := network.Nodes[0].Puts.Load(), network.Nodes[1].Puts.Load(); a+b != 5 || a < 2 || b < 2 {
		t.Fatalf("the shards got %d and %d segments, want 5 between them", a, b)
	}
	if !network.Nodes[0].Finalized(put.TxSeq) || !network.Nodes[1].Finalized(put.TxSeq) {
		t.Fatal("a shard is not complete")
	}
	network.Nodes[1].Shard = nodeapi.ShardConfig{ShardID: 0, NumShard: 2} // nobody owns shard 1 now
	randomFile(t, path, 5*262144, 2)
	if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{}); !errors.Is(err, client.ErrPartial) {
		t.Fatalf("uncovered shard: %v, want ErrPartial", err)
	}
}

// mission S20, trust B27: after Ctrl-C nothing is paid twice and at most the
// segments under way are sent again.
func TestPutResumes(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	resume := t.TempDir()
	c := testClient(t, network, func(o *client.Options) { o.ResumeDir, o.Parallel = resume, 1 })
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 10*262144, 1)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	node := network.Nodes[0]
	node.SetHook(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodPut && node.Puts.Load() == 5 {
			cancel() // with the sixth segment under way
			node.Hang(r)
			return true
		}
		return false
	})
	if _, err := c.Put(ctx, []string{path}, client.PutOptions{}); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled put: %v", err)
	}
	if files, _ := os.ReadDir(resume); len(files) != 1 {
		t.Fatalf("%d resume files, want 1", len(files))
	}
	node.SetHook(nil)
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if network.Account.Submits != 1 || put.Reused != 1 {
		t.Fatalf("%d payments, want 1", network.Account.Submits)
	}
	if sent := node.Puts.Load(); sent > 11 {
		t.Fatalf("%d segments sent in all, want at most one of the 10 twice", sent)
	}
	if files, _ := os.ReadDir(resume); len(files) != 0 {
		t.Fatal("the resume file is still there")
	}
}

// A transaction whose outcome was not seen is looked for before another is paid.
func TestPaymentCutOffIsNotRepeated(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	resume := t.TempDir()
	c := testClient(t, network, func(o *client.Options) { o.ResumeDir = resume })
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 1000, 1)
	sender := network.Account.Sender
	network.Account.Sender = unseen{sender}
	if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{Force: true}); !errors.Is(err, chain.ErrUnavailable) {
		t.Fatalf("got %v, want the sender's error", err)
	}
	network.Account.Sender = sender
	put, err := c.Put(context.Background(), []string{path}, client.PutOptions{Force: true})
	if err != nil {
		t.Fatal(err)
	}
	if network.Account.Submits != 1 || put.TxSeq != 1 {
		t.Fatalf("%d payments, entry %d; want the first to be found", network.Account.Submits, put.TxSeq)
	}
}

// unseen sends, and reports that it does not know how that went.
type unseen struct{ chain.Sender }

func (u unseen) Submit(ctx context.Context, flowID uint64, items []chain.Submission) ([]chain.Placed, chain.Receipt, error) {
	_, _, _ = u.Sender.Submit(ctx, flowID, items)
	return nil, chain.Receipt{}, chain.ErrUnavailable
}

// Ctrl-C while paying waits for the transaction, so that it is known.
func TestCancelWhilePayingKeepsThePayment(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 1000, 1)
	ctx, cancel := context.WithCancel(context.Background())
	network.Account.AfterSubmit = cancel
	put, err := c.Put(ctx, []string{path}, client.PutOptions{})
	if !errors.Is(err, context.Canceled) || put.TxSeq != 1 {
		t.Fatalf("got %v and entry %d, want cancelled with entry 1 known", err, put.TxSeq)
	}
}

// mission S20: a get that was cut off fetches only what is missing, and does not
// believe what it finds on disk.
func TestGetResumes(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, func(o *client.Options) { o.Parallel = 1 })
	root, data := putFile(t, c, 10*262144)
	node := network.Nodes[0]
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	before := node.Gets.Load()
	node.SetHook(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodGet && node.Gets.Load()-before == 6 {
			cancel()
			node.Hang(r)
			return true
		}
		return false
	})
	out := filepath.Join(t.TempDir(), "out")
	if _, err := c.Get(ctx, root, client.GetOptions{Out: out}); !errors.Is(err, context.Canceled) {
		t.Fatalf("cancelled get: %v", err)
	}
	part, err := os.OpenFile(out+".zgpart", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := part.WriteAt([]byte{data[262144] ^ 1}, 262144); err != nil { // one bit of the second segment
		t.Fatal(err)
	}
	_ = part.Close()
	node.SetHook(nil)
	before = node.Gets.Load()
	if _, err := c.Get(context.Background(), root, client.GetOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	if fetched := node.Gets.Load() - before; fetched != 5 { // 4 missing, 1 spoiled
		t.Fatalf("fetched %d segments, want 5", fetched)
	}
	if !bytes.Equal(mustRead(t, out), data) {
		t.Fatal("the file differs")
	}
}

func TestFileChangedWhileStoredIsSaid(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	path := filepath.Join(t.TempDir(), "in")
	data := randomFile(t, path, 500_000, 1)
	network.Account.AfterSubmit = func() {
		data[400_000] ^= 1
		_ = os.WriteFile(path, data, 0o644)
	}
	if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{}); !errors.Is(err, client.ErrChanged) {
		t.Fatalf("got %v, want ErrChanged", err)
	}
}

// mission P01: a dry run asks for prices and does nothing else.
func TestDryRunSignsAndUploadsNothing(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 256*17, 1) // 17 sectors are charged as 18
	result, err := c.Put(context.Background(), []string{path}, client.PutOptions{DryRun: true})
	if err != nil {
		t.Fatal(err)
	}
	if result.Quote.Sectors != 18 || result.Endowment != "18000" || result.Fee != "100" || result.Quote.PeriodSeconds != 365*86400 {
		t.Fatalf("quote %+v", result.Quote)
	}
	flow, _ := network.Chain.Flow(context.Background(), 0)
	if network.Account.Submits != 0 || network.Nodes[0].Puts.Load() != 0 || flow.NextTxSeq != 1 {
		t.Fatal("something was done")
	}
	declined := client.PutOptions{Accept: func(client.Quote) error { return client.ErrDeclined }}
	if _, err := c.Put(context.Background(), []string{path}, declined); !errors.Is(err, client.ErrDeclined) || network.Account.Submits != 0 {
		t.Fatalf("declined: %v, %d payments", err, network.Account.Submits)
	}
	network.Chain.SetBalance(network.Account.Address(), 18000)
	if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{}); !errors.Is(err, client.ErrPayment) {
		t.Fatalf("the fee is missing: %v, want ErrPayment", err)
	}
}

// mission P04
func TestWhoWishesPaysMoreThanTheFloorNeverLess(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 256*17, 1) // charged as 18, the floor is 1000
	below := client.PutOptions{UnitPrice: big.NewInt(999)}
	if _, err := c.Put(context.Background(), []string{path}, below); !errors.Is(err, client.ErrPayment) || network.Account.Submits != 0 {
		t.Fatalf("one below the floor: %v, %d payments, want ErrPayment and none", err, network.Account.Submits)
	}
	result, err := c.Put(context.Background(), []string{path}, client.PutOptions{UnitPrice: big.NewInt(2500)})
	if err != nil {
		t.Fatal(err)
	}
	entry, err := network.Chain.Entry(context.Background(), 0, result.TxSeq)
	if err != nil || result.Endowment != "45000" || entry.UnitPrice.Int64() != 2500 {
		t.Fatalf("paid %s, entry %+v, %v", result.Endowment, entry, err)
	}
}

func TestNoNodeMeansNoPayment(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, func(o *client.Options) { o.Stall = 100 * time.Millisecond })
	network.Nodes[0].Stall(http.MethodPost)
	path := filepath.Join(t.TempDir(), "in")
	randomFile(t, path, 1000, 1)
	if _, err := c.Put(context.Background(), []string{path}, client.PutOptions{}); !errors.Is(err, client.ErrNoNode) {
		t.Fatalf("got %v, want ErrNoNode", err)
	}
	if network.Account.Submits != 0 {
		t.Fatal("paid without a node to store on")
	}
}

func TestManySmallFilesGoInFewTransactions(t *testing.T) {
	network := testNetwork(t, chaintest.Params{MaxBatch: 64}, 1)
	c := testClient(t, network, nil)
	folder := t.TempDir()
	for i := range 150 {
		randomFile(t, filepath.Join(folder, "d", strings.Repeat("x", i%7+1), string(rune('a'+i%26))+string(rune('0'+i/26))), 100+i, uint64(i)+1)
	}
	put, err := c.Put(context.Background(), []string{folder}, client.PutOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if network.Account.Submits != 3 || len(put.Entries) != 151 {
		t.Fatalf("%d transactions for %d entries, want 3 for 151", network.Account.Submits, len(put.Entries))
	}
}

func TestSymbolicLinksAreRefused(t *testing.T) {
	network := testNetwork(t, chaintest.Params{}, 1)
	c := testClient(t, network, nil)
	folder := t.TempDir()
	if err := os.Symlink("/etc/passwd", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Put(context.Background(), []string{folder}, client.PutOptions{}); !errors.Is(err, client.ErrUsage) {
		t.Fatalf("got %v, want ErrUsage", err)
	}
}
