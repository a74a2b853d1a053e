package encode

import (
	"sync"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// keptBytes bounds the memory that waits for the next blob: the rows of two of
// the largest blobs of 32 MiB, or of one of 64 MiB.
const keptBytes = 256 << 20

// slabs has the memory of blobs that are done with, largest last. A sync.Pool
// would lose it to the collector between two blobs, and fresh pages cost as much
// as encoding does.
var slabs slabPool

type slabPool struct {
	mu   sync.Mutex
	free [][]byte
	kept int // bytes
}

// Recycle gives the memory of a blob to the next one. Neither the blob nor its
// rows may be used any more.
func Recycle(b *erasure.Blob) {
	if b != nil {
		slabs.give(b.Memory())
	}
}

// take returns the smallest slab that is large enough and not wasteful, or nil.
func (p *slabPool) take(size int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, slab := range p.free {
		if cap(slab) >= size && cap(slab) <= 4*size && (best < 0 || cap(slab) < cap(p.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	slab := p.free[best]
	p.free = append(p.free[:best], p.free[best+1:]...)
	p.kept -= cap(slab)
	return slab
}

// give keeps a slab; older ones make room.
func (p *slabPool) give(slab []byte) {
	if cap(slab) == 0 || cap(slab) > keptBytes {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, slab[:0])
	p.kept += cap(slab)
	for p.kept > keptBytes {
		p.kept -= cap(p.free[0])
		p.free[0] = nil
		p.free = p.free[1:]
	}
}
