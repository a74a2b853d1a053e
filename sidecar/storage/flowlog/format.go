package flowlog

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// FormatVersion is what this program writes, and the newest it reads.
const FormatVersion = 1

const (
	slotSize       = layout.LoadSize     // bytes; one raw load, no header, so that a mining read is one pread
	pieceSize      = layout.SealSize     // bytes; what one checksum covers
	piecesPerLoad  = layout.SealsPerLoad // 64
	sectorsPiece   = layout.SectorsPerSeal
	maxOpaqueBytes = 4 << 10 // of a sealed load's meta

	// DefaultSlotsPerPack makes packs of 1 GiB (protocol-kv.md 5.2).
	DefaultSlotsPerPack = 4096
)

// Key spaces in meta/. What the paper calls f|slot is derived at open: slots no
// row names are free, so none can be both free and used.
const (
	keyLoad  = 'k' // k|load(8)  -> row
	keyBad   = 'q' // q|slot(4)  -> load(8): never to be used again
	keyOwner = 'm' // m|...      -> the owner's rows
)

// State of a load.
type State uint8

const (
	Absent      State = 0
	Partial     State = 1 // plain, some sectors missing
	Plain       State = 2 // plain, whole
	Sealed      State = 3
	Quarantined State = 4 // found corrupt; fetch again
)

func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return fmt.Sprintf("state %d", uint8(s))
}

var stateNames = [...]string{"absent", "partial", "plain", "sealed", "quarantined"}

// row is what meta/ knows of a load. A nil bits means all sectors.
type row struct {
	state State
	slot  uint32
	gen   uint64                // unique per write in this store; tells a slot's owners apart
	crc   [piecesPerLoad]uint32 // crc32c of each 4-KiB piece; missing sectors of a partial load count as zeros
	bits  *Bitmap               // partial: sectors stored. sealed: sectors that hold data
	seal  *SealMeta             // sealed only
}

// SealMeta goes with a sealed load.
type SealMeta struct {
	LoadRoot [32]byte // Merkle root of the plain load
	Opaque   []byte   // at most 4 KiB; whose key and contexts sealed which piece
	// IfGen, when not 0, is the Info.Gen of the plain load that was sealed: the
	// write fails with ErrStale if the load has changed since. Not stored.
	IfGen uint64
}

