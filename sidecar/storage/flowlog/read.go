package flowlog

import (
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// readTries bounds how often a read starts over because the load moved meanwhile.
const readTries = 8

var errSlotGone = errors.New("slot changed hands") // inner: read again

// ReadSectors reads count plain sectors from firstSector on into dst, and checks
// every 4-KiB piece they lie in. ErrNotStored when any is missing, ErrCorrupt
// (and the load is quarantined) when a piece does not verify, ErrSealed for a
// sealed load.
func (s *Store) ReadSectors(load uint64, firstSector, count int, dst []byte) error {
	if firstSector < 0 || count < 1 || count > layout.SectorsPerLoad || firstSector > layout.SectorsPerLoad-count || len(dst) < count*layout.SectorSize {
		return fmt.Errorf("%w: read sectors [%d, %d) into %d bytes, want a range inside [0, 1024) that fits", ErrArgument, firstSector, firstSector+count, len(dst))
	}
	_, err := s.read(load, func(r *row) error {
		if r.state == Sealed {
			return fmt.Errorf("%w: load %d", ErrSealed, load)
		}
		if !r.has(firstSector, count) {
			return fmt.Errorf("%w: load %d lacks sectors of [%d, %d)", ErrNotStored, load, firstSector, firstSector+count)
		}
		return s.readRange(load, r, firstSector, count, dst[:count*layout.SectorSize])
	})
	return err
}

// ReadSealed reads a whole sealed load (256 KiB) into dst and checks it.
func (s *Store) ReadSealed(load uint64, dst []byte) (SealMeta, error) {
	if len(dst) < layout.LoadSize {
		return SealMeta{}, fmt.Errorf("%w: %d bytes for a load, want %d", ErrArgument, len(dst), layout.LoadSize)
	}
	r, err := s.read(load, func(r *row) error {
		if r.state != Sealed {
			return fmt.Errorf("%w: load %d is %v, not sealed", ErrNotStored, load, r.state)
		}
		return s.readRange(load, r, 0, layout.SectorsPerLoad, dst[:layout.LoadSize])
	})
	if err != nil {
		return SealMeta{}, err
	}
	return *r.seal, nil
}

// SealMeta returns what was stored with a sealed load.
func (s *Store) SealMeta(load uint64) (SealMeta, error) {
	r, err := s.read(load, func(r *row) error {
		if r.state != Sealed {
			return fmt.Errorf("%w: load %d is %v, not sealed", ErrNotStored, load, r.state)
		}
		return nil
	})
	if err != nil {
		return SealMeta{}, err
	}
	return *r.seal, nil
}

// read calls do with the load's row, again when the load moved under it.
func (s *Store) read(load uint64, do func(*row) error) (*row, error) {
	if err := s.enter(); err != nil {
		return nil, err
	}
	defer s.leave()
	for range readTries {
		e, ok := s.index.get(load)
		if !ok {
			return nil, fmt.Errorf("%w: load %d", ErrNotStored, load)
		}
		if e.state == Quarantined {
			return nil, fmt.Errorf("%w: load %d is quarantined: fetch it again", ErrCorrupt, load)
		}
		r, err := s.meta.row(load)
		if err != nil {
			return nil, err
		}
		if r == nil || r.state == Quarantined {
			continue // deleted or quarantined just now; the index follows
		}
		if err := do(r); !errors.Is(err, errSlotGone) {
			return r, err
		}
	}
	return nil, fmt.Errorf("%w: load %d keeps changing", ErrStale, load)
}

// readRange reads sectors that the row says are there into dst, verified. It
// reads whole pieces; where the range ends inside one, through a buffer.
func (s *Store) readRange(load uint64, r *row, first, count int, dst []byte) error {
	pack, offset, err := s.packs.at(r.slot)
	if err != nil {
		return err
	}
	from, to := first/sectorsPiece, (first+count+sectorsPiece-1)/sectorsPiece // pieces [from, to)
	buffer := dst
	aligned := first%sectorsPiece == 0 && count%sectorsPiece == 0
	if !aligned {
		pooled := loadBuffers.Get().(*[]byte)
		defer loadBuffers.Put(pooled)
		buffer = (*pooled)[:(to-from)*pieceSize]
	}
	if _, err := pack.file.ReadAt(buffer, offset+int64(from)*pieceSize); err != nil {
		return s.readFailed(load, err)
	}
	for p := from; p < to; p++ {
		piece := buffer[(p-from)*pieceSize : (p-from+1)*pieceSize]
		zeroMissing(piece, r.mask(p))
		if checksum(piece) != r.crc[p] {
			return s.mismatch(load, r, p)
		}
	}
	if !aligned {
		copy(dst, buffer[first%sectorsPiece*layout.SectorSize:])
	}
	return nil
}

// mismatch tells rot from a slot that was freed and reused while it was read:
// the row has changed then.
func (s *Store) mismatch(load uint64, r *row, piece int) error {
	now, err := s.meta.row(load)
	if err != nil {
		return err
	}
	if now == nil || now.gen != r.gen {
		return errSlotGone
	}
	return s.corrupt(load, r.gen, piece)
}
