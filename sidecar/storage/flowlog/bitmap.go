package flowlog

import (
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// Bitmap says which of a load's 1024 sectors are stored: sector i is bit i%64
// of word i/64.
type Bitmap [layout.SectorsPerLoad / 64]uint64

// FullBitmap has every sector.
func FullBitmap() (b Bitmap) { b.Set(0, layout.SectorsPerLoad); return b }

// Set adds the sectors [first, first+count).
func (b *Bitmap) Set(first, count int) {
	b.words(first, count, func(word int, mask uint64) bool { b[word] |= mask; return true })
}

// Has says whether every sector of [first, first+count) is there.
func (b *Bitmap) Has(first, count int) bool {
	has := true
	b.words(first, count, func(word int, mask uint64) bool { has = b[word]&mask == mask; return has })
	return has
}

// words calls do with the mask of [first, first+count) in each word it touches,
// until do says false. Out of range sectors are left out.
func (b *Bitmap) words(first, count int, do func(word int, mask uint64) bool) {
	first, end := max(first, 0), min(first+count, layout.SectorsPerLoad)
	for first < end {
		word, low := first/64, first%64
		n := min(64-low, end-first)
		if !do(word, (^uint64(0)>>(64-n))<<low) {
			return
		}
		first += n
	}
}

// Count returns how many sectors are there.
func (b *Bitmap) Count() (sectors int) {
	for _, word := range b {
		sectors += bits.OnesCount64(word)
	}
	return sectors
}

// piece returns the 16 bits of a 4-KiB piece, its first sector lowest.
func (b *Bitmap) piece(piece int) uint16 { return uint16(b[piece/4] >> (piece % 4 * 16)) }
