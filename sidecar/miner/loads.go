package miner

import "sync"

// loadSet is a set of load indices that grows with them: one bit each, 4 MiB
// for the 2^25 loads of a full range. Safe for concurrent use.
type loadSet struct {
	mu    sync.RWMutex
	words []uint64
}

func (s *loadSet) has(load uint64) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	word := load / 64
	return word < uint64(len(s.words)) && s.words[word]>>(load%64)&1 != 0
}

// maxLoads bounds the set: a flow stays below 2^56 sectors, but no miner's claim
// reaches past 2^33 loads (2 PiB), and a set that far takes 1 GiB.
const maxLoads = uint64(1) << 33

// add puts loads [start, end) in.
func (s *loadSet) add(start, end uint64) {
	end = min(end, maxLoads)
	if start >= end {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if need := int((end + 63) / 64); need > len(s.words) {
		s.words = append(s.words, make([]uint64, need-len(s.words))...)
	}
	for load := start; load < end; load++ {
		s.words[load/64] |= 1 << (load % 64)
	}
}

func (s *loadSet) remove(load uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if word := load / 64; word < uint64(len(s.words)) {
		s.words[word] &^= 1 << (load % 64)
	}
}
