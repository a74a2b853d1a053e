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

// maxSkips bounds how many nonces one probe tries before its caller gets a
// chance to stop: about 30 ms of hashing.
const maxSkips = 64

// probe is one nonce under way: its scratchpad, and the load it recalled.
type probe struct {
	iteration mine.Iteration
	load      uint64
	buffer    *mine.Load
	err       error         // of the read
	done      chan struct{} // one token per finished read
}

// aim tries nonces until one recalls a load that is held. What is not held (gap
// and padding, or not sealed yet) is passed over without a read.
func (p *probe) aim(job *Job, nonces *NonceSource, held func(load uint64) bool) (skipped int, ok bool, err error) {
	for skipped < maxSkips {
		p.load, err = p.iteration.Start(&job.Work, nonces.Next())
		if err != nil {
			return skipped, false, fmt.Errorf("search in epoch %d: %w", job.Epoch, err)
		}
		if held(p.load) {
			return skipped, true, nil
		}
		skipped++
	}
	return skipped, false, nil
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
