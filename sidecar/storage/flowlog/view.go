package flowlog

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// view is what readers see of meta/: the rows as of the last durable commit.
// Pebble itself shows a batch before its log is synced, and still shows it when
// that sync failed; an unacknowledged row must not be seen.
type view struct {
	snapshot *pebble.Snapshot
	users    int  // guarded by meta.mu
	retired  bool // guarded by meta.mu; the last user closes the snapshot
}

// next prepares a view of everything committed so far. Pebble may wait for locks
// here and when a snapshot is closed, for ever once its manifest has failed: so
// both go through guard, and hold no lock of ours.
func (m *meta) next() (*view, error) {
	v := new(view)
	err := m.guard(func() error {
		v.snapshot = m.db.NewSnapshot()
		return nil
	})
	return v, err
}

// show lets readers see v, and returns what they saw before, to be retired.
func (m *meta) show(v *view) (old *view) {
	m.mu.Lock()
	defer m.mu.Unlock()
	old, m.view = m.view, v
	return old
}

// advance shows everything committed so far. Only Open and the committer do so.
func (m *meta) advance() error {
	v, err := m.next()
	if err != nil {
		return err
	}
	return m.retire(m.show(v))
}

// retire closes a view that nobody will acquire any more, now or with its last
// user.
func (m *meta) retire(v *view) error {
	if v == nil {
		return nil
	}
	m.mu.Lock()
	v.retired = true
	idle := v.users == 0
	m.mu.Unlock()
	if idle {
		return m.guard(v.snapshot.Close)
	}
	return nil
}

func (m *meta) acquire() *view {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.view.users++
	return m.view
}

func (m *meta) release(v *view) {
	m.mu.Lock()
	v.users--
	last := v.users == 0 && v.retired
	m.mu.Unlock()
	if last {
		_ = m.guard(v.snapshot.Close) // the reader has what it came for
	}
}

// get returns a copy of the value; ok is false when there is none.
func (m *meta) get(key []byte) (value []byte, ok bool, err error) {
	v := m.acquire()
	defer m.release(v)
	found, closer, err := v.snapshot.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read metadata: %w", err)
	}
	value = append([]byte{}, found...)
	return value, true, closer.Close()
}

// row returns the committed row of a load; nil when there is none.
func (m *meta) row(load uint64) (*row, error) {
	value, ok, err := m.get(loadKey(load))
	if err != nil || !ok {
		return nil, err
	}
	return decodeRow(load, value)
}

// iterate calls do for every key in [from, to) in order, until do says false.
// Key and value are valid during the call only.
func (m *meta) iterate(from, to []byte, do func(key, value []byte) (bool, error)) (err error) {
	v := m.acquire()
	defer m.release(v)
	iter, err := v.snapshot.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		value, err := iter.ValueAndErr()
		if err != nil {
			return fmt.Errorf("read metadata: %w", err)
		}
		if more, err := do(iter.Key(), value); err != nil || !more {
			return err
		}
	}
	if err := iter.Error(); err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	return nil
}
