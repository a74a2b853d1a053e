package flowlog

import (
	"fmt"
)

// Info is what the store knows of a load.
type Info struct {
	State   State
	Gen     uint64 // changes with every write of the load
	Sectors Bitmap // stored sectors; of a sealed load those that hold data
}

// State returns what is stored of a load; State Absent when nothing is.
func (s *Store) State(load uint64) Info {
	e, _ := s.index.get(load)
	info := Info{State: e.state, Gen: e.gen}
	switch {
	case e.state == Absent || e.state == Quarantined:
	case e.bits == nil:
		info.Sectors = FullBitmap()
	default:
		info.Sectors = *e.bits
	}
	return info
}

// Has says whether the sectors [first, first+count) of a load are stored, plain
// or sealed.
func (s *Store) Has(load uint64, first, count int) bool {
	e, ok := s.index.get(load)
	return ok && e.state != Quarantined && e.has(first, count)
}

// Count returns how many loads are stored, in part or whole.
func (s *Store) Count() (loads int) {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return len(s.index.loads) - s.index.count[Quarantined]
}

// Bytes returns the stored payload in bytes: sectors of partial loads, whole
// loads otherwise.
func (s *Store) Bytes() int64 {
	s.index.mu.RLock()
	defer s.index.mu.RUnlock()
	return s.index.bytes
}

// Loads calls do for every load from on, ascending, as committed when it is
// called, until do says false. Quarantined loads are among them.
func (s *Store) Loads(from uint64, do func(load uint64, state State) (more bool)) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	return s.meta.iterate(loadKey(from), []byte{keyLoad + 1}, func(key, value []byte) (bool, error) {
		load, r, err := decodeLoad(key, value)
		if err != nil {
			return false, err
		}
		if e, ok := s.index.get(load); ok && e.state == Quarantined && e.gen == r.gen {
			r.state = Quarantined
		}
		return do(load, r.state), nil
	})
}

// Quarantined returns the loads found corrupt and not stored again since,
// ascending.
func (s *Store) Quarantined() (loads []uint64, err error) {
	err = s.Loads(0, func(load uint64, state State) bool {
		if state == Quarantined {
			loads = append(loads, load)
		}
		return true
	})
	return loads, err
}

// BadSlots returns how many slots are out of use for ever.
func (s *Store) BadSlots() (slots int, err error) {
	if err := s.enter(); err != nil {
		return 0, err
	}
	defer s.leave()
	err = s.meta.iterate([]byte{keyBad}, []byte{keyBad + 1}, func(key, _ []byte) (bool, error) {
		if len(key) != 5 {
			return false, fmt.Errorf("%w: key %x is no slot's", ErrDamaged, key)
		}
		slots++
		return true, nil
	})
	return slots, err
}