const (
	rowHead    = 16                        // version, state, flags, 0, slot(4), gen(8)
	rowFixed   = rowHead + piecesPerLoad*4 // head and checksums
	rowBitmap  = layout.SectorsPerLoad / 8 // 128 B
	flagBitmap = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func loadKey(load uint64) []byte { return binary.BigEndian.AppendUint64([]byte{keyLoad}, load) }
func badKey(slot uint32) []byte  { return binary.BigEndian.AppendUint32([]byte{keyBad}, slot) }

// encode writes, big-endian: version 1, state, flags, 0, slot 4, gen 8, crc 64x4,
// [bitmap 16x8], [load root 32, opaque length 2, opaque], crc32c of the key and
// all before (4): a row that moved to another key does not verify.
func (r *row) encode(load uint64) []byte {
	b := make([]byte, rowHead, rowFixed+rowBitmap+4)
	b[0], b[1] = FormatVersion, byte(r.state)
	binary.BigEndian.PutUint32(b[4:], r.slot)
	binary.BigEndian.PutUint64(b[8:], r.gen)
	for _, crc := range r.crc {
		b = binary.BigEndian.AppendUint32(b, crc)
	}
	if r.bits != nil {
		b[2] = flagBitmap
		for _, word := range r.bits {
			b = binary.BigEndian.AppendUint64(b, word)
		}
	}
	if r.seal != nil {
		b = append(b, r.seal.LoadRoot[:]...)
		b = binary.BigEndian.AppendUint16(b, uint16(len(r.seal.Opaque)))
		b = append(b, r.seal.Opaque...)
	}
	return binary.BigEndian.AppendUint32(b, rowChecksum(load, b))
}

func rowChecksum(load uint64, body []byte) uint32 {
	return crc32.Update(checksum(loadKey(load)), castagnoli, body)
}

// decodeRow is the inverse of encode and accepts nothing else.
func decodeRow(load uint64, b []byte) (*row, error) {
	if len(b) < rowFixed+4 {
		return nil, fmt.Errorf("%w: row of load %d has %d bytes, want at least %d", ErrDamaged, load, len(b), rowFixed+4)
	}
	body, trailer := b[:len(b)-4], binary.BigEndian.Uint32(b[len(b)-4:])
	if got := rowChecksum(load, body); got != trailer {
		return nil, fmt.Errorf("%w: row of load %d has checksum %08x, want %08x", ErrDamaged, load, got, trailer)
	}
	if body[0] != FormatVersion || body[3] != 0 || body[2]&^flagBitmap != 0 {
		return nil, fmt.Errorf("%w: row of load %d has version %d, flags %d, want version %d", ErrFormat, load, body[0], body[2], FormatVersion)
	}
	r := &row{state: State(body[1]), slot: binary.BigEndian.Uint32(body[4:]), gen: binary.BigEndian.Uint64(body[8:])}
	for i := range r.crc {
		r.crc[i] = binary.BigEndian.Uint32(body[rowHead+4*i:])
	}
	rest := body[rowFixed:]
	if body[2]&flagBitmap != 0 {
		if len(rest) < rowBitmap {
			return nil, fmt.Errorf("%w: bitmap of load %d is cut off", ErrDamaged, load)
		}
		r.bits = new(Bitmap)
		for i := range r.bits {
			r.bits[i] = binary.BigEndian.Uint64(rest[8*i:])
		}
		rest = rest[rowBitmap:]
	}
	return r, r.decodeSeal(load, rest)
}

// decodeSeal reads what follows the bitmap, and checks that state and parts agree.
func (r *row) decodeSeal(load uint64, rest []byte) error {
	if r.state == Sealed && len(rest) >= 34 {
		r.seal = &SealMeta{LoadRoot: [32]byte(rest[:32])}
		opaque := rest[34:]
		if n := int(binary.BigEndian.Uint16(rest[32:])); n != len(opaque) || n > maxOpaqueBytes {
			return fmt.Errorf("%w: row of load %d has %d bytes of seal meta, want %d", ErrDamaged, load, len(opaque), n)
		}
		r.seal.Opaque = append([]byte{}, opaque...)
		rest = nil
	}
	ok := len(rest) == 0 && r.gen != 0
	switch r.state {
	case Partial:
		sectors := 0
		if r.bits != nil {
			sectors = r.bits.Count()
		}
		ok = ok && sectors > 0 && sectors < layout.SectorsPerLoad
	case Plain, Quarantined:
		ok = ok && r.bits == nil
	case Sealed:
		ok = ok && r.seal != nil
	default:
		ok = false
	}
	if !ok {
		return fmt.Errorf("%w: row of load %d says %v, its parts say otherwise", ErrDamaged, load, r.state)
	}
	return nil
}

// emptyRow is a partial row without sectors: every piece counts as zeros.
func emptyRow() *row {
	r := &row{state: Partial, bits: new(Bitmap)}
	for p := range r.crc {
		r.crc[p] = zeroPieceChecksum
	}
	return r
}

var zeroPieceChecksum = checksum(make([]byte, pieceSize))

// has says whether the sectors are stored; a sealed load without bits has all.
func (r *row) has(first, count int) bool { return r.bits == nil || r.bits.Has(first, count) }

// mask returns which of a piece's 16 sectors its checksum covers.
func (r *row) mask(piece int) uint16 {
	if r.state != Partial {
		return 0xffff
	}
	return r.bits.piece(piece)
}

// zeroMissing clears the sectors of a piece that are not in mask.
func zeroMissing(piece []byte, mask uint16) {
	if mask == 0xffff {
		return
	}
	for i := range sectorsPiece {
		if mask>>i&1 == 0 {
			clear(piece[i*layout.SectorSize:][:layout.SectorSize])
		}
	}
}
