package flowlog

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
)

// Store is an open data directory. All methods may be called concurrently.
type Store struct {
	opts     Options
	dir      string
	log      *slog.Logger
	manifest manifest
	lock     io.Closer

	meta  *meta
	packs *packs
	index *index

	queue   chan *request
	sendMu  sync.RWMutex // held for reading while a request is queued
	closed  bool         // guarded by sendMu
	stopped chan struct{}
	life    life

	// Only the committer goroutine (and Open before it) touches these.
	slots   slots
	nextGen uint64
	// sequence is the number of the last durable group.
	sequence  uint64
	watermark watermark

	rotMu  sync.Mutex
	rotten []op // quarantines not yet in meta/; guarded by rotMu

	corruptions atomic.Uint64 // pieces found corrupt since Open
	readErrors  atomic.Uint64 // reads the disk refused since Open
	usedSlots   atomic.Int64  // slots.usedAll, for Inspect
}

// Open opens the data directory, or makes one in an empty directory. Nothing is
// left to the operator after a crash. One process may have it open.
func Open(dir string, opts Options) (_ *Store, err error) {
	opts, err = opts.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Store{
		opts: opts, dir: dir, log: opts.Logger.With("store", dir), stopped: make(chan struct{}),
		index: &index{loads: map[uint64]entry{}},
		queue: make(chan *request, 4*opts.GroupCommit.Loads),
	}
	if err := opts.FS.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("make data directory %s: %w", dir, err)
	}
	if s.lock, err = opts.FS.Lock(dir + "/LOCK"); err != nil {
		return nil, fmt.Errorf("open data directory %s: %w", dir, err)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.release())
	}
	go s.run()
	return s, nil
}

func (s *Store) open() (err error) {
	disk := s.opts.FS
	if s.manifest, err = readOrCreateManifest(disk, s.dir, s.opts); err != nil {
		return err
	}
	s.packs = &packs{disk: disk, dir: s.dir + "/" + packDir, perPack: s.manifest.SlotsPerPack}
	s.slots = slots{perPack: s.manifest.SlotsPerPack}
	for _, sub := range []string{s.packs.dir, s.dir + "/" + metaDir} {
		if err := disk.MkdirAll(sub); err != nil {
			return fmt.Errorf("make %s: %w", sub, err)
		}
	}
	s.meta, err = openMeta(disk, s.dir+"/"+metaDir, s.log, s.opts.MetaCacheBytes, s.opts.MetaMemTableBytes)
	if err != nil {
		return err
	}
	if s.watermark, err = openWatermark(disk, s.dir, s.manifest.UUID); err != nil {
		return err
	}
	if err := errors.Join(s.checkWatermark(), s.recover()); err != nil {
		return err
	}
	s.usedSlots.Store(int64(s.slots.usedAll))
	return nil
}

// Close commits what is queued, then lets go of the directory. Calls after it
// answer ErrClosed.
func (s *Store) Close() error {
	s.sendMu.Lock()
	if s.closed {
		s.sendMu.Unlock()
		return nil
	}
	s.closed = true
	close(s.queue)
	s.sendMu.Unlock()
	<-s.stopped
	s.life.end()
	return s.release()
}

func (s *Store) release() (err error) {
	if s.meta != nil {
		err = s.meta.close()
	}
	if s.packs != nil {
		err = errors.Join(err, s.packs.close())
	}
	if s.watermark.file != nil {
		err = errors.Join(err, s.watermark.file.Close())
	}
	return errors.Join(err, s.lock.Close())
}

// life counts calls that use files, so that Close closes none under them.
type life struct {
	mu    sync.Mutex
	users int
	ended bool
	idle  chan struct{} // made by end when there are users
}

func (s *Store) enter() error {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	if s.life.ended {
		return ErrClosed
	}
	s.life.users++
	return nil
}

func (s *Store) leave() {
	s.life.mu.Lock()
	defer s.life.mu.Unlock()
	s.life.users--
	if s.life.users == 0 && s.life.idle != nil {
		close(s.life.idle)
	}
}

// end refuses new users and waits for the last one.
func (l *life) end() {
	l.mu.Lock()
	l.ended = true
	users := l.users
	if users > 0 {
		l.idle = make(chan struct{})
	}
	idle := l.idle
	l.mu.Unlock()
	if users > 0 {
		<-idle
	}
}
