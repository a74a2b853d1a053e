package flowlog

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// maxLostPacks bounds a gap in the numbering of pack files.
const maxLostPacks = 1 << 12

// recover rebuilds what is in memory from meta/ and the pack files: the index,
// the free slots, the next generation. Only Repair
// writes to meta/.
//
//	row names a slot in a pack that is there and long enough   used
//	q|slot                                                     used for ever
//	pack file without rows, too short or cut by a crash        made whole, free
//	rows in a pack that is missing or too short                ErrDamaged, or forgotten with Repair
func (s *Store) recover() error {
	lost, err := s.openPacks()
	if err != nil {
		return err
	}
	var lostLoads []uint64
	err = s.meta.iterate([]byte{keyLoad}, []byte{keyLoad + 1}, func(key, value []byte) (bool, error) {
		load, r, err := decodeLoad(key, value)
		if err != nil {
			return false, err
		}
		number := int(r.slot) / s.packs.perPack
		if number >= len(s.slots.packs) || lost[number] {
			lostLoads = append(lostLoads, load)
			return true, nil
		}
		s.nextGen = max(s.nextGen, r.gen)
		return true, s.adopt(load, r)
	})
	if err != nil {
		return fmt.Errorf("read the slot map of %s: %w", s.dir, err)
	}
	if err := s.forget(lostLoads); err != nil {
		return err
	}
	if err := s.markBad(); err != nil {
		return err
	}
	return s.completePacks(lost)
}

// forget drops the rows of loads whose pack file is gone, if the operator said so.
func (s *Store) forget(lostLoads []uint64) error {
	if len(lostLoads) == 0 {
		return nil
	}
	if !s.opts.Repair {
		return fmt.Errorf("%w: %d loads (first %d) are in pack files that are missing or cut off in %s: mount or restore them, or start with repair to fetch these loads again",
			ErrDamaged, len(lostLoads), lostLoads[0], s.packs.dir)
	}
	s.log.Warn("loads of lost packs are forgotten", "loads", len(lostLoads))
	batch := s.meta.db.NewBatch()
	for _, load := range lostLoads {
		if err := batch.Delete(loadKey(load), nil); err != nil {
			return fmt.Errorf("forget load %d: %w", load, err)
		}
	}
	return errors.Join(s.meta.commit(batch), s.meta.advance(), batch.Close())
}

func decodeLoad(key, value []byte) (uint64, *row, error) {
	if len(key) != 9 {
		return 0, nil, fmt.Errorf("%w: key %x is no load's", ErrDamaged, key)
	}
	load := binary.BigEndian.Uint64(key[1:])
	r, err := decodeRow(load, value)
	return load, r, err
}

// adopt takes a row into the index and its slot out of the free ones.
func (s *Store) adopt(load uint64, r *row) error {
	if !s.slots.mark(r.slot) {
		return fmt.Errorf("%w: slot %d of load %d is used twice", ErrDamaged, r.slot, load)
	}
	s.index.put(load, entryOf(r))
	return nil
}

// markBad takes slots that were found corrupt out of the free ones.
func (s *Store) markBad() error {
	return s.meta.iterate([]byte{keyBad}, []byte{keyBad + 1}, func(key, _ []byte) (bool, error) {
		if len(key) != 5 {
			return false, fmt.Errorf("%w: key %x is no slot's", ErrDamaged, key)
		}
		s.slots.mark(binary.BigEndian.Uint32(key[1:])) // a quarantined row may have marked it
		return true, nil
	})
}

func (s *Store) addPack(file File) {
	number := s.slots.addPack()
	s.packs.add(file, number)
	if file == nil {
		s.slots.closePack(number)
	}
}

// openPacks opens the pack files and returns which numbers are not whole. Such a
// pack is without a row after a crash while it was made; else somebody lost it.
func (s *Store) openPacks() (lost map[int]bool, err error) {
	numbers, err := s.packs.list()
	if err != nil {
		return nil, err
	}
	lost = map[int]bool{}
	for _, number := range numbers {
		if number > len(s.slots.packs)+maxLostPacks {
			return nil, fmt.Errorf("%w: %s comes after %d packs: restore those between", ErrDamaged, s.packs.path(number), len(s.slots.packs))
		}
		for len(s.slots.packs) < number {
			lost[len(s.slots.packs)] = true
			s.addPack(nil)
		}
		file, err := s.opts.FS.Open(s.packs.path(number))
		if err != nil {
			return nil, fmt.Errorf("open pack: %w", err)
		}
		size, err := file.Size()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open pack: %w", err), file.Close())
		}
		lost[number] = size < s.packs.bytes()
		s.addPack(file)
	}
	return lost, nil
}

// completePacks makes the packs whole that no row is in. One that cannot be is
// left out of use; the next start tries again.
func (s *Store) completePacks(lost map[int]bool) error {
	for number := range s.slots.packs {
		if !lost[number] && s.packs.files[number].file != nil {
			continue
		}
		pack := s.packs.files[number]
		var err error
		if pack.file == nil {
			pack.file, err = s.packs.create(number)
		} else {
			err = s.packs.complete(pack.file)
		}
		s.slots.packs[number].closed = err != nil
		if err != nil {
			s.log.Warn("pack is left out of use", "pack", pack.path, "error", err)
		}
	}
	return nil
}
