package flowlog

import (
	"errors"
	"fmt"
	"time"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// Report is what Fsck found.
type Report struct {
	Loads       int // rows read
	Bytes       int64
	Corrupt     []uint64 // loads found corrupt by this run; quarantined now
	Unreadable  []uint64 // loads the disk would not read
	Quarantined int      // loads quarantined before or by this run
	Problems    []string // anything else that is not as it should be
}

// OK says whether nothing is left to fetch again or repair.
func (r Report) OK() bool {
	return len(r.Corrupt) == 0 && len(r.Unreadable) == 0 && len(r.Problems) == 0 && r.Quarantined == 0
}

// Fsck checks that every row decodes and names a slot of its own in a pack that
// takes writes; with full, also every checksum of every load. It may run while
// the store is used. progress, if not nil, is called after every load.
func (s *Store) Fsck(full bool, progress func(done, total int)) (Report, error) {
	var report Report
	owner := map[uint32]uint64{}
	if err := s.enter(); err != nil {
		return report, err
	}
	defer s.leave()
	s.index.mu.RLock()
	total := len(s.index.loads)
	s.index.mu.RUnlock()
	err := s.meta.iterate([]byte{keyLoad}, []byte{keyLoad + 1}, func(key, value []byte) (bool, error) {
		load, r, err := decodeLoad(key, value)
		if err != nil {
			report.Problems = append(report.Problems, err.Error())
			return true, nil
		}
		report.Loads++
		report.Bytes += entryOf(r).bytes()
		if other, taken := owner[r.slot]; taken {
			report.Problems = append(report.Problems, fmt.Sprintf("loads %d and %d share slot %d", other, load, r.slot))
		}
		owner[r.slot] = load
		s.fsckLoad(&report, load, r, full)
		if progress != nil {
			progress(report.Loads, max(total, report.Loads))
		}
		return true, nil
	})
	return report, err
}

func (s *Store) fsckLoad(report *Report, load uint64, r *row, full bool) {
	pack, _, err := s.packs.at(r.slot)
	if err == nil {
		err = pack.failed()
	}
	if err != nil {
		report.Problems = append(report.Problems, fmt.Sprintf("load %d: %v", load, err))
	}
	if full && err == nil {
		switch err := s.verifyLoad(load); {
		case err == nil || errors.Is(err, ErrNotStored): // deleted meanwhile
		case errors.Is(err, ErrCorrupt):
			if r.state != Quarantined {
				report.Corrupt = append(report.Corrupt, load)
			}
		default:
			report.Unreadable = append(report.Unreadable, load)
		}
	}
	if e, ok := s.index.get(load); ok && e.state == Quarantined {
		report.Quarantined++
	}
}

// verifyLoad checks every piece of a load that holds something.
func (s *Store) verifyLoad(load uint64) error {
	pooled := loadBuffers.Get().(*[]byte)
	defer loadBuffers.Put(pooled)
	_, err := s.read(load, func(r *row) error {
		return s.readRange(load, r, 0, layout.SectorsPerLoad, (*pooled)[:layout.LoadSize])
	})
	return err
}

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

// Stats is the store at a glance.
type Stats struct {
	Dir          string
	UUID         string
	Role         Role
	Format       int
	SlotsPerPack int
	Packs        int
	FailedPacks  int
	UsedSlots    int // bad ones included; 0 capacity means the disk's
	Capacity     int
	Loads        int // stored, in part or whole
	Partial      int
	Plain        int
	Sealed       int
	Quarantined  int
	Bytes        int64
	Corruptions  uint64 // pieces found corrupt since Open
	ReadErrors   uint64 // reads the disk refused since Open
	MetaBytes    uint64 // on disk
	Disk         Space
	ReadOnly     string // why writes fail, or ""
}

// Inspect returns the store's numbers.
func (s *Store) Inspect() (Stats, error) {
	if err := s.enter(); err != nil {
		return Stats{}, err
	}
	defer s.leave()
	stats := Stats{
		Dir: s.dir, UUID: s.manifest.UUID, Role: s.manifest.Role, Format: s.manifest.Format,
		SlotsPerPack: s.manifest.SlotsPerPack, Capacity: s.opts.CapacityLoads,
		Loads: s.Count(), Bytes: s.Bytes(),
		Corruptions: s.corruptions.Load(), ReadErrors: s.readErrors.Load(),
		MetaBytes: s.meta.db.Metrics().DiskSpaceUsage(),
		UsedSlots: int(s.usedSlots.Load()),
	}
	s.index.mu.RLock()
	stats.Partial, stats.Plain = s.index.count[Partial], s.index.count[Plain]
	stats.Sealed, stats.Quarantined = s.index.count[Sealed], s.index.count[Quarantined]
	s.index.mu.RUnlock()
	s.packs.mu.RLock()
	stats.Packs = len(s.packs.files)
	for _, pack := range s.packs.files {
		if pack.failed() != nil {
			stats.FailedPacks++
		}
	}
	s.packs.mu.RUnlock()
	if err := s.meta.failed(); err != nil {
		stats.ReadOnly = err.Error()
	}
	var err error
	stats.Disk, err = s.opts.FS.Space(s.dir)
	return stats, err
}
