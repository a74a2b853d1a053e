package flowlog

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
)

// group is the work of one group commit: data is in the files, nothing is in
// meta/ or the index yet.
type group struct {
	*Store
	staged  map[uint64]*row // rows to come; nil: to delete
	touched []*pack         // to be synced, in order of first write
	run     directRun
	mark
	undoLog []undo
}

// mark is a point to go back to when a batch fails.
type mark struct {
	taken []uint32 // slots allocated
	freed []uint32 // slots that are free once the group is durable
	owner []op     // the owner's rows and bad slots, in order
}

// undo is what a staged row was before.
type undo struct {
	load uint64
	was  *row
	had  bool
}

// stage writes a batch's data and stages its rows; on error nothing of it stays.
// The run is empty before and after, so that a write that fails late fails the
// batch whose bytes it held, and no other.
func (g *group) stage(b *Batch) error {
	start, undoFrom := g.mark, len(g.undoLog)
	err := g.stageOps(b.ops)
	if err == nil {
		return nil
	}
	g.run.drop()
	for j := len(g.undoLog) - 1; j >= undoFrom; j-- {
		g.restore(g.undoLog[j])
	}
	g.undoLog = g.undoLog[:undoFrom]
	g.undo(start)
	return err
}

func (g *group) stageOps(ops []op) error {
	for i := range ops {
		if err := g.stageOp(&ops[i]); err != nil {
			return err
		}
	}
	return g.flush()
}

func (g *group) restore(u undo) {
	if u.had {
		g.staged[u.load] = u.was
	} else {
		delete(g.staged, u.load)
	}
}

// undo frees the slots taken since start.
func (g *group) undo(start mark) {
	for _, slot := range g.taken[len(start.taken):] {
		g.slots.release(slot)
	}
	g.mark = start
}

func (g *group) stageOp(o *op) error {
	switch o.kind {
	case opSet, opUnset:
		g.owner = append(g.owner, *o)
		return nil
	}
	current, err := g.current(o.load)
	if err != nil {
		return err
	}
	switch o.kind {
	case opSectors:
		return g.stageSectors(o, current)
	case opSealed:
		return g.stageSealed(o, current)
	case opQuarantine:
		if current == nil || current.gen != o.gen {
			return nil // rewritten or deleted meanwhile
		}
		g.markBadSlot(o.load, current.slot)
		g.put(o.load, &row{state: Quarantined, slot: current.slot, gen: g.newGen()})
	case opDelete:
		if current != nil {
			g.freeSlot(o.load, current)
			g.put(o.load, nil)
		}
	}
	return nil
}

// current returns the load's row as this group leaves it so far; nil: absent.
func (g *group) current(load uint64) (*row, error) {
	if r, ok := g.staged[load]; ok {
		return r, nil
	}
	e, ok := g.index.get(load)
	if !ok {
		return nil, nil
	}
	if e.state == Quarantined { // perhaps not yet so in meta/
		return &row{state: Quarantined, slot: e.slot, gen: e.gen}, nil
	}
	r, err := g.meta.row(load)
	if err == nil && r == nil {
		err = fmt.Errorf("%w: row of load %d is gone", ErrDamaged, load)
	}
	return r, err
}

func (g *group) put(load uint64, r *row) {
	was, had := g.staged[load]
	g.undoLog = append(g.undoLog, undo{load, was, had})
	g.staged[load] = r
}

func (g *group) newGen() uint64 { g.nextGen++; return g.nextGen }

// freeSlot gives a row's slot back once the group is durable; never a bad one.
func (g *group) freeSlot(load uint64, r *row) {
	if r.state == Quarantined {
		g.markBadSlot(load, r.slot)
		return
	}
	g.freed = append(g.freed, r.slot)
}

func (g *group) markBadSlot(load uint64, slot uint32) {
	g.owner = append(g.owner, op{kind: opSet, key: badKey(slot), data: binary.BigEndian.AppendUint64(nil, load)})
}

// stageSectors writes the sectors that are missing into the load's slot, or into
// a fresh one. A crash leaves bytes where the old row says nothing is, and the
// old row's checksums leave out just these.
func (g *group) stageSectors(o *op, current *row) error {
	if g.opts.Role == RoleSealed {
		return fmt.Errorf("%w: plain sectors of load %d in a store of sealed loads", ErrArgument, o.load)
	}
	next := emptyRow()
	switch {
	case current == nil:
	case current.state == Sealed:
		return fmt.Errorf("%w: load %d takes no more sectors: delete it first", ErrSealed, o.load)
	case current.state == Quarantined:
		g.markBadSlot(o.load, current.slot)
		current = nil
	default:
		*next = *current
		next.bits = new(Bitmap)
		*next.bits = current.bitmap()
		next.state = Partial
	}
	if current == nil {
		slot, err := g.takeSlot()
		if err != nil {
			return fmt.Errorf("store load %d: %w", o.load, err)
		}
		next.slot = slot
	}
	pack, offset, err := g.writable(next.slot)
	if err != nil {
		return fmt.Errorf("store load %d: %w", o.load, err)
	}
	count := len(o.data) / layout.SectorSize
	missing := *next.bits // before this write
	changed, err := g.mergePieces(o, next, pack, offset, count)
	if err != nil || !changed {
		return err
	}
	if err := g.writeMissing(o, &missing, pack, offset, count); err != nil {
		return err
	}
	next.bits.Set(o.first, count)
	next.gen = g.newGen()
	if next.bits.Count() == layout.SectorsPerLoad {
		next.state, next.bits = Plain, nil
	}
	g.put(o.load, next)
	return nil
}

