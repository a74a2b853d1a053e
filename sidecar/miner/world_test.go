package miner_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/chaintest"
	"github.com/zgd-network/zgd/sidecar/miner"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// storage is a storage node that holds everything that was submitted.
type storage struct {
	t      *testing.T
	chain  *chaintest.Chain
	server *httptest.Server

	mu      sync.Mutex
	loads   map[uint64]*mine.Load // plain; absent ones are zeros
	missing map[uint64]bool       // not uploaded yet
	broken  bool                  // answers 500
	corrupt bool                  // flips a bit of every load
	noPaths bool                  // zgs_getSectorProof finds nothing
	fetches atomic.Int64
}

func newStorage(t *testing.T, fake *chaintest.Chain) *storage {
	s := &storage{t: t, chain: fake, loads: map[uint64]*mine.Load{}, missing: map[uint64]bool{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/loads/{load}", s.serveLoad)
	mux.HandleFunc("GET /v1/status", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(nodeapi.NodeStatus{Shard: nodeapi.ShardConfig{NumShard: 1}})
	})
	mux.HandleFunc("POST /{$}", s.serveRPC)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		broken := s.broken
		s.mu.Unlock()
		if broken {
			http.Error(w, `{"code":"internal","message":"broken"}`, http.StatusInternalServerError)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.server.Close)
	return s
}

// put submits a file of random bytes and stores it.
func (s *storage) put(seed uint64, sizeBytes int) chain.Entry {
	s.t.Helper()
	data := make([]byte, sizeBytes)
	source := rand.NewChaCha8([32]byte{byte(seed), 1})
	_, _ = source.Read(data)
	entry, err := s.chain.SubmitData(data)
	if err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := 0; at < len(data); {
		position := entry.StartSector*layout.SectorSize + uint64(at)
		load, offset := position/layout.LoadSize, position%layout.LoadSize
		at += copy(s.plain(load)[offset:], data[at:])
	}
	return entry
}

func (s *storage) plain(load uint64) *mine.Load {
	if s.loads[load] == nil {
		s.loads[load] = new(mine.Load)
	}
	return s.loads[load]
}

// node is the NodeSource of the whole flow; it needs the lock.
func (s *storage) node(height uint8, index uint64) (merkle.Hash, bool, error) {
	if height > 10 {
		return merkle.Hash{}, false, nil
	}
	load := index << height / layout.SectorsPerLoad
	leaves := make([]merkle.Hash, layout.SectorsPerLoad)
	merkle.FlowLeaves(s.plain(load)[:], load*layout.SectorsPerLoad, leaves)
	first := index << height % layout.SectorsPerLoad
	return merkle.Root(leaves[first : first+1<<height]), true, nil
}

func (s *storage) length(root nodeapi.Hash) (uint64, bool) {
	for epoch := uint64(1); ; epoch++ {
		c, err := s.chain.Context(context.Background(), 0, epoch)
		if err != nil {
			return 0, false
		}
		if c.FlowRoot == chain.Hash(root) {
			return c.FlowLengthSectors, true
		}
	}
}

func (s *storage) serveLoad(w http.ResponseWriter, r *http.Request) {
	s.fetches.Add(1)
	load, err := strconv.ParseUint(r.PathValue("load"), 10, 64)
	root, err2 := nodeapi.ParseHash(r.URL.Query().Get("flow_root"))
	if err != nil || err2 != nil {
		http.Error(w, `{"code":"bad"}`, http.StatusBadRequest)
		return
	}
	length, ok := s.length(root)
	if !ok {
		http.Error(w, `{"code":"unknown_root"}`, http.StatusConflict)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.missing[load] {
		http.Error(w, `{"code":"not_stored"}`, http.StatusNotFound)
		return
	}
	siblings, _, err := merkle.ProveFlow(length, 10, load, s.node)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	proof := nodeapi.LoadProof{Siblings: []nodeapi.Hash{}}
	for _, sibling := range siblings {
		proof.Siblings = append(proof.Siblings, nodeapi.Hash(sibling))
	}
	header, _ := nodeapi.EncodeProofHeader(proof)
	w.Header().Set(nodeapi.HeaderProof, header)
	data := *s.plain(load)
	if s.corrupt {
		data[layout.LoadSize/2] ^= 1
	}
	_, _ = w.Write(data[:])
}

func (s *storage) serveRPC(w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID     uint64
		Method string
		Params []json.RawMessage
	}
	body, _ := io.ReadAll(r.Body)
	if err := json.Unmarshal(body, &request); err != nil || request.Method != "zgs_getSectorProof" {
		http.Error(w, "bad", http.StatusBadRequest)
		return
	}
	sector, _ := strconv.ParseUint(string(request.Params[0]), 10, 64)
	var root nodeapi.Hash
	_ = json.Unmarshal(request.Params[1], &root)
	s.mu.Lock()
	none := s.noPaths
	s.mu.Unlock()
	length, ok := s.length(root)
	var result any
	if ok && !none {
		s.mu.Lock()
		leaf, _, _ := s.node(0, sector)
		siblings, top, err := merkle.ProveFlow(length, 0, sector, s.node)
		s.mu.Unlock()
		if err == nil {
			proof := nodeapi.FlowProof{Lemma: []nodeapi.Hash{nodeapi.Hash(leaf)}, Path: []bool{}}
			for i, sibling := range siblings {
				proof.Lemma = append(proof.Lemma, nodeapi.Hash(sibling))
				proof.Path = append(proof.Path, sector>>i&1 == 0)
			}
			proof.Lemma = append(proof.Lemma, nodeapi.Hash(top))
			result = proof
		}
	}
	json.NewEncoder(w).Encode(map[string]any{"jsonrpc": "2.0", "id": request.ID, "result": result})
}

// memory is a Store that survives the miner, as a disk does.
type memory struct {
	mu    sync.Mutex
	loads map[uint64]memoryLoad
	reads atomic.Int64
}

type memoryLoad struct {
	data  mine.Load
	root  mine.Hash
	seals []byte
}

func newMemory() *memory { return &memory{loads: map[uint64]memoryLoad{}} }

func (m *memory) Loads(visit func(uint64) error) error {
	m.mu.Lock()
	var all []uint64
	for load := range m.loads {
		all = append(all, load)
	}
	m.mu.Unlock()
	for _, load := range all {
		if err := visit(load); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) get(load uint64) (memoryLoad, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.loads[load]
	if !ok {
		return memoryLoad{}, fmt.Errorf("load %d is not there", load)
	}
	return found, nil
}

func (m *memory) Seals(load uint64) (miner.Seals, error) {
	found, err := m.get(load)
	if err != nil {
		return miner.Seals{}, err
	}
	return miner.DecodeSeals(found.seals)
}

func (m *memory) Write(_ context.Context, load uint64, sealed *mine.Load, root mine.Hash, seals miner.Seals) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads[load] = memoryLoad{data: *sealed, root: root, seals: seals.Encode()}
	return nil
}

func (m *memory) Buffer() *mine.Load { return new(mine.Load) }

func (m *memory) Read(load uint64, into *mine.Load) error {
	m.reads.Add(1)
	found, err := m.get(load)
	if err == nil {
		*into = found.data
	}
	return err
}

func (m *memory) Delete(_ context.Context, load uint64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.loads, load)
	return nil
}

