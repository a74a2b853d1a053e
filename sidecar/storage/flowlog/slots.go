package flowlog

import "math/bits"

// slots knows which slots are free. It is pure: the committer owns it.
// Slot s lies in pack s/perPack.
type slots struct {
	perPack  int
	packs    []slotPack
	usedAll  int // over all packs
	firstTry int // no pack before this one has a free slot
}

type slotPack struct {
	words  []uint64 // bit set: used
	used   int
	closed bool // takes no new slots: read-only, or its file is not there
}

// addPack makes one more pack of free slots and returns its number.
func (s *slots) addPack() int {
	s.packs = append(s.packs, slotPack{words: make([]uint64, (s.perPack+63)/64)})
	return len(s.packs) - 1
}

// closePack takes the pack's free slots out of use.
func (s *slots) closePack(pack int) { s.packs[pack].closed = true }

// take returns the lowest free slot; false when every pack is used up.
func (s *slots) take() (slot uint32, ok bool) {
	for p := s.firstTry; p < len(s.packs); p++ {
		pack := &s.packs[p]
		if pack.closed || pack.used == s.perPack {
			continue
		}
		s.firstTry = p
		for w, word := range pack.words {
			if word != ^uint64(0) {
				slot := uint32(p*s.perPack + w*64 + bits.TrailingZeros64(^word))
				if int(slot) < (p+1)*s.perPack {
					s.mark(slot)
					return slot, true
				}
			}
		}
	}
	return 0, false
}

// mark takes a given slot; false when it is not a free slot of these packs.
func (s *slots) mark(slot uint32) bool {
	p, bit := int(slot)/s.perPack, int(slot)%s.perPack
	if p >= len(s.packs) || s.packs[p].words[bit/64]>>(bit%64)&1 != 0 {
		return false
	}
	s.packs[p].words[bit/64] |= 1 << (bit % 64)
	s.packs[p].used++
	s.usedAll++
	return true
}

// release makes a slot free again; false when it was not used.
func (s *slots) release(slot uint32) bool {
	p, bit := int(slot)/s.perPack, int(slot)%s.perPack
	if p >= len(s.packs) || s.packs[p].words[bit/64]>>(bit%64)&1 == 0 {
		return false
	}
	s.packs[p].words[bit/64] &^= 1 << (bit % 64)
	s.packs[p].used--
	s.usedAll--
	s.firstTry = min(s.firstTry, p)
	return true
}
