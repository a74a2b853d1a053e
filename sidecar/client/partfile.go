package client

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// stateMagic begins a state file:
//
//	"zgpart/1\n"  root:32  sizeBytes:8 BE  then per segment its root:32, zeros: not there
const stateMagic = "zgpart/1\n"

// stateEvery is how often the state is written while downloading.
const stateEvery = time.Second

// partFile is a file being downloaded: NAME.zgpart, as long as the whole file
// from the start, and NAME.zgpart.state. The state is not trusted: segments
// that an earlier run left are hashed again, and the roots of all segments
// must give the root asked for before the file gets its name.
type partFile struct {
	folder *os.Root
	name   string
	root   Hash
	parts  []*blob
	first  []uint64 // of each part: number of its first segment in the file
	offset []uint64 // of each part: its first byte in the file
	size   uint64

	file *os.File

	mu    sync.Mutex // guards the rest
	roots []Hash     // per segment; zero: missing
	left  uint64     // missing segments
	dirty bool
	saved time.Time
}

// newPartFile lays parts out one after another.
func newPartFile(folder *os.Root, name string, root Hash, parts []*blob) *partFile {
	p := &partFile{folder: folder, name: name, root: root, parts: parts, saved: time.Now()}
	segments := uint64(0)
	for _, b := range parts {
		p.first = append(p.first, segments)
		p.offset = append(p.offset, p.size)
		segments += layout.Segments(layout.DataSectors(b.entry.SizeBytes))
		p.size += b.entry.SizeBytes
	}
	p.roots, p.left = make([]Hash, segments), segments
	return p
}

// open creates the file, or takes up the one an earlier run left.
func (p *partFile) open(ctx context.Context, progress Progress) error {
	file, err := p.folder.OpenFile(p.name+partSuffix, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	p.file = file
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if uint64(info.Size()) == p.size {
		p.readState()
		if err := p.recheck(ctx, progress); err != nil {
			return err
		}
	}
	if err := preallocate(file, int64(p.size)); err != nil {
		return fmt.Errorf("make room for %d bytes: %w", p.size, err)
	}
	return nil
}

// readState takes over the segments' roots from a state file of this root.
func (p *partFile) readState() {
	file, err := p.folder.Open(p.name + stateSuffix)
	if err != nil {
		return
	}
	defer file.Close()
	want := p.stateHeader()
	text, err := io.ReadAll(io.LimitReader(file, int64(len(want)+32*len(p.roots)+1)))
	if err != nil || len(text) != len(want)+32*len(p.roots) || !bytes.HasPrefix(text, want) {
		return
	}
	for i := range p.roots {
		copy(p.roots[i][:], text[len(want)+32*i:])
	}
}

func (p *partFile) stateHeader() []byte {
	header := append([]byte(stateMagic), p.root[:]...)
	return binary.BigEndian.AppendUint64(header, p.size)
}

// recheck hashes the segments the state claims and forgets those that differ.
func (p *partFile) recheck(ctx context.Context, progress Progress) error {
	var claimed uint64
	for _, root := range p.roots {
		if root != (Hash{}) {
			claimed++
		}
	}
	if claimed == 0 {
		return nil
	}
	progress.Stage(StageCheck, claimed*segmentBytes)
	var next, good atomic.Uint64
	group, ctx := errgroup.WithContext(ctx)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() error {
			buffer := make([]byte, segmentBytes)
			for {
				number := next.Add(1) - 1
				if number >= uint64(len(p.roots)) || ctx.Err() != nil {
					return ctx.Err()
				}
				if p.roots[number] == (Hash{}) {
					continue
				}
				if p.matches(number, buffer) {
					good.Add(1)
				} else {
					p.roots[number] = Hash{} // each number has one worker
				}
				progress.Add(segmentBytes)
			}
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	p.left = uint64(len(p.roots)) - good.Load()
	return nil
}

// matches says whether the bytes on disk have the root noted for the segment.
func (p *partFile) matches(number uint64, buffer []byte) bool {
	part, index := p.locate(number)
	start, end := segmentSpan(p.parts[part].entry.SizeBytes, index)
	data := buffer[:end-start]
	if _, err := p.file.ReadAt(data, int64(p.offset[part]+start)); err != nil {
		return false
	}
	sectors := merkle.SegmentSectors(p.parts[part].entry.SizeBytes, index)
	return merkle.SegmentRoot(data, sectors) == p.roots[number]
}

// locate returns the part and the index in it of a segment of the file.
func (p *partFile) locate(number uint64) (part int, index uint64) {
	part = sort.Search(len(p.first), func(i int) bool { return p.first[i] > number }) - 1
	return part, number - p.first[part]
}

func (p *partFile) has(number uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.roots[number] != (Hash{})
}

// write stores a verified segment and notes its root.
func (p *partFile) write(number uint64, data []byte, leaf Hash) error {
	part, index := p.locate(number)
	start, _ := segmentSpan(p.parts[part].entry.SizeBytes, index)
	if _, err := p.file.WriteAt(data, int64(p.offset[part]+start)); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.roots[number], p.dirty = leaf, true
	p.left--
	if time.Since(p.saved) < stateEvery {
		return nil
	}
	return p.saveLocked()
}

// saveLocked writes the state; mu is held.
func (p *partFile) saveLocked() error {
	if !p.dirty {
		return nil
	}
	text := p.stateHeader()
	for i := range p.roots {
		text = append(text, p.roots[i][:]...)
	}
	file, err := p.folder.OpenFile(p.name+stateSuffix, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	p.dirty, p.saved = false, time.Now()
	return errors.Join(err, file.Close())
}

// abandon keeps what is there for the next run.
func (p *partFile) abandon() error {
	if p.file == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == uint64(len(p.roots)) { // nothing worth keeping
		_ = p.folder.Remove(p.name + stateSuffix)
		return errors.Join(p.file.Close(), p.folder.Remove(p.name+partSuffix))
	}
	return errors.Join(p.saveLocked(), p.file.Close())
}

// finish checks the roots of all parts and gives the file its name.
func (p *partFile) finish(mode fs.FileMode) error {
	if p.left != 0 {
		return fmt.Errorf("%w: %d segments of %s are missing", ErrPartial, p.left, p.name)
	}
	for i, b := range p.parts {
		end := len(p.roots)
		if i+1 < len(p.first) {
			end = int(p.first[i+1])
		}
		tree, err := merkle.NewFile(b.entry.SizeBytes, p.roots[p.first[i]:end])
		if err != nil {
			return fmt.Errorf("%w: %w", ErrVerify, err)
		}
		if tree.Root() != b.entry.Root {
			return fmt.Errorf("%w: %s: part %d has root %s, want %s", ErrVerify, p.name, i, nodeapi.Hash(tree.Root()), nodeapi.Hash(b.entry.Root))
		}
	}
	if err := errors.Join(p.file.Chmod(mode), p.file.Sync(), p.file.Close()); err != nil {
		return err
	}
	if err := p.folder.Rename(p.name+partSuffix, p.name); err != nil {
		return err
	}
	if err := p.folder.Remove(p.name + stateSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
