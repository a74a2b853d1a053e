package flowlog

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// guardFS stands between pebble and the disk, for two reasons.
//
// Order of names: pebble makes a manifest, makes the marker that names it,
// removes the old marker, and only then syncs the directory. A disk that keeps
// names in another order than they were made could show a marker without its
// manifest, or no marker, which is an empty database. So both names are made
// durable at once; that costs a sync at open and per manifest.
//
// Errors: pebble ends the process when its log, manifest or directory cannot be
// written, in a way that cannot be recovered from (it unlocks twice). So fail is
// told, and the goroutine that asked is held for ever: pebble writes no more, and
// reads go on. Errors of tables are pebble's to retry, and of reads ours to report.
type guardFS struct {
	vfs.FS
	fail func(error)
	dead <-chan struct{} // closed once fail was called
}

// retryPause slows pebble down, which retries a failed flush at once.
const retryPause = 100 * time.Millisecond

func vital(base string) bool {
	return strings.HasSuffix(base, ".log") || strings.HasPrefix(base, "MANIFEST-") || strings.HasPrefix(base, "marker.")
}

// hold returns if err is nil, else never.
func (g guardFS) hold(what, name string, err error) {
	if err == nil {
		return
	}
	g.fail(fmt.Errorf("%s %s: %w", what, name, err))
	select {}
}

// pause waits before pebble tries again; for ever once it may not write.
func (g guardFS) pause() {
	select {
	case <-g.dead:
		select {}
	case <-time.After(retryPause):
	}
}

// Create implements vfs.FS.
func (g guardFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	select {
	case <-g.dead:
		select {}
	default:
	}
	file, err := g.FS.Create(name, category)
	base := g.PathBase(name)
	if !vital(base) {
		if err != nil {
			g.pause()
		}
		return file, err
	}
	g.hold("create", name, err)
	if !strings.HasSuffix(base, ".log") { // pebble syncs the directory for its logs
		g.hold("sync directory of", name, g.syncDir(g.PathDir(name)))
	}
	return guardFile{file, g, name}, nil
}

// ReuseForWrite implements vfs.FS: an old log becomes a new one.
func (g guardFS) ReuseForWrite(oldName, name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := g.FS.ReuseForWrite(oldName, name, category)
	g.hold("reuse", name, err)
	return guardFile{file, g, name}, nil
}

// OpenDir implements vfs.FS.
func (g guardFS) OpenDir(name string) (vfs.File, error) {
	dir, err := g.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return guardFile{dir, g, name}, nil
}

func (g guardFS) syncDir(path string) error {
	dir, err := g.FS.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Unwrap implements vfs.FS.
func (g guardFS) Unwrap() vfs.FS { return g.FS }

// guardFile is a log, manifest, marker or directory.
type guardFile struct {
	vfs.File
	fs   guardFS
	name string
}

func (f guardFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	f.fs.hold("write", f.name, err)
	return n, nil
}

func (f guardFile) WriteAt(p []byte, offset int64) (int, error) {
	n, err := f.File.WriteAt(p, offset)
	f.fs.hold("write", f.name, err)
	return n, nil
}

func (f guardFile) Sync() error {
	f.fs.hold("sync", f.name, f.File.Sync())
	return nil
}

func (f guardFile) SyncData() error {
	f.fs.hold("sync", f.name, f.File.SyncData())
	return nil
}

func (f guardFile) SyncTo(length int64) (fullSync bool, err error) {
	fullSync, err = f.File.SyncTo(length)
	f.fs.hold("sync", f.name, err)
	return fullSync, nil
}

func (f guardFile) Close() error {
	f.fs.hold("close", f.name, f.File.Close())
	return nil
}

// Preallocate only helps speed.
func (f guardFile) Preallocate(offset, length int64) error {
	_ = f.File.Preallocate(offset, length)
	return nil
}
