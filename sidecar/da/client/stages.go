package client

import (
	"slices"
	"sync"
)

// putStages are the stages of a put in order, directly and by a disperser.
var putStages = []string{StageEncode, StageSubmit, StageDisperse, StageConfirm, StageUpload, StageWait}

// stages tells Progress where a put is. Groups of blobs are at different stages at
// the same time; what is shown is the furthest that one of them has got to, and
// goes forward only. Safe for concurrent use.
type stages struct {
	to Progress

	mu   sync.Mutex // guards the rest
	at   int
	done []uint64 // bytes of each stage, counted before it was reached
}

func newStages(to Progress) *stages {
	return &stages{to: to, at: -1, done: make([]uint64, len(putStages))}
}

// reach begins a stage of all the put's bytes, unless it has begun already.
func (s *stages) reach(name string, totalBytes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stage := slices.Index(putStages, name)
	if stage <= s.at {
		return
	}
	s.at = stage
	s.to.Stage(name, totalBytes)
	if s.done[stage] > 0 {
		s.to.Add(s.done[stage])
	}
}

// count adds bytes to a stage; those of one that is over are not shown.
func (s *stages) count(name string, bytes uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch stage := slices.Index(putStages, name); {
	case stage == s.at:
		s.to.Add(bytes)
	case stage > s.at:
		s.done[stage] += bytes
	}
}