func (r *row) bitmap() Bitmap {
	if r.bits == nil {
		return FullBitmap()
	}
	return *r.bits
}

// mergePieces computes the checksums of the pieces after the write, and checks
// what is there already: it must verify, and be the same where written again.
// changed is false when every sector was there.
func (g *group) mergePieces(o *op, next *row, pack *pack, offset int64, count int) (changed bool, err error) {
	var piece [pieceSize]byte
	end := o.first + count
	for p := o.first / sectorsPiece; p*sectorsPiece < end; p++ {
		stored := next.bits.piece(p)
		from, to := max(o.first, p*sectorsPiece), min(end, (p+1)*sectorsPiece)
		written := o.data[(from-o.first)*layout.SectorSize : (to-o.first)*layout.SectorSize]
		if stored == 0 && to-from == sectorsPiece {
			next.crc[p], changed = checksum(written), true
			continue
		}
		clear(piece[:])
		if stored != 0 {
			if err := g.readPiece(o.load, next, pack, offset, p, piece[:]); err != nil {
				return false, err
			}
		}
		for sector := from; sector < to; sector++ {
			old := piece[sector%sectorsPiece*layout.SectorSize:][:layout.SectorSize]
			new := written[(sector-from)*layout.SectorSize:][:layout.SectorSize]
			if stored>>(sector%sectorsPiece)&1 == 0 {
				copy(old, new)
				changed = true
			} else if !bytes.Equal(old, new) {
				return false, fmt.Errorf("%w: sector %d of load %d differs from the one stored: delete the load first if that one is wrong", ErrConflict, sector, o.load)
			}
		}
		next.crc[p] = checksum(piece[:])
	}
	return changed, nil
}

// readPiece reads and verifies a piece that is partly there; missing sectors are
// zeros. A bad one quarantines the load. What waits in the run may be part of it.
func (g *group) readPiece(load uint64, r *row, pack *pack, offset int64, piece int, dst []byte) error {
	if err := g.flush(); err != nil {
		return fmt.Errorf("store load %d: %w", load, err)
	}
	if _, err := pack.file.ReadAt(dst, offset+int64(piece)*pieceSize); err != nil {
		return g.readFailed(load, err)
	}
	zeroMissing(dst, r.bits.piece(piece))
	if checksum(dst) != r.crc[piece] {
		return g.corrupt(load, r.gen, piece)
	}
	return nil
}

// writeMissing writes the runs of sectors that had no bit before.
func (g *group) writeMissing(o *op, had *Bitmap, pack *pack, offset int64, count int) error {
	for i := 0; i < count; {
		run := i
		for run < count && !had.Has(o.first+run, 1) {
			run++
		}
		if run > i {
			data := o.data[i*layout.SectorSize : run*layout.SectorSize]
			if err := g.write(pack, data, offset+int64(o.first+i)*layout.SectorSize); err != nil {
				return fmt.Errorf("store load %d: %w", o.load, err)
			}
		}
		i = max(run, i+1)
	}
	return nil
}

// stageSealed writes into a fresh slot, never over the plain load: a crash must
// not leave half of each.
func (g *group) stageSealed(o *op, current *row) error {
	if want := o.seal.IfGen; want != 0 && (current == nil || current.gen != want) {
		return fmt.Errorf("%w: load %d is not of generation %d any more", ErrStale, o.load, want)
	}
	if current != nil && current.state == Sealed && g.sameSealed(o, current) {
		return nil
	}
	slot, err := g.takeSlot()
	if err != nil {
		return fmt.Errorf("store sealed load %d: %w", o.load, err)
	}
	pack, offset, err := g.writable(slot)
	if err != nil {
		return fmt.Errorf("store sealed load %d: %w", o.load, err)
	}
	if err := g.write(pack, o.data, offset); err != nil {
		return fmt.Errorf("store sealed load %d: %w", o.load, err)
	}
	next := &row{state: Sealed, slot: slot, gen: g.newGen(), crc: pieceChecksums(o.data), seal: &SealMeta{LoadRoot: o.seal.LoadRoot, Opaque: o.seal.Opaque}}
	if current != nil {
		if current.state != Quarantined {
			next.bits = current.bits
		}
		g.freeSlot(o.load, current)
	}
	g.put(o.load, next)
	return nil
}

// sameSealed says whether the sealed load is stored already, by its checksums
// and meta; a repeated write then costs nothing.
func (g *group) sameSealed(o *op, current *row) bool {
	return current.seal.LoadRoot == o.seal.LoadRoot && bytes.Equal(current.seal.Opaque, o.seal.Opaque) &&
		current.crc == pieceChecksums(o.data)
}

func pieceChecksums(load []byte) (crc [piecesPerLoad]uint32) {
	for p := range crc {
		crc[p] = checksum(load[p*pieceSize : (p+1)*pieceSize])
	}
	return crc
}
