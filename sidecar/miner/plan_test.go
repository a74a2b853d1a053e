package miner

import (
	"testing"
	"time"

	"github.com/zgd-network/zgd/x/flow/layout"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func planOf(lengthLoads, num, shard uint64, data ...uint64) *plan {
	p := newPlan(new(loadSet), new(loadSet))
	for _, load := range data {
		p.data.add(load, load+1)
	}
	p.grow(0, num, shard, 1<<25, lengthLoads*layout.SectorsPerLoad)
	return p
}

func drain(p *plan, now time.Time) (loads []uint64) {
	for {
		load, ok, _ := p.next(now)
		if !ok {
			return loads
		}
		loads = append(loads, load)
	}
}

func same(a, b []uint64) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestPlanHandsOutWholeLoadsWithDataOfTheShardOnce(t *testing.T) {
	if got := drain(planOf(8, 1, 0, 0, 1, 3, 7, 8), noon); !same(got, []uint64{0, 1, 3, 7}) {
		t.Errorf("got %v: load 8 lies past the context", got)
	}
	if got := drain(planOf(8, 2, 1, 0, 1, 2, 3, 7), noon); !same(got, []uint64{1, 3, 7}) {
		t.Errorf("got %v, want the odd ones", got)
	}
	p := newPlan(new(loadSet), new(loadSet))
	p.data.add(0, 9)
	p.grow(0, 1, 0, 1<<25, 3*layout.SectorsPerLoad+layout.SectorsPerLoad-1)
	if got := drain(p, noon); !same(got, []uint64{0, 1, 2}) {
		t.Errorf("got %v: the fourth load lacks one sector", got)
	}
	p.grow(0, 1, 0, 1<<25, 4*layout.SectorsPerLoad)
	if got := drain(p, noon); !same(got, []uint64{3}) {
		t.Errorf("got %v, want the load that became whole", got)
	}
	p.grow(0, 1, 0, 5, 9*layout.SectorsPerLoad)
	if got := drain(p, noon); !same(got, []uint64{4}) {
		t.Errorf("got %v, want what is in the range of five", got)
	}
	p.grow(0, 4, 1, 1<<63, 9*layout.SectorsPerLoad) // 2^65 loads
	if wanted, _, _ := p.progress(); wanted != 2 {
		t.Errorf("%d wanted, want 1 and 5: a range times its shards overflowed", wanted)
	}
}

func TestPlanTriesFailedLoadsAgainLater(t *testing.T) {
	p := planOf(4, 1, 0, 1, 2)
	drain(p, noon)
	p.done(1)
	p.failed(2, noon)
	load, ok, wait := p.next(noon)
	if ok || wait != time.Second {
		t.Fatalf("got %d %v, wait %v; want to wait a second", load, ok, wait)
	}
	if load, ok, _ := p.next(noon.Add(time.Second)); !ok || load != 2 {
		t.Fatalf("got %d %v, want 2", load, ok)
	}
	for range 20 {
		p.failed(2, noon)
	}
	if _, ok, wait := p.next(noon); ok || wait != time.Minute {
		t.Fatalf("got %v, wait %v; want at most a minute", ok, wait)
	}
	p.hurry()
	if load, ok, _ := p.next(noon); !ok || load != 2 {
		t.Fatalf("got %d %v after hurry, want 2", load, ok)
	}
	p.done(2)
	if wanted, sealed, failing := p.progress(); wanted != 2 || sealed != 2 || failing != 0 {
		t.Fatalf("progress %d %d %d", wanted, sealed, failing)
	}
}

func TestPlanSealsALostLoadAgain(t *testing.T) {
	p := planOf(4, 1, 0, 0, 1, 2)
	for _, load := range drain(p, noon) {
		p.done(load)
	}
	if !p.lost(1) || p.lost(1) {
		t.Fatal("a load is lost once")
	}
	if got := drain(p, noon); len(got) != 0 {
		t.Fatalf("handed out %v before its bad copy was gone", got)
	}
	p.again(1)
	if _, sealed, _ := p.progress(); sealed != 2 {
		t.Fatalf("%d sealed, want 2", sealed)
	}
	if got := drain(p, noon); !same(got, []uint64{1}) {
		t.Fatalf("got %v, want [1]", got)
	}
}

func TestLoadSetGrowsAndIsBounded(t *testing.T) {
	var s loadSet
	s.add(60, 70)
	s.add(5, 5)
	s.add(^uint64(0)-1, ^uint64(0)) // far past any claim: not stored, no terabyte
	for load, want := range map[uint64]bool{59: false, 60: true, 63: true, 64: true, 69: true, 70: false, 5: false, ^uint64(0) - 1: false} {
		if s.has(load) != want {
			t.Errorf("load %d: got %v", load, !want)
		}
	}
	s.remove(64)
	s.remove(1 << 40)
	if s.has(64) || !s.has(65) {
		t.Error("remove took the wrong one")
	}
}

func TestNoncesNeverRepeat(t *testing.T) {
	source, other := NewNonceSource([24]byte{1}), NewNonceSource([24]byte{2})
	seen := map[[32]byte]bool{}
	for range 1000 {
		for _, nonce := range [][32]byte{source.Next(), other.Next()} {
			if seen[nonce] {
				t.Fatalf("nonce %x twice", nonce)
			}
			seen[nonce] = true
		}
	}
}

func TestSealRateForgetsThePast(t *testing.T) {
	var r sealRate
	if r.perSecond(noon) != 0 {
		t.Fatal("a rate out of nothing")
	}
	for i := range 301 {
		r.note(noon.Add(time.Duration(i) * 100 * time.Millisecond))
	}
	if got := r.perSecond(noon.Add(30 * time.Second)); got < 9.9 || got > 10.2 {
		t.Fatalf("got %v per second, want 10", got)
	}
	if got := r.perSecond(noon.Add(10 * time.Minute)); got != 0 {
		t.Fatalf("got %v long after, want none", got)
	}
}
