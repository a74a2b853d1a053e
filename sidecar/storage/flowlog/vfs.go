package flowlog

import (
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// FS is the disk, as far as the engine uses it. The operating system's is OS();
// tests have one that crashes, tears and fails. Paths are slash-separated.
// A created or renamed name is durable only after SyncDir of its directory.
type FS interface {
	// MkdirAll makes the directory and its parents; durable when it returns.
	MkdirAll(dir string) error
	// Create makes an empty file for reading and writing; an old one is truncated.
	Create(path string) (File, error)
	// Open opens an existing file for reading and writing.
	Open(path string) (File, error)
	// OpenDirect opens an existing file for reads and writes past the page cache;
	// offsets, lengths and buffers are multiples of 4 KiB. ErrNoDirect where it
	// cannot; WriteAt answers the same where only reads can. SyncData of any handle
	// of the file makes its writes durable, and every handle reads them.
	OpenDirect(path string) (File, error)
	Remove(path string) error
	Rename(oldPath, newPath string) error
	SyncDir(dir string) error
	// List returns the names in dir, without their path.
	List(dir string) ([]string, error)
	// Space tells how full the file system of dir is.
	Space(dir string) (Space, error)
	// Lock takes the file for this process alone; ErrLocked when it is taken.
	Lock(path string) (io.Closer, error)
	// Meta is the same disk in pebble's words.
	Meta() vfs.FS
}

// File is an open pack or small file. Its methods may be called concurrently.
type File interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	// SyncData makes what was written, and the size, survive a crash (fdatasync).
	// After it fails nothing is known about what was written before.
	SyncData() error
	// StartWrite lets the disk begin with written bytes of the range, so that
	// SyncData has less to wait for; a hint, without error or promise.
	StartWrite(offset, length int64)
	// Fallocate reserves [offset, offset+length) bytes and grows the file to it.
	Fallocate(offset, length int64) error
	// DropCache lets go of cached pages of the range; a hint, without error.
	DropCache(offset, length int64)
	Size() (int64, error)
}

// Space of a file system in bytes, as an unprivileged process sees it.
type Space struct {
	UsedBytes  uint64
	AvailBytes uint64
}

// usedAfter says whether taking needBytes more leaves it at or past percent.
func (s Space) usedAfter(needBytes, percent uint64) bool {
	total := s.UsedBytes + s.AvailBytes
	return needBytes > s.AvailBytes || s.UsedBytes+needBytes >= total/100*percent
}
