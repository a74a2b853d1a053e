package storage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/sidecar/storage"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

func TestMain(m *testing.M) {
	if home := os.Getenv(victimHome); home != "" {
		runVictim(home)
		return
	}
	goleak.VerifyTestMain(m)
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// harness is a node on a chain in memory, with its public port.
type harness struct {
	t      testing.TB
	chain  *chaintest.Chain
	home   string
	cfg    storage.Config
	disk   flowlog.FS
	node   *storage.Node
	server *httptest.Server
	client *nodeapi.Client
	http   *http.Client
	stop   func()
	fatal  chan error // what the follower returned
}

type option func(*harness)

func withShard(shard string) option     { return func(h *harness) { h.cfg.Shard = shard } }
func withDisk(d flowlog.FS) option      { return func(h *harness) { h.disk = d } }
func onChain(c *chaintest.Chain) option { return func(h *harness) { h.chain = c } }
func atHome(dir string) option          { return func(h *harness) { h.home = dir } }
func configured(change func(*storage.Config)) option {
	return func(h *harness) { change(&h.cfg) }
}

// start runs a node until the test ends.
func start(t testing.TB, options ...option) *harness {
	t.Helper()
	h := &harness{t: t, cfg: storage.DefaultConfig()}
	h.cfg.PackSlots, h.cfg.ScrubMiB = 16, 0
	for _, o := range options {
		o(h)
	}
	if h.chain == nil {
		h.chain = chaintest.New(chaintest.Params{})
	}
	if h.home == "" {
		h.home = t.TempDir()
	}
	h.run()
	t.Cleanup(func() { h.stop() })
	return h
}

func (h *harness) run() {
	h.t.Helper()
	node, err := storage.OpenOn(h.home, h.cfg, h.chain, "test", quiet, h.disk)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	h.fatal = make(chan error, 1)
	done := make(chan struct{}, 3)
	go func() { h.fatal <- node.Follow(ctx); done <- struct{}{} }()
	go func() { _ = node.CopyDuplicates(ctx); done <- struct{}{} }()
	go func() { _ = node.FetchPayloads(ctx); done <- struct{}{} }()
	h.node = node
	h.server = httptest.NewServer(node.Handler())
	h.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	h.client, err = nodeapi.New(h.server.URL, nodeapi.Options{HTTP: h.http})
	if err != nil {
		h.t.Fatal(err)
	}
	stopped := false
	h.stop = func() {
		if stopped {
			return
		}
		stopped = true
		h.http.CloseIdleConnections()
		h.server.Close()
		cancel()
		for range cap(done) {
			<-done
		}
		if err := node.Close(); err != nil {
			h.t.Error(err)
		}
	}
}

// restart closes the node and opens it again on the same home.
func (h *harness) restart() {
	h.t.Helper()
	h.stop()
	h.run()
}

// content is the rule of all file vectors: byte[i] = (i*7+3) mod 251, shifted
// for files that must differ.
func content(size int, shift int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(((i+shift)*7 + 3) % 251)
	}
	return data
}

// random is data of which no part occurs twice.
func random(size int, seed uint64) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{byte(seed)}).Read(data) // cannot fail
	return data
}

// upload is a file cut for upload.
type upload struct {
	data  []byte
	file  *merkle.File
	entry chain.Entry
}

func (u upload) root() nodeapi.Hash { return nodeapi.Hash(u.file.Root()) }

func (u upload) segment(index uint64) nodeapi.SegmentWithProof {
	end := min((int(index)+1)*layout.LoadSize, len(u.data))
	data := bytes.Clone(u.data[int(index)*layout.LoadSize : end])
	if rest := len(data) % layout.SectorSize; rest != 0 {
		data = append(data, make([]byte, layout.SectorSize-rest)...)
	}
	p := u.file.Proof(index)
	proof := nodeapi.Proof{Lemma: []nodeapi.Hash{}, Path: p.Path}
	for _, l := range p.Lemma {
		proof.Lemma = append(proof.Lemma, nodeapi.Hash(l))
	}
	return nodeapi.SegmentWithProof{Root: u.root(), Data: data, Index: index, Proof: proof, FileSize: uint64(len(u.data))}
}

func cut(t testing.TB, data []byte) upload {
	t.Helper()
	file, err := merkle.NewFileFromData(data)
	if err != nil {
		t.Fatal(err)
	}
	return upload{data: data, file: file}
}

// submit enters a file into the flow and waits until the node shows it.
func (h *harness) submit(data []byte) upload {
	h.t.Helper()
	u := cut(h.t, data)
	entry, err := h.chain.SubmitData(data)
	if err != nil {
		h.t.Fatal(err)
	}
	u.entry = entry
	h.eventually("entry visible", func() bool {
		status, err := h.client.GetStatus(h.ctx())
		return err == nil && status.NextTxSeq > entry.TxSeq
	})
	return u
}

// put submits and uploads a file, the segments in one call each.
func (h *harness) put(data []byte) upload {
	h.t.Helper()
	u := h.submit(data)
	h.send(u)
	return u
}

func (h *harness) send(u upload) {
	h.t.Helper()
	for i := range u.file.NumSegments() {
		if err := h.client.UploadSegmentsByTxSeq(h.ctx(), []nodeapi.SegmentWithProof{u.segment(i)}, u.entry.TxSeq); err != nil && !nodeapi.IsAlreadyStored(err) {
			h.t.Fatalf("segment %d of %d bytes: %v", i, len(u.data), err)
		}
	}
}

func (h *harness) ctx() context.Context { return context.Background() }

func (h *harness) info(u upload) *nodeapi.FileInfo {
	h.t.Helper()
	info, err := h.client.GetFileInfoByTxSeq(h.ctx(), u.entry.TxSeq)
	if err != nil {
		h.t.Fatal(err)
	}
	return info
}

func (h *harness) eventually(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	h.t.Fatalf("%s: did not come within 10 s", what)
}

// get does a plain request and returns status and body.
func (h *harness) get(path string, headers ...string) (int, []byte) {
	h.t.Helper()
	request, err := http.NewRequest(http.MethodGet, h.server.URL+path, nil)
	if err != nil {
		h.t.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := h.http.Do(request)
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response.StatusCode, body
}

// answer is one JSON-RPC answer, undecoded.
type answer struct {
	ID     json.RawMessage   `json:"id"`
	Result json.RawMessage   `json:"result"`
	Error  *nodeapi.RPCError `json:"error"`
}

// post sends a raw body to the JSON-RPC port.
func (h *harness) post(body string) (int, []byte) {
	h.t.Helper()
	response, err := h.http.Post(h.server.URL, "application/json", bytes.NewReader([]byte(body)))
	if err != nil {
		h.t.Fatal(err)
	}
	defer response.Body.Close()
	out, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response.StatusCode, out
}

// call sends a method with raw JSON parameters.
func (h *harness) call(method, params string) answer {
	h.t.Helper()
	status, body := h.post(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`)
	if status != http.StatusOK {
		h.t.Fatalf("%s: HTTP %d %s", method, status, body)
	}
	var a answer
	if err := json.Unmarshal(body, &a); err != nil {
		h.t.Fatalf("%s: %v in %s", method, err, body)
	}
	return a
}

// newServer serves a handler until the test ends and returns its URL.
func newServer(t *testing.T, handler http.Handler) string {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// bigPacks are those of a real node; small ones make a new file each 4 MiB.
func bigPacks(cfg *storage.Config) { cfg.PackSlots = 4096 }
