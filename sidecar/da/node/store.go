package node

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Errors that callers act on.
var (
	// ErrNotHeld says that nothing is held of a blob, or not this row.
	ErrNotHeld = errors.New("not held here")
	// ErrLost says that what was held cannot be read any more.
	ErrLost = errors.New("lost on disk")
)

// Store keeps rows in loads of the engine and records in its metadata. Each
// epoch has its own range of 2^32 load numbers, filled one sector after the
// other, so that small blobs share a load and an expired epoch goes as whole
// loads.
//
//	b id(8)              record
//	r root(32) id(8)     nothing: which blobs have a root
//	e epoch(8) id(8)     nothing: which blobs are of an epoch
//	f epoch(8)           sectors(8) that are not given out again: of blobs that are gone
type Store struct {
	engine *flowlog.Store
	meta   flowlog.Meta

	mu      sync.Mutex
	next    map[uint64]uint64 // epoch → first free sector
	waiting map[uint64]uint64 // blob id → epoch, of those not confirmed
	blobs   int
	trouble error // of the last write, nil when it went well
}

const (
	prefixBlob, prefixRoot, prefixEpoch, prefixFloor = 'b', 'r', 'e', 'f'

	maxEpoch  = 1<<32 - 1
	maxSector = 1<<42 - 1 // 2^32 loads of 2^10 sectors
)

// OpenStore opens the engine's directory and counts what is there.
func OpenStore(dir string, options flowlog.Options) (*Store, error) {
	engine, err := flowlog.Open(dir, options)
	if err != nil {
		return nil, err
	}
	s := &Store{engine: engine, meta: engine.Meta(), next: map[uint64]uint64{}, waiting: map[uint64]uint64{}}
	if err := s.index(); err != nil {
		return nil, errors.Join(err, engine.Close())
	}
	return s, nil
}

// Close lets go of the directory.
func (s *Store) Close() error { return s.engine.Close() }

func (s *Store) index() error {
	err := s.meta.Iterate([]byte{prefixFloor}, func(key, value []byte) (bool, error) {
		if len(key) != 9 || len(value) != 8 {
			return false, fmt.Errorf("%w: floor %x", ErrRecord, key)
		}
		s.next[binary.BigEndian.Uint64(key[1:])] = binary.BigEndian.Uint64(value)
		return true, nil
	})
	if err != nil {
		return err
	}
	return s.meta.Iterate([]byte{prefixBlob}, func(_, value []byte) (bool, error) {
		r, err := decodeRecord(value)
		if err != nil {
			return false, err
		}
		s.next[r.Epoch] = max(s.next[r.Epoch], r.end())
		s.note(r)
		s.blobs++
		return true, nil
	})
}

// commit makes a batch durable and remembers how that went.
func (s *Store) commit(ctx context.Context, b *flowlog.Batch) error {
	err := s.engine.Commit(ctx, b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble = err
	return err
}

// Trouble is why the last write failed; nil when it did not.
func (s *Store) Trouble() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.trouble
}

// note needs the lock, or nobody else.
func (s *Store) note(r *Record) {
	if r.ConfirmHeight == 0 {
		s.waiting[r.BlobID] = r.Epoch
	} else {
		delete(s.waiting, r.BlobID)
	}
}

func key(prefix byte, parts ...[]byte) []byte {
	return append([]byte{prefix}, slices.Concat(parts...)...)
}

func word(v uint64) []byte { return binary.BigEndian.AppendUint64(nil, v) }

func blobKey(id uint64) []byte { return key(prefixBlob, word(id)) }
func rootKey(root erasure.Hash, id uint64) []byte {
	return key(prefixRoot, root[:], word(id))
}
func epochKey(epoch, id uint64) []byte { return key(prefixEpoch, word(epoch), word(id)) }

// place is where sectors of an epoch lie.
func place(epoch, sector uint64) (load uint64, first int) {
	return epoch<<32 | sector/layout.SectorsPerLoad, int(sector % layout.SectorsPerLoad)
}

// Put makes a blob durable: its rows, combinations and record, together or not
// at all. It sets r.First. bytes is the extent and must not change meanwhile.
func (s *Store) Put(ctx context.Context, r *Record, bytes []byte) error {
	if want := r.extent().bytes(); len(bytes) != want || r.Epoch > maxEpoch {
		return fmt.Errorf("%w: %d bytes of epoch %d, want %d of an epoch below 2^32", ErrRecord, len(bytes), r.Epoch, want)
	}
	s.mu.Lock()
	r.First = s.next[r.Epoch]
	if r.end() > maxSector {
		s.mu.Unlock()
		return fmt.Errorf("%w: epoch %d has all its sectors", flowlog.ErrFull, r.Epoch)
	}
	s.next[r.Epoch] = r.end() // also if writing fails: whose sectors those are is not known then
	s.mu.Unlock()
	var b flowlog.Batch
	for sector := r.First; len(bytes) > 0; {
		load, first := place(r.Epoch, sector)
		n := min(len(bytes), (layout.SectorsPerLoad-first)*layout.SectorSize)
		b.WriteSectors(load, first, bytes[:n])
		bytes, sector = bytes[n:], sector+uint64(n/layout.SectorSize)
	}
	b.Set(blobKey(r.BlobID), r.encode())
	b.Set(rootKey(r.Root(), r.BlobID), nil)
	b.Set(epochKey(r.Epoch, r.BlobID), nil)
	if err := s.commit(ctx, &b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(r)
	s.blobs++
	return nil
}

// Record returns what is known of a blob, or ErrNotHeld.
func (s *Store) Record(id uint64) (*Record, error) {
	value, ok, err := s.meta.Get(blobKey(id))
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, fmt.Errorf("%w: blob %d", ErrNotHeld, id)
	}
	return decodeRecord(value)
}

