package flowlog

import (
	"errors"
	"sync"
)

// directRunSize bounds one direct write. Each waits for the disk, so short ones
// leave it idle between; beyond this length nothing was gained (README).
const directRunSize = 8 * slotSize

// directRun is what a batch gathers for one write past the page cache: whole
// pieces that lie next to each other in a pack, mostly of loads in neighbouring
// slots.
type directRun struct {
	pack   *pack
	offset int64   // of the first byte, in the pack
	filled int     // bytes
	buffer *[]byte // of runBuffers; nil while filled is 0
}

// runBuffers holds aligned buffers of one run. Callers' bytes lie anywhere.
var runBuffers = sync.Pool{New: func() any { b := AlignedBuffer(directRunSize); return &b }}

// writeDirect gathers the whole pieces of data for a direct write. What lies
// before the first and after the last of them goes through the page cache.
func (g *group) writeDirect(pack *pack, data []byte, offset int64) error {
	head := min(int(-offset&(directAlign-1)), len(data))
	end := len(data) - (len(data)-head)%directAlign
	if err := g.writeEdge(pack, data[:head], offset); err != nil {
		return err
	}
	if err := g.gather(pack, data[head:end], offset+int64(head)); err != nil {
		return err
	}
	return g.writeEdge(pack, data[end:], offset+int64(end))
}

// writeEdge writes less than a piece. The run goes first, so that bytes reach
// the file in the order they were given, whichever way they go.
func (g *group) writeEdge(pack *pack, data []byte, offset int64) error {
	if len(data) == 0 {
		return nil
	}
	if err := g.flush(); err != nil {
		return err
	}
	return g.writeCached(pack, data, offset)
}

// gather adds whole pieces to the run, and writes it when they do not continue
// it or it is full.
func (g *group) gather(pack *pack, data []byte, offset int64) error {
	for len(data) > 0 {
		run := &g.run
		if run.filled > 0 && (run.pack != pack || run.offset+int64(run.filled) != offset) {
			if err := g.flush(); err != nil {
				return err
			}
		}
		if run.filled == 0 {
			*run = directRun{pack: pack, offset: offset, buffer: runBuffers.Get().(*[]byte)}
		}
		taken := copy((*run.buffer)[run.filled:], data)
		run.filled += taken
		data, offset = data[taken:], offset+int64(taken)
		if run.filled == directRunSize {
			if err := g.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// flush writes the run. Where the file system refuses, it and all that follows
// in this pack goes through the page cache.
func (g *group) flush() error {
	run := g.run
	if run.filled == 0 {
		return nil
	}
	defer g.run.drop()
	data := (*run.buffer)[:run.filled]
	err := error(ErrNoDirect) // refused for what was gathered with it
	if file := run.pack.directWriter(g.opts.FS); file != nil {
		_, err = file.WriteAt(data, run.offset)
	}
	if errors.Is(err, ErrNoDirect) {
		run.pack.refuseDirectWrites()
		return g.writeCached(run.pack, data, run.offset)
	}
	return g.written(run.pack, run.offset, err)
}

// drop forgets the run; its buffer is used again.
func (r *directRun) drop() {
	if r.buffer != nil {
		runBuffers.Put(r.buffer)
	}
	*r = directRun{}
}
