package miner

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/zgd-network/zgd/x/pora/mine"
)

// Job is one mining epoch's work for this miner.
type Job struct {
	FlowID  uint64
	Epoch   uint64
	Work    mine.Work
	Context mine.Context
}

// Candidate is a piece that meets its job's target, not yet proven.
type Candidate struct {
	Job    *Job
	Nonce  mine.Hash
	Load   uint64
	Sector uint64 // first of the piece
	Piece  mine.Piece
	Output mine.Hash
}

// NonceSource gives each nonce once: 24 bytes drawn at start, then a counter
// that all workers share. Two processes with one miner id do not meet either.
type NonceSource struct {
	prefix [24]byte
	next   atomic.Uint64
}

// NewNonceSource takes the random prefix.
func NewNonceSource(prefix [24]byte) *NonceSource { return &NonceSource{prefix: prefix} }

// Next returns a nonce never returned before.
func (s *NonceSource) Next() (nonce mine.Hash) {
	copy(nonce[:], s.prefix[:])
	binary.BigEndian.PutUint64(nonce[24:], s.next.Add(1))
	return nonce
}

// lanes is how many nonces are aimed at once: as many as mine.Start4 hashes side
// by side.
const lanes = 4

// probe is one nonce under way: its scratchpad, and the load it recalled.
type probe struct {
	iteration mine.Iteration
	load      uint64
	held      bool // the load is here; else there is nothing to read
	buffer    *mine.Load
	err       error         // of the read
	done      chan struct{} // one token per finished read
}

// volley is four probes that are aimed together: 2.1 MiB.
type volley struct{ probes [lanes]*probe }

func newVolley(store Store) *volley {
	v := new(volley)
	for i := range v.probes {
		v.probes[i] = &probe{buffer: store.Buffer(), done: make(chan struct{}, 1)}
	}
	return v
}

// aim draws nonces and finds the loads they recall. What is not held (gap and
// padding, or not sealed yet) is passed over without a read.
func (v *volley) aim(job *Job, nonces *NonceSource, held func(load uint64) bool) (skipped int, err error) {
	var its [lanes]*mine.Iteration
	var drawn [lanes]mine.Hash
	for i, p := range v.probes {
		its[i], drawn[i] = &p.iteration, nonces.Next()
	}
	if err := mine.Start4(&its, &job.Work, &drawn); err != nil {
		return 0, fmt.Errorf("search in epoch %d: %w", job.Epoch, err)
	}
	for _, p := range v.probes {
		p.load = p.iteration.Load()
		if p.held = held(p.load); !p.held {
			skipped++
		}
	}
	return skipped, nil
}

// judge hashes the load that was read; nil when no piece meets the target.
func (p *probe) judge(job *Job) *Candidate {
	piece, output := p.iteration.Check(p.buffer)
	if !mine.Meets(output, job.Work.Target) {
		return nil
	}
	found := &Candidate{Job: job, Nonce: p.iteration.Nonce(), Load: p.load, Sector: mine.PieceSector(p.load, piece), Output: output}
	copy(found.Piece[:], p.buffer[piece*len(found.Piece):])
	return found
}