// Since lists the blobs of an epoch and those after it.
func (s *Store) Since(epoch uint64) (ids []uint64, err error) {
	err = s.meta.Iterate([]byte{prefixEpoch}, func(key, _ []byte) (bool, error) {
		if len(key) != 17 {
			return false, fmt.Errorf("%w: epoch key %x", ErrRecord, key)
		}
		if binary.BigEndian.Uint64(key[1:]) >= epoch {
			ids = append(ids, binary.BigEndian.Uint64(key[9:]))
		}
		return true, nil
	})
	return ids, err
}

// WithRoot returns the blobs with a root, the newest first: the same payload can
// be ordered again. ErrNotHeld when there is none.
func (s *Store) WithRoot(root erasure.Hash) ([]*Record, error) {
	var ids []uint64
	err := s.meta.Iterate(key(prefixRoot, root[:]), func(key, _ []byte) (bool, error) {
		if len(key) != 41 {
			return false, fmt.Errorf("%w: root key %x", ErrRecord, key)
		}
		ids = append(ids, binary.BigEndian.Uint64(key[33:]))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Reverse(ids)
	var records []*Record
	for _, id := range ids {
		r, err := s.Record(id)
		if errors.Is(err, ErrNotHeld) {
			continue // deleted just now
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	if len(records) == 0 {
		return nil, fmt.Errorf("%w: blob %x", ErrNotHeld, root)
	}
	return records, nil
}

// Row reads one row with its path: ErrNotHeld, or ErrLost when the disk does not
// have it any more.
func (s *Store) Row(r *Record, index int) (erasure.Row, error) {
	number, ok := r.holds(index)
	if !ok {
		return erasure.Row{}, fmt.Errorf("%w: row %d of blob %d", ErrNotHeld, index, r.BlobID)
	}
	e := r.extent()
	stored, err := s.read(r, e.rowAt(number), e.stride())
	if err != nil {
		return erasure.Row{}, fmt.Errorf("row %d of blob %d: %w", index, r.BlobID, err)
	}
	return e.row(stored, index), nil
}

// Combinations reads those of a blob, 16 bytes for each data row.
func (s *Store) Combinations(r *Record) ([]byte, error) {
	combinations, err := s.read(r, 0, r.extent().combinationsBytes())
	if err != nil {
		return nil, fmt.Errorf("combinations of blob %d: %w", r.BlobID, err)
	}
	return combinations, nil
}

// read returns bytes [from, from+length) of a blob's extent, verified.
func (s *Store) read(r *Record, from, length int) ([]byte, error) {
	const size = layout.SectorSize
	sector, end := r.First+uint64(from/size), r.First+uint64((from+length+size-1)/size)
	out := make([]byte, 0, int(end-sector)*size)
	for sector < end {
		load, first := place(r.Epoch, sector)
		count := int(min(end-sector, uint64(layout.SectorsPerLoad-first)))
		at := len(out)
		out = out[:at+count*size]
		err := s.engine.ReadSectors(load, first, count, out[at:])
		if errors.Is(err, flowlog.ErrCorrupt) || errors.Is(err, flowlog.ErrNotStored) {
			return nil, fmt.Errorf("%w: %w", ErrLost, err)
		}
		if err != nil {
			return nil, err
		}
		sector += uint64(count)
	}
	return out[from%size : from%size+length : from%size+length], nil
}

// Confirm notes where blobs lie under the confirmed root of their block.
func (s *Store) Confirm(ctx context.Context, records ...*Record) error {
	var b flowlog.Batch
	for _, r := range records {
		b.Set(blobKey(r.BlobID), r.encode())
	}
	if err := s.commit(ctx, &b); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range records {
		s.note(r)
	}
	return nil
}

// Waiting returns the blobs that are not confirmed yet, ascending.
func (s *Store) Waiting() []uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.waiting))
}

// Counts returns how many blobs are held, and the bytes on disk.
func (s *Store) Counts() (blobs, waiting int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.blobs, len(s.waiting), s.engine.Bytes()
}
