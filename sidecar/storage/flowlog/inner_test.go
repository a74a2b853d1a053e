package flowlog

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// This file looks inside: the slot allocator and the row codec have no door of
// their own.

func TestSlotsAgainstASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perPack := rapid.SampledFrom([]int{1, 3, 63, 64, 65, 130}).Draw(t, "perPack")
		s := slots{perPack: perPack}
		used, closed := map[uint32]bool{}, map[int]bool{}
		lowestFree := func() (uint32, bool) {
			for slot := range len(s.packs) * perPack {
				if !used[uint32(slot)] && !closed[slot/perPack] {
					return uint32(slot), true
				}
			}
			return 0, false
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				if len(s.packs) < 4 {
					s.addPack()
				}
			},
			"close": func(t *rapid.T) {
				if len(s.packs) > 0 && rapid.IntRange(0, 9).Draw(t, "close") == 0 {
					pack := rapid.IntRange(0, len(s.packs)-1).Draw(t, "pack")
					s.closePack(pack)
					closed[pack] = true
				}
			},
			"take": func(t *rapid.T) {
				want, wantOK := lowestFree()
				slot, ok := s.take()
				if ok != wantOK || slot != want {
					t.Fatalf("took %d %v, want %d %v", slot, ok, want, wantOK)
				}
				if ok {
					used[slot] = true
				}
			},
			"mark": func(t *rapid.T) {
				slot := rapid.Uint32Range(0, uint32(5*perPack)).Draw(t, "slot")
				want := int(slot) < len(s.packs)*perPack && !used[slot]
				if s.mark(slot) != want {
					t.Fatalf("mark %d: want %v", slot, want)
				}
				if want {
					used[slot] = true
				}
			},
			"release": func(t *rapid.T) {
				slot := rapid.Uint32Range(0, uint32(5*perPack)).Draw(t, "slot")
				if s.release(slot) != used[slot] {
					t.Fatalf("release %d: want %v", slot, used[slot])
				}
				delete(used, slot)
			},
			"": func(t *rapid.T) {
				if s.usedAll != len(used) {
					t.Fatalf("%d used, want %d", s.usedAll, len(used))
				}
			},
		})
	})
}

func sampleRows() []*row {
	part := emptyRow()
	part.bits.Set(5, 700)
	part.slot, part.gen = 4095, 1
	sealed := &row{state: Sealed, slot: 1 << 31, gen: 1 << 63, bits: new(Bitmap), seal: &SealMeta{LoadRoot: [32]byte{9}, Opaque: make([]byte, maxOpaqueBytes)}}
	return []*row{
		part, sealed,
		{state: Plain, slot: 7, gen: 3, crc: [piecesPerLoad]uint32{1, 2, 3}},
		{state: Sealed, gen: 4, seal: &SealMeta{Opaque: []byte{}}},
		{state: Quarantined, gen: 5},
	}
}

func TestRowsSurviveEncodingAndNoBitMayChange(t *testing.T) {
	for load, r := range sampleRows() {
		b := r.encode(uint64(load))
		got, err := decodeRow(uint64(load), b)
		if err != nil || !bytes.Equal(got.encode(uint64(load)), b) {
			t.Fatalf("%v: %v", r.state, err)
		}
		if _, err := decodeRow(uint64(load)+1, b); err == nil {
			t.Errorf("%v: accepted under another load's key", r.state)
		}
		for bit := range len(b) * 8 {
			b[bit/8] ^= 1 << (bit % 8)
			if _, err := decodeRow(uint64(load), b); err == nil {
				t.Fatalf("%v: bit %d flipped and accepted", r.state, bit)
			}
			b[bit/8] ^= 1 << (bit % 8)
		}
		for n := range b {
			if _, err := decodeRow(uint64(load), b[:n]); err == nil {
				t.Fatalf("%v: cut to %d bytes and accepted", r.state, n)
			}
		}
	}
}

// FuzzDecodeRow: no input panics, and what is accepted re-encodes to the same
// bytes. The checksum is made right, so that the fuzzer gets past it.
func FuzzDecodeRow(f *testing.F) {
	for _, r := range sampleRows() {
		b := r.encode(3)
		f.Add(uint64(3), b[:len(b)-4])
	}
	f.Fuzz(func(t *testing.T, load uint64, body []byte) {
		crc := rowChecksum(load, body)
		b := append(bytes.Clone(body), byte(crc>>24), byte(crc>>16), byte(crc>>8), byte(crc))
		r, err := decodeRow(load, b)
		if err != nil {
			return
		}
		if again := r.encode(load); !bytes.Equal(again, b) {
			t.Fatalf("accepted %x, encodes to %x", b, again)
		}
		if r.state == Partial && (r.bits.Count() == 0 || r.bits.Count() == layout.SectorsPerLoad) {
			t.Fatalf("partial row with %d sectors", r.bits.Count())
		}
	})
}

func TestBitmapAgainstASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var b Bitmap
		set := map[int]bool{}
		for range rapid.IntRange(0, 5).Draw(t, "ranges") {
			first := rapid.IntRange(0, layout.SectorsPerLoad).Draw(t, "first")
			count := rapid.IntRange(0, layout.SectorsPerLoad-first).Draw(t, "count")
			b.Set(first, count)
			for i := first; i < first+count; i++ {
				set[i] = true
			}
		}
		if b.Count() != len(set) {
			t.Fatalf("%d sectors, want %d", b.Count(), len(set))
		}
		for i := range layout.SectorsPerLoad {
			if b.Has(i, 1) != set[i] || b.piece(i/sectorsPiece)>>(i%sectorsPiece)&1 == 1 != set[i] {
				t.Fatalf("sector %d: want %v", i, set[i])
			}
		}
		first := rapid.IntRange(0, layout.SectorsPerLoad-1).Draw(t, "first")
		count := rapid.IntRange(1, layout.SectorsPerLoad-first).Draw(t, "count")
		all := true
		for i := first; i < first+count; i++ {
			all = all && set[i]
		}
		if b.Has(first, count) != all {
			t.Fatalf("[%d, %d): want %v", first, first+count, all)
		}
	})
}
