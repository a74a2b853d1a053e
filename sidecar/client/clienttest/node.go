package clienttest

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Hook sees a request first; true means that it has answered.
type Hook func(w http.ResponseWriter, r *http.Request) bool

// Node is a storage node in memory. It learns entries from the chain when it
// is asked about them.
type Node struct {
	// NoDoors makes it speak JSON-RPC only.
	NoDoors bool
	// Shard is what it owns; zero: all.
	Shard nodeapi.ShardConfig
	// Forget drops the data of what it accepts, for files too large for memory:
	// it answers reads of them from Source.
	Forget bool
	Source io.ReaderAt

	Puts, Gets atomic.Int64 // segments through either door

	chain chain.Reader
	hook  atomic.Pointer[Hook]
	freed chan struct{}
	once  sync.Once
	mux   *http.ServeMux

	mu    sync.Mutex
	files map[uint64]*file // by txSeq
}

type file struct {
	entry  chain.Entry
	data   map[uint64][]byte
	proofs []*nodeapi.Proof // as uploaded; nil: not here
	count  uint64
}

// NewNode returns a node of a chain.
func NewNode(source chain.Reader) *Node {
	n := &Node{chain: source, freed: make(chan struct{}), files: map[uint64]*file{}, Shard: nodeapi.ShardConfig{NumShard: 1}, mux: http.NewServeMux()}
	n.mux.HandleFunc("POST /{$}", n.serveRPC)
	n.mux.HandleFunc("PUT /v1/segments/{txSeq}/{index}", n.putSegment)
	n.mux.HandleFunc("GET /v1/segments/{txSeq}/{index}", n.getSegment)
	return n
}

// SetHook installs a fault; nil: none.
func (n *Node) SetHook(hook Hook) {
	if hook == nil {
		n.hook.Store(nil)
		return
	}
	n.hook.Store(&hook)
}

func (n *Node) release() { n.once.Do(func() { close(n.freed) }) }

// ServeHTTP is the node's port.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if hook := n.hook.Load(); hook != nil && (*hook)(w, r) {
		return
	}
	if n.NoDoors && r.URL.Path != "/" {
		http.NotFound(w, r)
		return
	}
	n.mux.ServeHTTP(w, r)
}

// Finalized says whether the node has all of an entry that its shard owns.
func (n *Node) Finalized(txSeq uint64) bool {
	info := n.info(context.Background(), txSeq)
	return info != nil && info.Finalized
}

// Lose drops all data.
func (n *Node) Lose() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.files = map[uint64]*file{}
}

// file returns the node's state of an entry; the lock is held.
func (n *Node) file(ctx context.Context, txSeq uint64) *file {
	if f := n.files[txSeq]; f != nil {
		return f
	}
	entry, err := n.chain.Entry(ctx, 0, txSeq)
	if err != nil {
		return nil
	}
	segments := layout.Segments(layout.DataSectors(entry.SizeBytes))
	f := &file{entry: entry, data: map[uint64][]byte{}, proofs: make([]*nodeapi.Proof, segments)}
	n.files[txSeq] = f
	return f
}

func (n *Node) owned(f *file) (count uint64) {
	for i := range f.proofs {
		if n.Shard.Owns(f.entry.StartSector/layout.SectorsPerLoad + uint64(i)) {
			count++
		}
	}
	return count
}

func (n *Node) info(ctx context.Context, txSeq uint64) *nodeapi.FileInfo {
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.file(ctx, txSeq)
	if f == nil {
		return nil
	}
	info := &nodeapi.FileInfo{UploadedSegNum: f.count, Finalized: f.count == n.owned(f), Tx: nodeapi.Tx{
		DataMerkleRoot: nodeapi.Hash(f.entry.Root), StartEntryIndex: f.entry.StartSector, Size: f.entry.SizeBytes, Seq: txSeq,
	}}
	for _, node := range f.entry.Nodes {
		info.Tx.MerkleNodes = append(info.Tx.MerkleNodes, nodeapi.MerkleNode{Height: node.Height, Root: nodeapi.Hash(node.Root)})
	}
	return info
}

