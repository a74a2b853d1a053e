package miner

import (
	"sync"
	"time"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// plan knows which loads are to be sealed. It does no I/O and reads no clock.
//
// A load is wanted when it lies in the claim, is whole in the newest context (so
// that every piece has its seal context and nothing in it can change) and holds
// data of some entry: gap and padding alone can never win.
type plan struct {
	data   *loadSet // loads with a data sector
	sealed *loadSet // loads in our store, sealed for this miner

	mu       sync.Mutex
	claim    claimedLoads
	cursor   uint64 // no wanted load below is missing, but for those in delayed
	delayed  map[uint64]delay
	busy     map[uint64]bool
	wantN    uint64
	sealedN  uint64 // of the wanted
	ready    bool   // the claim is known
	lastFull uint64
}

type delay struct {
	until time.Time
	tries int
}

// claimedLoads are loads [start, end) of one shard.
type claimedLoads struct {
	start, end uint64
	num, shard uint64
}

// first returns the first load of the shard at or after load.
func (c claimedLoads) first(load uint64) uint64 {
	load = max(load, c.start)
	return load + (c.shard+c.num-load%c.num)%c.num
}

func newPlan(data, sealed *loadSet) *plan {
	return &plan{data: data, sealed: sealed, delayed: map[uint64]delay{}, busy: map[uint64]bool{}}
}

// grow sets the claim's start and shard and the flow length of the newest
// context; loads that were wanted stay wanted.
func (p *plan) grow(start, num, shard, rangeLoads, lengthSectors uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	full := lengthSectors / layout.SectorsPerLoad
	end := full
	if start < full && rangeLoads < (full-start)/num { // so the product cannot overflow
		end = start + rangeLoads*num
	}
	p.claim = claimedLoads{start: start, end: end, num: num, shard: shard}
	p.cursor = min(p.cursor, p.claim.end)
	if !p.ready {
		p.cursor = start
	}
	p.ready, p.lastFull = true, full
	p.count()
}

// count needs the lock.
func (p *plan) count() {
	p.wantN, p.sealedN = 0, 0
	for load := p.claim.first(p.claim.start); load < p.claim.end; load += p.claim.num {
		if p.data.has(load) {
			p.wantN++
			if p.sealed.has(load) {
				p.sealedN++
			}
		}
	}
}

// next hands out a load to seal; the caller reports with done or failed. When
// there is none now, wait says when a delayed one is due (0: none is).
func (p *plan) next(now time.Time) (load uint64, ok bool, wait time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.ready {
		return 0, false, 0
	}
	for load, d := range p.delayed {
		if p.busy[load] {
			continue
		}
		if left := d.until.Sub(now); left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		p.busy[load] = true
		return load, true, 0
	}
	for load = p.claim.first(p.cursor); load < p.claim.end; load += p.claim.num {
		p.cursor = load + 1
		if _, late := p.delayed[load]; p.data.has(load) && !p.sealed.has(load) && !p.busy[load] && !late {
			p.busy[load] = true
			return load, true, 0
		}
	}
	return 0, false, wait
}

// done says that a load is sealed and stored.
func (p *plan) done(load uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, load)
	delete(p.delayed, load)
	if !p.sealed.has(load) {
		p.sealed.add(load, load+1)
		p.sealedN++
	}
}

// failed puts a load back, to be tried again after 1, 2, 4 ... 60 seconds.
func (p *plan) failed(load uint64, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, load)
	d := p.delayed[load]
	d.until = now.Add(min(time.Second<<min(d.tries, 6), time.Minute))
	d.tries++
	p.delayed[load] = d
}

// lost says that a sealed load turned out bad; false when it is not sealed (any
// more). Nobody is handed the load until again: its bad copy is to go first.
func (p *plan) lost(load uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.sealed.has(load) {
		return false
	}
	p.sealed.remove(load)
	p.sealedN--
	p.busy[load] = true
	return true
}

// again wants a lost load sealed again.
func (p *plan) again(load uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.busy, load)
	p.cursor = min(p.cursor, load)
}

// hurry makes all delayed loads due, as when the storage node came back.
func (p *plan) hurry() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for load, d := range p.delayed {
		d.until = time.Time{}
		p.delayed[load] = d
	}
}

// progress returns the wanted loads, those sealed, and those that failed last.
func (p *plan) progress() (wanted, sealed, failing uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.wantN, p.sealedN, uint64(len(p.delayed))
}
