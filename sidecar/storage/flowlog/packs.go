package flowlog

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"sync"
)

const (
	packDir    = "chunks"
	packSuffix = ".zgc"

	maxSlotsPerPack = 1 << 16 // 16 GiB; the bound keeps a damaged manifest from asking for more
)

// packs holds the open pack files. Reads come from any goroutine; files are
// added by the committer alone.
type packs struct {
	disk    FS
	dir     string // of the packs
	perPack int    // slots

	mu    sync.RWMutex
	files []*pack // by number; guarded by mu, never shrinks
}

// pack is one file of perPack slots. file is nil where it could not be opened.
type pack struct {
	path string
	file File

	mu        sync.Mutex
	bad       error // first failed write or sync; set once
	direct    File  // opened at the first direct read or write
	directErr error // why there is none: ErrNoDirect
	cached    bool  // direct writes are refused here: they go through the page cache
}

func (p *packs) path(number int) string { return fmt.Sprintf("%s/%08d%s", p.dir, number, packSuffix) }

func (p *packs) bytes() int64 { return int64(p.perPack) * slotSize }

// list returns the numbers of the pack files there are, ascending.
func (p *packs) list() ([]int, error) {
	names, err := p.disk.List(p.dir)
	if err != nil {
		return nil, fmt.Errorf("list %s: %w", p.dir, err)
	}
	var numbers []int
	for _, name := range names {
		digits, ok := strings.CutSuffix(name, packSuffix)
		if number, err := strconv.Atoi(digits); ok && err == nil && number >= 0 && p.path(number) == p.dir+"/"+name {
			numbers = append(numbers, number)
		}
	}
	sort.Ints(numbers)
	return numbers, nil
}

// at returns the slot's pack and its offset in bytes there.
func (p *packs) at(slot uint32) (*pack, int64, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	number := int(slot) / p.perPack
	if number >= len(p.files) || p.files[number].file == nil {
		return nil, 0, fmt.Errorf("%w: slot %d is in %s, which is not there", ErrDamaged, slot, p.path(number))
	}
	return p.files[number], int64(int(slot)%p.perPack) * slotSize, nil
}

// add makes the next pack: file, blocks, sync, and only then a name that lasts.
// A pack without a file (file nil) keeps the numbering when one is lost.
func (p *packs) add(file File, number int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.files = append(p.files, &pack{path: p.path(number), file: file})
}

// create makes a pack file whole: after it returns, writes into the file need no
// more space and its name survives a crash.
func (p *packs) create(number int) (File, error) {
	file, err := p.disk.Create(p.path(number))
	if err != nil {
		return nil, fmt.Errorf("create pack: %w", err)
	}
	if err := p.complete(file); err != nil {
		return nil, errors.Join(fmt.Errorf("reserve %d bytes for %s: %w", p.bytes(), p.path(number), err), file.Close(), p.disk.Remove(p.path(number)))
	}
	return file, nil
}

func (p *packs) complete(file File) error {
	if err := file.Fallocate(0, p.bytes()); err != nil {
		return err
	}
	if err := file.SyncData(); err != nil {
		return err
	}
	return p.disk.SyncDir(p.dir)
}

// failed returns why the pack takes no writes, or nil.
func (p *pack) failed() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bad
}

// fail makes the pack read-only: after a failed sync the kernel may have dropped
// the pages and marked them clean, so a later sync that succeeds proves nothing.
func (p *pack) fail(cause error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bad == nil {
		p.bad = fmt.Errorf("%w: %s: %w: restart the program, then run fsck", ErrPackBad, p.path, cause)
	}
	return p.bad
}

// directFile returns the file past the page cache; ErrNoDirect where there is
// none. Other errors pass (too many open files), so the next call tries again.
func (p *pack) directFile(disk FS) (File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.direct != nil || p.directErr != nil {
		return p.direct, p.directErr
	}
	file, err := disk.OpenDirect(p.path)
	if errors.Is(err, ErrNoDirect) {
		p.directErr = err
	}
	if err != nil {
		return nil, err
	}
	p.direct = file
	return file, nil
}

// directWriter returns the file for writes past the page cache, or nil. Whatever
// the reason is, the page cache takes them.
func (p *pack) directWriter(disk FS) File {
	file, err := p.directFile(disk)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil || p.cached {
		return nil
	}
	return file
}

// refuseDirectWrites remembers that the file system takes none in this file.
func (p *pack) refuseDirectWrites() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cached = true
}

func (p *packs) close() (err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, pack := range p.files {
		if pack.file != nil {
			err = errors.Join(err, pack.file.Close())
		}
		if pack.direct != nil {
			err = errors.Join(err, pack.direct.Close())
		}
	}
	return err
}