func (n *Node) infoByRoot(ctx context.Context, root nodeapi.Hash) *nodeapi.FileInfo {
	entries, err := n.chain.EntriesByRoot(ctx, chain.Hash(root))
	if err != nil {
		return nil
	}
	var first *nodeapi.FileInfo
	for _, entry := range entries {
		info := n.info(ctx, entry.TxSeq)
		if info != nil && info.Finalized {
			return info
		}
		if first == nil {
			first = info
		}
	}
	return first
}

// store checks and keeps a segment.
func (n *Node) store(ctx context.Context, txSeq, index uint64, data []byte, proof nodeapi.Proof) *nodeapi.RPCError {
	n.Puts.Add(1)
	n.mu.Lock()
	f := n.file(ctx, txSeq)
	n.mu.Unlock()
	if f == nil {
		return &nodeapi.RPCError{Code: nodeapi.CodeInternalError, Message: "Internal error", Data: "unknown entry"}
	}
	checked := merkle.Proof{Path: proof.Path}
	for _, hash := range proof.Lemma {
		checked.Lemma = append(checked.Lemma, merkle.Hash(hash))
	}
	if err := merkle.VerifySegment(f.entry.Root, f.entry.SizeBytes, index, data, checked); err != nil {
		return &nodeapi.RPCError{Code: nodeapi.CodeInvalidParams, Message: "Invalid params: proof", Data: "invalid proof"}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if f.proofs[index] != nil {
		return &nodeapi.RPCError{Code: nodeapi.CodeInvalidParams, Message: "Invalid params: root", Data: nodeapi.TextDuplicateSegment}
	}
	f.proofs[index] = &proof
	f.count++
	if !n.Forget {
		f.data[index] = data
	}
	return nil
}

// load reads a segment with its proof.
func (n *Node) load(ctx context.Context, txSeq, index uint64) ([]byte, nodeapi.Proof, bool) {
	n.Gets.Add(1)
	n.mu.Lock()
	defer n.mu.Unlock()
	f := n.file(ctx, txSeq)
	if f == nil || index >= uint64(len(f.proofs)) || f.proofs[index] == nil {
		return nil, nodeapi.Proof{}, false
	}
	data := f.data[index]
	if n.Forget {
		start := index * layout.LoadSize
		data = make([]byte, min(layout.LoadSize, layout.DataSectors(f.entry.SizeBytes-start)*layout.SectorSize))
		if read, err := n.Source.ReadAt(data, int64(start)); err != nil && err != io.EOF || read == 0 {
			return nil, nodeapi.Proof{}, false
		}
	}
	return data, *f.proofs[index], data != nil
}

func (n *Node) putSegment(w http.ResponseWriter, r *http.Request) {
	txSeq, index, ok := pathNumbers(w, r)
	if !ok {
		return
	}
	var proof nodeapi.Proof
	if err := nodeapi.DecodeProofHeader(r.Header.Get(nodeapi.HeaderProof), &proof); err != nil {
		writeError(w, http.StatusBadRequest, &nodeapi.RPCError{Code: nodeapi.CodeInvalidParams, Message: err.Error()})
		return
	}
	data, err := io.ReadAll(io.LimitReader(r.Body, layout.LoadSize+1))
	if err != nil {
		return
	}
	if refusal := n.store(r.Context(), txSeq, index, data, proof); refusal != nil {
		writeError(w, http.StatusBadRequest, refusal)
		return
	}
	fmt.Fprint(w, `{"stored":true}`)
}

func (n *Node) getSegment(w http.ResponseWriter, r *http.Request) {
	txSeq, index, ok := pathNumbers(w, r)
	if !ok {
		return
	}
	data, proof, found := n.load(r.Context(), txSeq, index)
	if !found {
		writeError(w, http.StatusNotFound, &nodeapi.RPCError{Code: nodeapi.CodeInternalError, Message: "segment not stored here"})
		return
	}
	header, _ := nodeapi.EncodeProofHeader(proof)
	w.Header().Set(nodeapi.HeaderProof, header)
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	_, _ = w.Write(data)
}

func pathNumbers(w http.ResponseWriter, r *http.Request) (txSeq, index uint64, ok bool) {
	txSeq, err1 := strconv.ParseUint(r.PathValue("txSeq"), 10, 64)
	index, err2 := strconv.ParseUint(r.PathValue("index"), 10, 64)
	if err1 != nil || err2 != nil {
		writeError(w, http.StatusBadRequest, &nodeapi.RPCError{Code: nodeapi.CodeInvalidParams, Message: "bad number"})
		return 0, 0, false
	}
	return txSeq, index, true
}

func writeError(w http.ResponseWriter, status int, e *nodeapi.RPCError) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(e)
}

