package storage

import (
	"context"
	"encoding/binary"
	"fmt"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// lose forgets segments whose bytes are gone: the files are not finalized any
// more, their segments can be uploaded again. The load goes too, because its
// checksums may be right about wrong bytes.
func (f *files) lose(ctx context.Context, load uint64) error {
	entries, err := f.index.entriesIn(load)
	if err != nil {
		return err
	}
	var batch flowlog.Batch
	var had []uint64 // entries that were promised
	batch.Delete(load)
	for _, e := range entries {
		segment := load - e.startLoad()
		stored, err := f.isStored(e.seq, segment)
		if err != nil {
			return err
		}
		if stored {
			had = append(had, e.seq)
			batch.Set(rowLost(load, e.seq), nil)
		}
		batch.Unset(rowSegment(e.seq, segment))
		batch.Unset(rowFinal(e.seq))
	}
	if err := f.store.Commit(context.WithoutCancel(ctx), &batch); err != nil {
		return fmt.Errorf("quarantine load %d: %w", load, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, seq := range had {
		f.noteLost(load, seq)
	}
	for _, e := range entries {
		p, segment := f.open[e.seq], load-e.startLoad()
		if p != nil && p.stored.has(segment) {
			p.stored.remove(segment)
			p.written--
		}
	}
	return f.recount()
}

// recount counts the rows z again. Needs mu; corruption is rare.
func (f *files) recount() error {
	f.finalized = 0
	return f.index.meta.Iterate([]byte{'z'}, func(_, _ []byte) (bool, error) { f.finalized++; return true, nil })
}

// readLost reads the rows q.
func (f *files) readLost() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.index.meta.Iterate([]byte{'q'}, func(key, _ []byte) (bool, error) {
		if len(key) != 17 {
			return false, fmt.Errorf("%w: key %x", errRow, key)
		}
		f.noteLost(binary.BigEndian.Uint64(key[1:]), binary.BigEndian.Uint64(key[9:]))
		return true, nil
	})
}

// noteLost needs mu.
func (f *files) noteLost(load, seq uint64) {
	if f.lost[load] == nil {
		f.lost[load] = map[uint64]bool{}
	}
	f.lost[load][seq] = true
}

func (f *files) isLost(load, seq uint64) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.lost[load][seq]
}

// found says that an entry's segment in a load is stored, perhaps again.
func (f *files) found(load, seq uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.lost[load], seq)
	if len(f.lost[load]) == 0 {
		delete(f.lost, load)
	}
}

// countLost counts loads that rotted and are not whole again.
func (f *files) countLost() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return uint64(len(f.lost))
}
