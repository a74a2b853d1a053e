package slab_test

import (
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/slab"
)

func TestTheSmallestBufferWithRoomIsTaken(t *testing.T) {
	p := slab.NewPool(1000)
	for _, size := range []int{400, 100, 200} {
		p.Give(make([]byte, size))
	}
	for _, c := range []struct{ want, got int }{{150, 200}, {150, 400}, {150, 0}, {101, 0}, {20, 0}, {100, 100}} {
		if got := p.Take(c.want); cap(got) != c.got || len(got) != 0 {
			t.Fatalf("took %d of %d bytes, want one of %d", len(got), cap(got), c.got)
		}
	}
	if got := p.Make(7); len(got) != 7 {
		t.Fatalf("made %d bytes, want 7", len(got))
	}
}

func TestNoMoreIsKeptThanAllowed(t *testing.T) {
	p := slab.NewPool(300)
	p.Give(make([]byte, 301)) // never
	p.Give(nil)
	for _, size := range []int{150, 151, 149} {
		p.Give(make([]byte, size))
	}
	for _, c := range []struct{ want, got int }{{150, 151}, {149, 149}, {100, 0}} {
		if got := cap(p.Take(c.want)); got != c.got {
			t.Fatalf("for %d bytes took one of %d, want %d", c.want, got, c.got)
		}
	}
}

func TestThereAreFewBuffers(t *testing.T) {
	p := slab.NewPool(1 << 20)
	for range 1000 {
		p.Give(make([]byte, 1))
	}
	got := 0
	for p.Take(1) != nil {
		got++
	}
	if got == 0 || got > 64 {
		t.Fatalf("%d small buffers are kept, want 1 to 64", got)
	}
}
