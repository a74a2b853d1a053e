package flowlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

// maxGroupBatches bounds a group of batches that hold only the owner's rows.
const maxGroupBatches = 1024

// run is the committer: the one goroutine that allocates slots and writes. It
// ends when Close closes the queue.
func (s *Store) run() {
	defer close(s.stopped)
	for first := range s.queue {
		s.commitGroup(s.collect(first))
	}
	s.commitGroup(nil) // quarantines found since
}

// collect waits for more requests to share the group's syncs.
func (s *Store) collect(first *request) []*request {
	group, loads, urgent := []*request{first}, first.batch.loads, first.urgent
	var timeout <-chan time.Time
	for loads < s.opts.GroupCommit.Loads && len(group) < maxGroupBatches {
		var next *request
		var ok bool
		if urgent {
			select {
			case next, ok = <-s.queue:
			default:
			}
		} else {
			if timeout == nil {
				timeout = s.opts.Clock.After(s.opts.GroupCommit.Delay)
			}
			select {
			case next, ok = <-s.queue:
			case <-timeout:
			}
		}
		if !ok {
			break
		}
		group, loads, urgent = append(group, next), loads+next.batch.loads, urgent || next.urgent
	}
	return group
}

// commitGroup writes the requests and answers each.
func (s *Store) commitGroup(requests []*request) {
	g := &group{Store: s, staged: map[uint64]*row{}}
	var kept []*request
	low := s.lowSpace()
	if err := g.stage(s.takeRotten()); err != nil {
		s.log.Warn("quarantine is not on disk; it is found again", "error", err)
	}
	for _, request := range requests {
		err := s.meta.failed()
		if err == nil && request.batch.loads > 0 {
			err = low
		}
		if err == nil {
			err = g.stage(request.batch)
		}
		if err != nil {
			request.answer <- err
			continue
		}
		kept = append(kept, request)
	}
	err := g.commit()
	s.usedSlots.Store(int64(s.slots.usedAll))
	for _, request := range kept {
		request.answer <- err
	}
}

// commit makes the staged group durable, data before meta, and publishes it.
func (g *group) commit() error {
	if len(g.staged) == 0 && len(g.owner) == 0 {
		return nil // nothing new: all of it was stored already
	}
	for _, pack := range g.touched {
		if err := g.sync(pack); err != nil {
			g.undo(mark{})
			return err
		}
	}
	batch := g.meta.db.NewBatch()
	if err := g.fill(batch); err != nil {
		g.undo(mark{})
		return err
	}
	if err := g.meta.commit(batch); err != nil {
		return err // may be there after a restart; slots stay taken until then
	}
	g.sequence++
	return errors.Join(g.publish(), batch.Close())
}

// sync makes a pack's writes durable. A pack that failed in any way is not asked
// again, and the whole group fails with it: its rows may build on one another.
func (g *group) sync(pack *pack) error {
	if err := pack.failed(); err != nil {
		return err
	}
	err := pack.file.SyncData()
	if err == nil {
		return nil
	}
	g.log.Error("pack failed; it is read-only now", "pack", pack.path, "error", err)
	err = pack.fail(fmt.Errorf("fdatasync: %w", err))
	g.closeFailed()
	return err
}

func (g *group) fill(batch *pebble.Batch) error {
	if err := batch.Set(keySequence, binary.BigEndian.AppendUint64(nil, g.sequence+1), nil); err != nil {
		return fmt.Errorf("write metadata: %w", err)
	}
	for load, r := range g.staged {
		var err error
		if r == nil {
			err = batch.Delete(loadKey(load), nil)
		} else {
			err = batch.Set(loadKey(load), r.encode(load), nil)
		}
		if err != nil {
			return fmt.Errorf("write metadata: %w", err)
		}
	}
	for _, write := range g.owner {
		var err error
		if write.kind == opUnset {
			err = batch.Delete(write.key, nil)
		} else {
			err = batch.Set(write.key, write.data, nil)
		}
		if err != nil {
			return fmt.Errorf("write metadata: %w", err)
		}
	}
	return nil
}

// publish shows the durable group to readers, rows and index as one; only then
// are the old slots free.
func (g *group) publish() error {
	next, err := g.meta.next()
	if err != nil {
		return err
	}
	g.index.mu.Lock()
	old := g.meta.show(next)
	for load, r := range g.staged {
		g.index.putLocked(load, entryOf(r))
	}
	g.index.mu.Unlock()
	for _, slot := range g.freed {
		g.slots.release(slot)
	}
	if err := errors.Join(g.meta.retire(old), g.watermark.write(g.sequence)); err != nil {
		g.log.Warn("group is durable; something after it failed", "error", err)
	}
	return nil
}

// lowSpace returns ErrFull while the file system has less than the reserve left.
func (s *Store) lowSpace() error {
	space, err := s.opts.FS.Space(s.dir)
	if err != nil {
		return nil // unknown; the disk itself will refuse
	}
	if space.AvailBytes < s.opts.ReserveBytes {
		return fmt.Errorf("%w: %d MiB are left on the disk of %s, want %d: free space, writes go on by themselves", ErrFull, space.AvailBytes>>20, s.dir, s.opts.ReserveBytes>>20)
	}
	return nil
}
