// Package slab keeps large buffers for the next one who needs such a thing. Fresh
// pages cost as much as coding into them does, and a sync.Pool would lose them to
// the collector between two blobs.
package slab

import (
	"sync"
	"time"
)

// idle is how long memory that nobody asks for is kept.
const idle = 30 * time.Second

// mostBuffers bounds the search for one.
const mostBuffers = 64

// Pool has buffers that are done with. Safe for concurrent use.
type Pool struct {
	most int // bytes kept

	mu    sync.Mutex // guards the rest
	free  [][]byte   // the oldest first
	kept  int        // bytes
	timer *time.Timer
}

// NewPool keeps at most so many bytes.
func NewPool(mostBytes int) *Pool { return &Pool{most: mostBytes} }

// Take returns the smallest buffer that has room and is not wasteful, of length 0
// and with whatever its last user left in it; nil when there is none.
func (p *Pool) Take(sizeBytes int) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	best := -1
	for i, buffer := range p.free {
		if cap(buffer) >= sizeBytes && cap(buffer) <= 4*sizeBytes && (best < 0 || cap(buffer) < cap(p.free[best])) {
			best = i
		}
	}
	if best < 0 {
		return nil
	}
	buffer := p.free[best]
	p.free = append(p.free[:best], p.free[best+1:]...)
	p.kept -= cap(buffer)
	return buffer
}

// Make returns a buffer of this length: one that was given back, old bytes and
// all, or a new one.
func (p *Pool) Make(sizeBytes int) []byte {
	if buffer := p.Take(sizeBytes); buffer != nil {
		return buffer[:sizeBytes]
	}
	return make([]byte, sizeBytes)
}

// Give keeps a buffer that nobody uses any more; older ones make room.
func (p *Pool) Give(buffer []byte) {
	if cap(buffer) == 0 || cap(buffer) > p.most {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free = append(p.free, buffer[:0])
	p.kept += cap(buffer)
	for p.kept > p.most || len(p.free) > mostBuffers {
		p.kept -= cap(p.free[0])
		p.free[0] = nil
		p.free = p.free[1:]
	}
	if p.timer == nil {
		p.timer = time.AfterFunc(idle, p.forget)
	} else {
		p.timer.Reset(idle)
	}
}

func (p *Pool) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free, p.kept = nil, 0
}
