package flowlog

import (
	"errors"
	"fmt"

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
