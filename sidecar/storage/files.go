package storage

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// files knows which segments of which entry are stored. The rows x and z are the
// truth; progress of files in upload is kept in memory beside them.
//
//	known ──segment──► uploading n/m ──last segment──► finalized
//	                        ▲                              │
//	                        └────── found corrupt ─────────┘
type files struct {
	store *flowlog.Store
	index index
	shard nodeapi.ShardConfig

	mu        sync.Mutex
	open      map[uint64]*progress // by seq, files not finalized that somebody asked for
	finalized uint64
	lost      map[uint64]map[uint64]bool // load -> seqs whose segment in it rotted; as the rows q
}

// maxOpen bounds files.open; what falls out is read from its rows again.
const maxOpen = 4096

// progress of one file that is not finalized. Guarded by files.mu.
type progress struct {
	stored  segmentSet
	flight  map[uint64]chan struct{} // segments being written; closed at the end
	needed  uint64                   // segments of this shard
	written uint64                   // stored ones of this shard
	closing bool                     // somebody writes the row z
}

func newFiles(store *flowlog.Store, shard nodeapi.ShardConfig) (*files, error) {
	f := &files{store: store, index: index{store.Meta()}, shard: shard, open: map[uint64]*progress{}, lost: map[uint64]map[uint64]bool{}}
	if err := f.adoptShard(); err != nil {
		return nil, fmt.Errorf("shard of the store: %w", err)
	}
	if err := f.recount(); err != nil {
		return nil, fmt.Errorf("count finalized files: %w", err)
	}
	if err := f.readLost(); err != nil {
		return nil, fmt.Errorf("list rotten segments: %w", err)
	}
	return f, nil
}

// adoptShard forgets which files are finalized when the shard is another one
// than last time: the rows z were about that one's segments. They come back as
// files are asked for and prove complete.
func (f *files) adoptShard() error {
	shard := fmt.Appendf(nil, "%d/%d", f.shard.ShardID, f.shard.NumShard)
	old, err := f.index.get(rowShard)
	if err == nil && string(old) == string(shard) {
		return nil
	}
	if err != nil && !errors.Is(err, errNoRow) {
		return err
	}
	var batch flowlog.Batch
	err = f.index.meta.Iterate([]byte{'z'}, func(key, _ []byte) (bool, error) { batch.Unset(key); return true, nil })
	if err != nil {
		return err
	}
	batch.Set(rowShard, shard)
	return f.store.Commit(context.Background(), &batch)
}

func (f *files) countFinalized() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.finalized
}

// isFinal says whether every segment of this shard is stored.
func (f *files) isFinal(seq uint64) (bool, error) { return f.index.has(rowFinal(seq)) }

// isStored says whether a segment is stored.
func (f *files) isStored(seq, segment uint64) (bool, error) {
	return f.index.has(rowSegment(seq, segment))
}

// uploaded counts the stored segments of a file that is not finalized, and
// finalizes it if a crash came between its last segment and its row z, or if
// none of its segments belongs to this shard.
func (f *files) uploaded(ctx context.Context, e *entry) (segments uint64, finalized bool, err error) {
	f.mu.Lock()
	p, err := f.progressOf(e)
	if err != nil {
		f.mu.Unlock()
		return 0, false, err
	}
	segments, complete := p.written, p.written == p.needed && len(p.flight) == 0 && !p.closing
	p.closing = p.closing || complete
	f.mu.Unlock()
	if complete {
		return segments, true, f.finalize(ctx, e)
	}
	return segments, false, nil
}

