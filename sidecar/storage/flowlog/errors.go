package flowlog

import "errors"

// What callers act on. Every error returned by the package wraps one of these
// or the error of the disk.
var (
	ErrNotStored = errors.New("not stored")                                 // fetch it from a peer
	ErrCorrupt   = errors.New("stored bytes are corrupt")                   // quarantined: fetch again
	ErrConflict  = errors.New("other bytes are stored there")               // delete the load first
	ErrSealed    = errors.New("load is sealed")                             // read it with ReadSealed
	ErrStale     = errors.New("load changed meanwhile")                     // read again, seal again
	ErrFull      = errors.New("store is full")                              // free space, or wait; reads go on
	ErrPackBad   = errors.New("pack is read-only after a failed write")     // restart, then fsck
	ErrFailed    = errors.New("metadata log failed, store is read-only")    // restart, then fsck
	ErrClosed    = errors.New("store is closed")                            //
	ErrLocked    = errors.New("data directory is in use")                   // stop the other process
	ErrFormat    = errors.New("data directory has another format")          // upgrade the program
	ErrIdentity  = errors.New("data directory belongs to somebody else")    // point to the right one
	ErrDamaged   = errors.New("data directory is damaged")                  // restore, or start with Repair
	ErrArgument  = errors.New("bad argument")                               // caller's mistake
	ErrNoDirect  = errors.New("file system has no direct files (O_DIRECT)") // from FS.OpenDirect and its files only
)