func (n *Node) serveRPC(w http.ResponseWriter, r *http.Request) {
	var request struct {
		ID     json.RawMessage   `json:"id"`
		Method string            `json:"method"`
		Params []json.RawMessage `json:"params"`
	}
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	result, refusal := n.call(r.Context(), request.Method, request.Params)
	answer := map[string]any{"jsonrpc": "2.0", "id": request.ID}
	if refusal != nil {
		answer["error"] = refusal
	} else {
		answer["result"] = result
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// call serves the methods the client uses.
func (n *Node) call(ctx context.Context, method string, params []json.RawMessage) (any, *nodeapi.RPCError) {
	switch method {
	case "zgs_getShardConfig":
		return n.Shard, nil
	case "zgs_getStatus":
		head, _ := n.chain.Status(ctx)
		flow, _ := n.chain.Flow(ctx, 0)
		return nodeapi.Status{LogSyncHeight: uint64(head.Height), NextTxSeq: flow.NextTxSeq}, nil
	case "zgs_getFileInfo":
		var root nodeapi.Hash
		_ = json.Unmarshal(params[0], &root)
		return n.infoByRoot(ctx, root), nil
	case "zgs_getFileInfoByTxSeq":
		return n.info(ctx, number(params[0])), nil
	case "zgs_uploadSegmentsByTxSeq":
		var segments []nodeapi.SegmentWithProof
		_ = json.Unmarshal(params[0], &segments)
		for _, s := range segments {
			if refusal := n.store(ctx, number(params[1]), s.Index, s.Data, s.Proof); refusal != nil {
				return nil, refusal
			}
		}
		return 0, nil
	case "zgs_downloadSegmentWithProofByTxSeq":
		data, proof, found := n.load(ctx, number(params[0]), number(params[1]))
		if !found {
			return nil, nil
		}
		return nodeapi.SegmentWithProof{Data: data, Index: number(params[1]), Proof: proof}, nil
	}
	return nil, &nodeapi.RPCError{Code: nodeapi.CodeMethodNotFound, Message: "Method not found"}
}

func number(text json.RawMessage) (x uint64) {
	_ = json.Unmarshal(text, &x)
	return x
}

// Lie answers reads of segments with one bit turned, proof untouched.
func (n *Node) Lie() {
	n.SetHook(func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method != http.MethodGet {
			return false
		}
		var txSeq, index uint64
		if _, err := fmt.Sscanf(r.URL.Path, "/v1/segments/%d/%d", &txSeq, &index); err != nil {
			return false
		}
		data, proof, found := n.load(r.Context(), txSeq, index)
		if !found {
			return false
		}
		text, _ := json.Marshal(proof)
		w.Header().Set(nodeapi.HeaderProof, base64.StdEncoding.EncodeToString(text))
		wrong := append([]byte(nil), data...)
		wrong[len(wrong)/2] ^= 1
		_, _ = w.Write(wrong)
		return true
	})
}

// Stall lets requests with this method hang until the client gives up.
func (n *Node) Stall(method string) {
	n.SetHook(func(_ http.ResponseWriter, r *http.Request) bool {
		if r.Method != method {
			return false
		}
		n.Hang(r)
		return true
	})
}

// Hang waits until the client gives the request up, or the test ends.
func (n *Node) Hang(r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice a closed connection
	select {
	case <-r.Context().Done():
	case <-n.freed:
	}
}
