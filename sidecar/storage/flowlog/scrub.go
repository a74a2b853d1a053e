package flowlog

import (
	"errors"
	"time"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// Scrubber walks over all loads for ever and verifies each, slowly. One
// goroutine uses it.
type Scrubber struct {
	store *Store
	rate  int64 // bytes per second
	next  uint64

	Rounds  uint64 // times it came to the end
	Loads   uint64 // loads verified
	Corrupt uint64 // of those, found corrupt
}

// Scrubber returns a scrubber that reads at most bytesPerSecond (8 MiB/s is the
// paper's choice), starting at the first load.
func (s *Store) Scrubber(bytesPerSecond int64) *Scrubber {
	return &Scrubber{store: s, rate: max(bytesPerSecond, 1)}
}

// Step verifies the next load and returns how long to wait before the next step.
// A load found corrupt is quarantined and counted, not an error.
func (c *Scrubber) Step() (wait time.Duration, err error) {
	load, found := uint64(0), false
	err = c.store.Loads(c.next, func(at uint64, state State) bool {
		load, found = at, state != Quarantined
		return !found
	})
	if err != nil {
		return time.Second, err
	}
	if !found {
		c.next = 0
		c.Rounds++
		return time.Second, nil
	}
	c.next = load + 1
	switch err := c.store.verifyLoad(load); {
	case errors.Is(err, ErrCorrupt):
		c.Corrupt++
	case err != nil && !errors.Is(err, ErrNotStored):
		return time.Second, err
	}
	c.Loads++
	return time.Duration(int64(time.Second) * layout.LoadSize / c.rate), nil
}
