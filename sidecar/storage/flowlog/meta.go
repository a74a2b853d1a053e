package flowlog

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const metaDir = "meta"

// meta is the pebble database under meta/. Pebble ends the process when its log
// cannot be written; here that only ends writing: the goroutine that hit it is
// stopped, reads go on, and every later commit fails with ErrFailed.
type meta struct {
	db  *pebble.DB
	log *slog.Logger

	mu    sync.Mutex
	fatal error // first fatal error of pebble; set once
}

// metaFormat is pinned: a newer pebble must not upgrade directories by itself.
const metaFormat = pebble.FormatValueSeparation

func openMeta(disk FS, dir string, log *slog.Logger, cacheBytes int64, memTableBytes uint64) (*meta, error) {
	m := &meta{log: log}
	cache := pebble.NewCache(cacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		FS: orderedFS{disk.Meta()}, Cache: cache, Logger: m, FormatMajorVersion: metaFormat,
		MemTableSize: memTableBytes, MaxOpenFiles: 256,
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most lookups of a new load find nothing
	}
	err := m.guard(func() (err error) { m.db, err = pebble.Open(dir, opts); return err })
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return m, nil
}

// guard runs call on a goroutine of its own, because pebble leaves a failed
// commit by Fatalf or panic. Either becomes an error here, and stays.
func (m *meta) guard(call func() error) error {
	done := make(chan error, 1)
	go func() {
		err := errors.New("stopped") // when Fatalf ends the goroutine
		defer func() {
			if cause := recover(); cause != nil {
				m.fail(fmt.Errorf("%v", cause))
			}
			if fatal := m.failed(); fatal != nil {
				err = fatal
			}
			done <- err
		}()
		err = call()
	}()
	return <-done
}

func (m *meta) fail(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fatal == nil {
		m.fatal = fmt.Errorf("%w: %w: free space or replace the disk, restart the program, then run fsck", ErrFailed, cause)
		m.log.Error("metadata log failed; store is read-only", "error", cause)
	}
}

// failed returns why nothing can be written any more, or nil.
func (m *meta) failed() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fatal
}

// commit makes the batch durable. After an error it may or may not be there
// after a restart, and no later commit succeeds.
func (m *meta) commit(batch *pebble.Batch) error {
	if err := m.failed(); err != nil {
		return err
	}
	return m.guard(func() error {
		err := batch.Commit(pebble.Sync)
		if err != nil {
			m.fail(err)
		}
		return err
	})
}

// get returns a copy of the value; ok is false when there is none.
func (m *meta) get(key []byte) (value []byte, ok bool, err error) {
	found, closer, err := m.db.Get(key)
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

// iterate calls do for every key in [from, to) in order, on one snapshot, until
// do says false. Key and value are valid during the call only.
func (m *meta) iterate(from, to []byte, do func(key, value []byte) (bool, error)) (err error) {
	iter, err := m.db.NewIter(&pebble.IterOptions{LowerBound: from, UpperBound: to})
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

// close flushes, so that a cleanly closed directory holds no log whose end could
// rot unseen. After a fatal error pebble cannot be closed any more: the process
// is expected to end.
func (m *meta) close() error {
	if err := m.failed(); err != nil {
		return err
	}
	return m.guard(func() error { return errors.Join(m.db.Flush(), m.db.Close()) })
}

var (
	_ pebble.Logger = (*meta)(nil)
	_ io.Closer     = (*Store)(nil)
)

func (m *meta) Infof(format string, args ...any)  { m.log.Debug(fmt.Sprintf(format, args...)) }
func (m *meta) Errorf(format string, args ...any) { m.log.Warn(fmt.Sprintf(format, args...)) }

// Fatalf ends the calling goroutine, not the process.
func (m *meta) Fatalf(format string, args ...any) {
	m.fail(fmt.Errorf(format, args...))
	runtime.Goexit()
}
