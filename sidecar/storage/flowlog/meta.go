package flowlog

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

const metaDir = "meta"

// meta is the pebble database under meta/. Where pebble would end the process
// because its log cannot be written, here only writing ends (see guardFS): reads
// go on, and every later commit fails with ErrFailed.
type meta struct {
	db  *pebble.DB
	log *slog.Logger

	dead  chan struct{} // closed when fatal is set
	mu    sync.Mutex
	fatal error // first fatal error of pebble; set once
	view  *view // what readers see
}

// metaFormat is pinned: a newer pebble must not upgrade directories by itself.
const metaFormat = pebble.FormatValueSeparation

func openMeta(disk FS, dir string, log *slog.Logger, cacheBytes int64, memTableBytes uint64) (*meta, error) {
	m := &meta{log: log, dead: make(chan struct{})}
	cache := pebble.NewCache(cacheBytes)
	defer cache.Unref()
	opts := &pebble.Options{
		FS: guardFS{disk.Meta(), m.fail, m.dead}, Cache: cache, Logger: m, FormatMajorVersion: metaFormat,
		MemTableSize: memTableBytes, MaxOpenFiles: 256,
		EventListener: &pebble.EventListener{
			DataCorruption: func(info pebble.DataCorruptionInfo) { // else it ends the process
				log.Error("metadata is corrupt; restore it, or empty the data directory and fetch again", "file", info.Path, "error", info.Details)
			},
		},
	}
	for i := range opts.Levels {
		opts.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // most lookups of a new load find nothing
	}
	err := m.guard(func() (err error) { m.db, err = pebble.Open(dir, opts); return err })
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", dir, err)
	}
	return m, m.advance()
}

// guard runs call on a goroutine of its own, which is left behind when pebble
// cannot go on.
func (m *meta) guard(call func() error) error {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if cause := recover(); cause != nil {
				m.fail(fmt.Errorf("%v", cause))
			}
		}()
		done <- call()
	}()
	select {
	case err := <-done:
		return err
	case <-m.dead:
		return m.failed()
	}
}

func (m *meta) fail(cause error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fatal == nil {
		m.fatal = fmt.Errorf("%w: %w: free space or replace the disk, restart the program, then run fsck", ErrFailed, cause)
		close(m.dead)
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

// close flushes, so that a cleanly closed directory holds no log whose end could
// rot unseen. After a fatal error pebble cannot be closed any more: the process
// is expected to end.
func (m *meta) close() error {
	if err := m.failed(); err != nil {
		return err
	}
	return m.guard(func() error { return errors.Join(m.retire(m.view), m.db.Flush(), m.db.Close()) })
}

var (
	_ pebble.Logger = (*meta)(nil)
	_ io.Closer     = (*Store)(nil)
)

func (m *meta) Infof(format string, args ...any)  { m.log.Debug(fmt.Sprintf(format, args...)) }
func (m *meta) Errorf(format string, args ...any) { m.log.Warn(fmt.Sprintf(format, args...)) }

// Fatalf holds the calling goroutine, where pebble means to end the process.
func (m *meta) Fatalf(format string, args ...any) {
	m.fail(fmt.Errorf(format, args...))
	select {}
}