func (m *memory) Close() error { return nil }

func (m *memory) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.loads)
}

// running is a miner under test.
type running struct {
	*miner.Node
	stop func() error
}

type world struct {
	t       *testing.T
	chain   *chaintest.Chain
	storage *storage
	store   miner.Store // in memory; unused when dir is set
	dir     string
	config  miner.Config
}

func newWorld(t *testing.T, params chaintest.Params) *world {
	fake := chaintest.New(params)
	w := &world{t: t, chain: fake, storage: newStorage(t, fake), store: newMemory(), config: miner.DefaultConfig()}
	w.config.Storage = w.storage.server.URL
	w.config.MinBalance = "0"
	return w
}

// diskWorld is a world whose miner keeps its loads in the engine's format.
func diskWorld(t *testing.T) *world {
	w := newWorld(t, chaintest.Params{BlocksPerEpoch: 1 << 30, Difficulty: 64})
	w.dir = t.TempDir()
	return w
}

func (w *world) open(minerID chain.Hash) (miner.Store, error) {
	if w.dir == "" {
		return w.store, nil
	}
	return miner.OpenStore(miner.DataPath(w.dir, minerID), minerID, quiet)
}

func (w *world) memory() *memory { return w.store.(*memory) }

// start runs a miner; it is stopped with the test at the latest.
func (w *world) start() *running {
	w.t.Helper()
	settings, err := w.config.Settings()
	if err != nil {
		w.t.Fatal(err)
	}
	source, err := nodeapi.New(w.config.Storage, nodeapi.Options{})
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(testWriter{w.t}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	node := miner.NewNode(settings, miner.Deps{
		Chain: w.chain, Sender: w.chain.Sender("zg1miner"), Source: source,
		OpenData: w.open,
		Log:      log, Registry: prometheus.NewRegistry(),
	})
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan error, 1)
	go func() { finished <- node.Run(ctx) }()
	var once sync.Once
	var result error
	stop := func() error {
		once.Do(func() {
			cancel()
			select {
			case result = <-finished:
			case <-time.After(5 * time.Second):
				result = errors.New("the miner did not stop within 5 s")
			}
		})
		return result
	}
	w.t.Cleanup(func() {
		if err := stop(); err != nil {
			w.t.Error(err)
		}
	})
	return &running{node, stop}
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Helper()
	w.t.Log(strings.TrimSpace(string(b)))
	return len(b), nil
}

// until waits for a condition on the status.
func (r *running) until(t *testing.T, what string, holds func(miner.Status) bool) miner.Status {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		status := r.Status()
		if holds(status) {
			return status
		}
		if time.Now().After(deadline) {
			text, _ := json.Marshal(status)
			t.Fatalf("never saw %s; status %s", what, text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}
