package flowlog

import (
	"fmt"
	"slices"
)

// takeSlot allocates a slot, making a new pack when all are used up.
func (g *group) takeSlot() (uint32, error) {
	if limit := g.opts.CapacityLoads; limit > 0 && g.slots.usedAll >= limit {
		return 0, fmt.Errorf("%w: %d slots are used, the configured capacity is %d: raise it or delete loads", ErrFull, g.slots.usedAll, limit)
	}
	slot, ok := g.slots.take()
	if !ok {
		if err := g.growPack(); err != nil {
			return 0, err
		}
		if slot, ok = g.slots.take(); !ok {
			return 0, fmt.Errorf("%w: the new pack has no slot", ErrFull)
		}
	}
	g.taken = append(g.taken, slot)
	return slot, nil
}

// growPack makes the next pack file, if the disk stays below FullPercent.
func (g *group) growPack() error {
	number := len(g.slots.packs)
	if uint64(number+1)*uint64(g.slots.perPack) > 1<<32 {
		return fmt.Errorf("%w: slot numbers are used up", ErrFull)
	}
	space, err := g.opts.FS.Space(g.dir)
	if err == nil && space.usedAfter(uint64(g.packs.bytes()), uint64(g.opts.FullPercent)) {
		return fmt.Errorf("%w: a new pack of %d MiB would fill the disk of %s past %d %% (%d MiB are left): free space, writes go on by themselves",
			ErrFull, g.packs.bytes()>>20, g.dir, g.opts.FullPercent, space.AvailBytes>>20)
	}
	file, err := g.packs.create(number)
	if isFull(err) {
		return fmt.Errorf("%w: %w: free space, writes go on by themselves", ErrFull, err)
	}
	if err != nil {
		return err
	}
	g.addPack(file)
	return nil
}

// writable returns the slot's pack, if it still takes writes.
func (g *group) writable(slot uint32) (*pack, int64, error) {
	pack, offset, err := g.packs.at(slot)
	if err != nil {
		return nil, 0, err
	}
	return pack, offset, pack.failed()
}

// write writes into a pack and notes that it needs a sync. With DirectWrites,
// part of it may wait in g.run: stage sees to that.
func (g *group) write(pack *pack, data []byte, offset int64) error {
	if !slices.Contains(g.touched, pack) {
		g.touched = append(g.touched, pack)
	}
	if g.opts.DirectWrites && pack.directWriter(g.opts.FS) != nil {
		return g.writeDirect(pack, data, offset)
	}
	return g.writeCached(pack, data, offset)
}

// writeCached writes through the page cache.
func (g *group) writeCached(pack *pack, data []byte, offset int64) error {
	_, err := pack.file.WriteAt(data, offset)
	if err == nil && len(data) >= slotSize {
		pack.file.StartWrite(offset, int64(len(data)))
	}
	return g.written(pack, offset, err)
}

// written judges what a write answered. A pack whose blocks are reserved has no
// reason to refuse, so after an error it is read-only.
func (g *group) written(pack *pack, offset int64, err error) error {
	if err == nil {
		return nil
	}
	if isFull(err) { // a file system that cannot reserve
		return fmt.Errorf("%w: write %s: %w: free space, writes go on by themselves", ErrFull, pack.path, err)
	}
	err = pack.fail(fmt.Errorf("write at %d: %w", offset, err))
	g.closeFailed()
	return err
}

// closeFailed takes free slots of failed packs out of use.
func (s *Store) closeFailed() {
	s.packs.mu.RLock()
	defer s.packs.mu.RUnlock()
	for number, pack := range s.packs.files {
		if pack.failed() != nil {
			s.slots.closePack(number)
		}
	}
}

// readFailed counts a read the disk refused. The load is not quarantined: the
// whole disk may be away.
func (s *Store) readFailed(load uint64, err error) error {
	s.readErrors.Add(1)
	return fmt.Errorf("read load %d: %w", load, err)
}

// corrupt quarantines a load at once in memory, and in meta/ with the next group.
func (s *Store) corrupt(load, gen uint64, piece int) error {
	s.corruptions.Add(1)
	if s.index.quarantine(load, gen) {
		s.log.Error("load is corrupt; quarantined", "load", load, "piece", piece)
		s.rotMu.Lock()
		s.rotten = append(s.rotten, op{kind: opQuarantine, load: load, gen: gen})
		s.rotMu.Unlock()
		s.wake()
	}
	return fmt.Errorf("%w: piece %d of load %d does not match its checksum: fetch the load again", ErrCorrupt, piece, load)
}

// wake makes the committer run a group, unless one is waiting anyway.
func (s *Store) wake() {
	if !s.sendMu.TryRLock() { // closing: the last group follows
		return
	}
	defer s.sendMu.RUnlock()
	if s.closed {
		return
	}
	select {
	case s.queue <- &request{batch: &Batch{}, answer: make(chan error, 1)}:
	default:
	}
}

// takeRotten returns the quarantines to be written, as a batch.
func (s *Store) takeRotten() *Batch {
	s.rotMu.Lock()
	defer s.rotMu.Unlock()
	b := &Batch{ops: s.rotten}
	s.rotten = nil
	return b
}