// progressOf reads a file's rows unless they are in memory. Needs mu.
func (f *files) progressOf(e *entry) (*progress, error) {
	if p := f.open[e.seq]; p != nil {
		return p, nil
	}
	p := &progress{stored: newSegmentSet(e.dataSegments()), flight: map[uint64]chan struct{}{}, needed: e.owned(f.shard)}
	prefix := binary.BigEndian.AppendUint64([]byte{'x'}, e.seq)
	err := f.index.meta.Iterate(prefix, func(key, _ []byte) (bool, error) {
		if len(key) != len(prefix)+4 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		segment := uint64(binary.BigEndian.Uint32(key[len(prefix):]))
		p.stored.add(segment)
		if f.shard.Owns(e.startLoad() + segment) {
			p.written++
		}
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("segments of file %d: %w", e.seq, err)
	}
	for seq, old := range f.open {
		if len(f.open) < maxOpen {
			break
		}
		if len(old.flight) == 0 {
			delete(f.open, seq)
		}
	}
	f.open[e.seq] = p
	return p, nil
}

// segmentSet is a set of a file's segments, a bit each: 2 KiB for 4 GiB.
type segmentSet []uint64

func newSegmentSet(segments uint64) segmentSet { return make(segmentSet, (segments+63)/64) }

func (s segmentSet) has(segment uint64) bool {
	return segment/64 < uint64(len(s)) && s[segment/64]>>(segment%64)&1 == 1
}

func (s segmentSet) add(segment uint64) {
	if segment/64 < uint64(len(s)) {
		s[segment/64] |= 1 << (segment % 64)
	}
}

func (s segmentSet) remove(segment uint64) { s[segment/64] &^= 1 << (segment % 64) }

// errStored: the segment is stored already.
var errStored = errors.New("segment stored already")

// begin claims a segment for writing. If another writer has it, begin waits and
// then finds it stored, or free again. last is true if this segment completes
// the file, provided nobody else writes to it.
func (f *files) begin(ctx context.Context, e *entry, segment uint64) (last bool, err error) {
	for {
		f.mu.Lock()
		p, err := f.progressOf(e)
		if err != nil {
			f.mu.Unlock()
			return false, err
		}
		if p.stored.has(segment) {
			f.mu.Unlock()
			return false, errStored
		}
		other, busy := p.flight[segment]
		if !busy {
			p.flight[segment] = make(chan struct{})
			last = len(p.flight) == 1 && p.written+1 == p.needed
			f.mu.Unlock()
			return last, nil
		}
		f.mu.Unlock()
		select {
		case <-other:
		case <-ctx.Done():
			return false, ctx.Err()
		}
	}
}

// end gives the claim back. finalize is true if the file is complete and its row
// z still to be written.
func (f *files) end(e *entry, segment uint64, written, finalized bool) (finalize bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.open[e.seq]
	close(p.flight[segment])
	delete(p.flight, segment)
	if !written {
		return false
	}
	p.stored.add(segment)
	p.written++
	if finalized {
		f.finalized++
		f.dropIfIdle(e.seq, p)
		return false
	}
	if p.written != p.needed || p.closing {
		return false
	}
	p.closing = true
	return true
}

// dropIfIdle forgets the progress of a file that has its row z. Needs mu.
func (f *files) dropIfIdle(seq uint64, p *progress) {
	if len(p.flight) == 0 {
		delete(f.open, seq)
	}
}

// write stores a verified segment: bytes, row, and what its proof tells about
// the flow's tree, in one commit. errStored if it is there already.
func (f *files) write(ctx context.Context, e *entry, segment uint64, data []byte, nodes func(func(height uint8, index uint64, root Hash))) (finalized bool, err error) {
	last, err := f.begin(ctx, e, segment)
	if err != nil {
		return false, err
	}
	var batch flowlog.Batch
	load, firstSector := e.place(segment)
	batch.WriteSectors(load, firstSector, data)
	batch.Set(rowSegment(e.seq, segment), nil)
	nodes(func(height uint8, index uint64, root Hash) { batch.Set(rowNode(height, index), root[:]) })
	if f.isLost(load, e.seq) {
		batch.Unset(rowLost(load, e.seq))
	}
	if last {
		batch.Set(rowFinal(e.seq), nil)
	}
	// Once queued a commit is not called back: the claim must outlive the caller.
	if err = f.store.Commit(context.WithoutCancel(ctx), &batch); err == nil {
		f.found(load, e.seq)
	}
	if f.end(e, segment, err == nil, last) {
		return true, f.finalize(ctx, e)
	}
	return last && err == nil, err
}

// finalize writes the row z of a complete file.
func (f *files) finalize(ctx context.Context, e *entry) error {
	var batch flowlog.Batch
	batch.Set(rowFinal(e.seq), nil)
	if err := f.store.Commit(context.WithoutCancel(ctx), &batch); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.finalized++
	if p := f.open[e.seq]; p != nil {
		f.dropIfIdle(e.seq, p)
	}
	return nil
}
