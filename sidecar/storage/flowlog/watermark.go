package flowlog

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
)

const (
	watermarkName   = "WATERMARK"
	watermarkStride = 4096 // bytes between its two copies, so that no torn write hits both
	watermarkSize   = 12   // sequence number (8), crc32c of it and the directory's uuid (4)
)

var keySequence = []byte{'g'} // -> sequence number (8) of the last group

// watermark is the number of the last durable group, outside of pebble. Pebble
// takes damage in the last 32 KiB of its log for the end of it, which would
// silently lose what was acknowledged; a log that ends before the watermark shows
// that. It is written after the group is durable and not synced: after a crash it
// may be behind, never ahead.
type watermark struct {
	file File
	uuid string
}

func openWatermark(disk FS, dir, uuid string) (watermark, error) {
	path := dir + "/" + watermarkName
	file, err := disk.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		file, err = disk.Create(path)
	}
	if err != nil {
		return watermark{}, fmt.Errorf("open %s: %w", path, err)
	}
	return watermark{file, uuid}, nil
}

// read returns the higher of the two copies that verifies, or 0.
func (w watermark) read() (sequence uint64) {
	for slot := range int64(2) {
		var b [watermarkSize]byte
		if _, err := w.file.ReadAt(b[:], slot*watermarkStride); err == nil && w.encode(binary.BigEndian.Uint64(b[:])) == b {
			sequence = max(sequence, binary.BigEndian.Uint64(b[:]))
		}
	}
	return sequence
}

// write replaces the older copy.
func (w watermark) write(sequence uint64) error {
	b := w.encode(sequence)
	_, err := w.file.WriteAt(b[:], int64(sequence%2)*watermarkStride)
	return err
}

func (w watermark) encode(sequence uint64) (b [watermarkSize]byte) {
	binary.BigEndian.PutUint64(b[:], sequence)
	binary.BigEndian.PutUint32(b[8:], checksum(append(b[:8:8], w.uuid...)))
	return b
}

// checkWatermark compares meta/ with the watermark at open.
func (s *Store) checkWatermark() error {
	value, ok, err := s.meta.get(keySequence)
	if err != nil {
		return err
	}
	if ok && len(value) != 8 {
		return fmt.Errorf("%w: group sequence has %d bytes, want 8", ErrDamaged, len(value))
	}
	if ok {
		s.sequence = binary.BigEndian.Uint64(value)
	}
	mark := s.watermark.read()
	if s.sequence >= mark {
		return nil
	}
	if !s.opts.Repair {
		return fmt.Errorf("%w: the log in %s/%s ends at group %d, %d were acknowledged: restore it, or start with repair to go on from there and fetch the rest again",
			ErrDamaged, s.dir, metaDir, s.sequence, mark)
	}
	s.log.Warn("acknowledged groups are lost", "last", s.sequence, "acknowledged", mark)
	s.sequence = mark // rows say so from the next group on
	return nil
}
