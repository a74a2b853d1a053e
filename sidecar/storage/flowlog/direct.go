package flowlog

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// directAlign is what O_DIRECT asks of offsets, lengths and addresses: the
// largest block of the disks we know.
const directAlign = 4096

// AlignedBuffer returns n bytes whose address is a multiple of 4 KiB.
func AlignedBuffer(n int) []byte {
	raw := make([]byte, n+directAlign)
	skip := -int(uintptr(unsafe.Pointer(&raw[0]))) & (directAlign - 1)
	return raw[skip : skip+n : skip+n]
}

// loadBuffers holds aligned buffers of one load.
var loadBuffers = sync.Pool{New: func() any { b := AlignedBuffer(layout.LoadSize); return &b }}

// ReadLoadDirect reads the raw 256 KiB of a load for mining: one aligned read
// past the page cache, no checksum (see VerifyPiece). Missing sectors of a
// partial load are zeros. dst comes from AlignedBuffer. Where the disk has no
// direct reads, or Options.Direct is off, it is a plain read whose pages are let
// go of at once.
func (s *Store) ReadLoadDirect(load uint64, dst []byte) error {
	if len(dst) < layout.LoadSize || uintptr(unsafe.Pointer(&dst[0]))%directAlign != 0 {
		return fmt.Errorf("%w: %d bytes for a direct read, want %d from AlignedBuffer", ErrArgument, len(dst), layout.LoadSize)
	}
	if err := s.enter(); err != nil {
		return err
	}
	defer s.leave()
	for range readTries {
		e, ok := s.index.get(load)
		if !ok {
			return fmt.Errorf("%w: load %d", ErrNotStored, load)
		}
		if e.state == Quarantined {
			return fmt.Errorf("%w: load %d is quarantined: fetch it again", ErrCorrupt, load)
		}
		if err := s.readSlot(e.slot, dst[:layout.LoadSize]); err != nil {
			return s.readFailed(load, err)
		}
		if now, _ := s.index.get(load); now.gen != e.gen || now.state != e.state {
			continue // the slot may have been freed and reused under the read
		}
		if e.state == Partial {
			for p := range piecesPerLoad {
				zeroMissing(dst[p*pieceSize:(p+1)*pieceSize], e.bits.piece(p))
			}
		}
		return nil
	}
	return fmt.Errorf("%w: load %d keeps changing", ErrStale, load)
}

func (s *Store) readSlot(slot uint32, dst []byte) error {
	pack, offset, err := s.packs.at(slot)
	if err != nil {
		return err
	}
	if s.opts.Direct {
		file, err := pack.directFile(s.opts.FS)
		if err == nil {
			_, err = file.ReadAt(dst, offset)
			return err
		}
		if !errors.Is(err, ErrNoDirect) {
			return err
		}
	}
	_, err = pack.file.ReadAt(dst, offset)
	pack.file.DropCache(offset, slotSize)
	return err
}

// VerifyPiece checks a 4-KiB piece that ReadLoadDirect read. ErrCorrupt
// quarantines the load; ErrStale says it changed since, read again.
func (s *Store) VerifyPiece(load uint64, piece int, data []byte) error {
	if piece < 0 || piece >= piecesPerLoad || len(data) != pieceSize {
		return fmt.Errorf("%w: piece %d with %d bytes, want below %d with %d", ErrArgument, piece, len(data), piecesPerLoad, pieceSize)
	}
	_, err := s.read(load, func(r *row) error {
		if checksum(data) == r.crc[piece] {
			return nil
		}
		// The caller's copy may be old, or damaged in memory: ask the disk.
		buffer := make([]byte, pieceSize)
		if err := s.readRange(load, r, piece*sectorsPiece, sectorsPiece, buffer); err != nil {
			return err
		}
		return fmt.Errorf("%w: piece %d of load %d verifies on disk, the bytes given do not: read it again", ErrStale, piece, load)
	})
	return err
}
