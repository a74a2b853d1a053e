package client

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// resumeFormat is the version of the file; another one is ignored and replaced.
const resumeFormat = 1

// maxResumeBytes bounds the file: 16 384 segments per 4 GiB are 2.7 KiB of text
// per node.
const maxResumeBytes = 64 << 20

// resumeEvery is how often progress is written while uploading: what is lost
// to a kill -9 is sent again.
const resumeEvery = time.Second

// resumeFile notes how far a put is. It is a hint, never evidence: what is paid
// is read from the chain, what is stored is told by the nodes.
type resumeFile struct {
	path string

	mu    sync.Mutex // guards the rest
	state resumeState
	dirty bool
	saved time.Time
}

// resumeState is the JSON of the file.
type resumeState struct {
	Format  int                     `json:"format"`
	ChainID string                  `json:"chain_id"`
	Paths   []string                `json:"paths"`
	Root    nodeapi.Hash            `json:"root"`
	Pending *resumePending          `json:"pending,omitempty"` // a payment whose outcome is not known
	Entries map[string]*resumeEntry `json:"entries"`           // by root
}

// resumePending: these roots were about to be paid when the chain was at Height.
type resumePending struct {
	Roots  []nodeapi.Hash `json:"roots"`
	Height int64          `json:"height"`
}

// resumeEntry is one paid entry; Done has a bit per segment and node.
type resumeEntry struct {
	TxSeq uint64            `json:"tx_seq"`
	Done  map[string]string `json:"done,omitempty"` // node URL -> base64 bitmap
}

// openResume reads the resume file of a plan, or begins a new one. dir "" keeps
// it in memory.
func openResume(dir string, p *plan, chainID string, paths []string) *resumeFile {
	fresh := resumeState{Format: resumeFormat, ChainID: chainID, Paths: paths, Root: nodeapi.Hash(p.root), Entries: map[string]*resumeEntry{}}
	r := &resumeFile{state: fresh}
	if dir == "" {
		return r
	}
	r.path = filepath.Join(dir, p.key+".json")
	info, err := os.Stat(r.path)
	if err != nil || info.Size() > maxResumeBytes {
		return r
	}
	text, err := os.ReadFile(r.path)
	if err != nil {
		return r
	}
	var old resumeState
	if json.Unmarshal(text, &old) != nil || old.Format != resumeFormat || old.ChainID != chainID || old.Root != fresh.Root || old.Entries == nil {
		return r
	}
	r.state = old
	return r
}

// save writes the file if something changed; not more often than resumeEvery
// unless now is set.
func (r *resumeFile) save(now bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.path == "" || !r.dirty || (!now && time.Since(r.saved) < resumeEvery) {
		return nil
	}
	text, err := json.MarshalIndent(r.state, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(r.path), 0o700); err != nil {
		return fmt.Errorf("resume file: %w", err)
	}
	temporary := r.path + ".tmp"
	if err := writeSynced(temporary, text); err != nil {
		return fmt.Errorf("resume file: %w", err)
	}
	if err := os.Rename(temporary, r.path); err != nil {
		return fmt.Errorf("resume file: %w", err)
	}
	r.dirty, r.saved = false, time.Now()
	return nil
}

func writeSynced(path string, text []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	return errors.Join(err, file.Sync(), file.Close())
}

// remove ends the put: nothing is left to resume.
func (r *resumeFile) remove() {
	if r.path != "" {
		_ = os.Remove(r.path)
	}
}

// setPending notes what is about to be paid (nil: it is known how that went).
func (r *resumeFile) setPending(pending *resumePending) error {
	r.mu.Lock()
	r.state.Pending, r.dirty = pending, true
	r.mu.Unlock()
	return r.save(true)
}

func (r *resumeFile) pending() *resumePending {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.state.Pending
}

// setPaid notes an entry's number.
func (r *resumeFile) setPaid(root Hash, txSeq uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := nodeapi.Hash(root).String()
	if old := r.state.Entries[key]; old == nil || old.TxSeq != txSeq {
		r.state.Entries[key], r.dirty = &resumeEntry{TxSeq: txSeq}, true
	}
}

// done returns a copy of a node's bitmap of an entry, of segments bits.
func (r *resumeFile) done(root Hash, txSeq uint64, url string, segments uint64) bitmap {
	bits := newBitmap(segments)
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := r.state.Entries[nodeapi.Hash(root).String()]
	if entry == nil || entry.TxSeq != txSeq {
		return bits
	}
	if old, err := base64.StdEncoding.DecodeString(entry.Done[url]); err == nil && len(old) == len(bits) {
		copy(bits, old)
	}
	return bits
}

// setDone notes a node's bitmap of an entry.
func (r *resumeFile) setDone(root Hash, url string, bits bitmap) {
	text := base64.StdEncoding.EncodeToString(bits)
	r.mu.Lock()
	defer r.mu.Unlock()
	entry := r.state.Entries[nodeapi.Hash(root).String()]
	if entry == nil {
		return
	}
	if entry.Done == nil {
		entry.Done = map[string]string{}
	}
	entry.Done[url], r.dirty = text, true
}

// bitmap has a bit per segment, lowest bit first.
type bitmap []byte

func newBitmap(n uint64) bitmap { return make(bitmap, (n+7)/8) }

func (b bitmap) get(i uint64) bool { return b[i/8]&(1<<(i%8)) != 0 }
func (b bitmap) set(i uint64)      { b[i/8] |= 1 << (i % 8) }

func (b bitmap) count() (n uint64) {
	for _, x := range b {
		for ; x != 0; x &= x - 1 {
			n++
		}
	}
	return n
}
