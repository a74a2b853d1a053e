package flowlog

import (
	"sync"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// index is the part of every row that is asked for often, in memory: about 60 B
// per load, 200 B where sectors are missing. It shows committed rows only.
type index struct {
	mu    sync.RWMutex
	loads map[uint64]entry
	count [Quarantined + 1]int
	bytes int64 // stored payload
}

// entry is a row without its checksums. bits is never written to after.
type entry struct {
	gen   uint64
	bits  *Bitmap // nil: all sectors
	slot  uint32
	state State
}

func (e entry) has(first, count int) bool { return e.bits == nil || e.bits.Has(first, count) }

// bytes counts stored payload: sectors of a partial load, else the whole slot.
func (e entry) bytes() int64 {
	switch {
	case e.state == Quarantined || e.state == Absent:
		return 0
	case e.state == Partial:
		return int64(e.bits.Count()) * layout.SectorSize
	}
	return layout.LoadSize
}

func (x *index) get(load uint64) (entry, bool) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	e, ok := x.loads[load]
	return e, ok
}

// put replaces a load's entry; state Absent takes it out.
func (x *index) put(load uint64, e entry) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.putLocked(load, e)
}

// putLocked is put under mu.
func (x *index) putLocked(load uint64, e entry) {
	if old, ok := x.loads[load]; ok {
		x.count[old.state]--
		x.bytes -= old.bytes()
	}
	if e.state == Absent {
		delete(x.loads, load)
		return
	}
	x.loads[load] = e
	x.count[e.state]++
	x.bytes += e.bytes()
}

// quarantine marks the load if it is still the one of generation gen.
func (x *index) quarantine(load, gen uint64) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	e, ok := x.loads[load]
	if !ok || e.gen != gen || e.state == Quarantined {
		return false
	}
	x.putLocked(load, entry{gen: e.gen, slot: e.slot, state: Quarantined})
	return true
}

func entryOf(r *row) entry {
	if r == nil {
		return entry{}
	}
	return entry{gen: r.gen, bits: r.bits, slot: r.slot, state: r.state}
}
