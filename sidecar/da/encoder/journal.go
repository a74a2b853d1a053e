package encoder

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"sync"
)

// The journal is a list of frames: u32 length, u32 CRC-32C of the body (both
// big-endian), body. A later record of a root replaces an earlier one. A frame
// that is cut off at the end was never acknowledged and is dropped; anything else
// that does not check is damage.
const (
	frameHeader    = 8
	maxFrame       = 64 << 10
	compactAtBytes = 8 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func appendFrame(out, body []byte) []byte {
	out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
	out = binary.BigEndian.AppendUint32(out, crc32.Checksum(body, castagnoli))
	return append(out, body...)
}

// readFrames calls do for each whole frame and returns the bytes they cover.
func readFrames(text []byte, do func(body []byte) error) (int, error) {
	at := 0
	for len(text)-at >= frameHeader {
		n := int(binary.BigEndian.Uint32(text[at:]))
		if n == 0 || n > maxFrame {
			return at, fmt.Errorf("%w: frame of %d bytes at offset %d", ErrCorrupt, n, at)
		}
		if len(text)-at-frameHeader < n {
			return at, nil
		}
		body := text[at+frameHeader : at+frameHeader+n]
		if crc32.Checksum(body, castagnoli) != binary.BigEndian.Uint32(text[at+4:]) {
			if at+frameHeader+n == len(text) {
				return at, nil // the last write was torn
			}
			return at, fmt.Errorf("%w: checksum at offset %d", ErrCorrupt, at)
		}
		if err := do(body); err != nil {
			return at, err
		}
		at += frameHeader + n
	}
	return at, nil
}

// journal is the file.
type journal struct {
	mu     sync.Mutex
	path   string
	file   *os.File
	size   int64
	broken error // after a write that failed nothing more is acknowledged
}

// openJournal reads the records of a home, oldest first, newest version each.
func openJournal(home string) (*journal, []Record, error) {
	path := filepath.Join(home, "journal")
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, nil, fmt.Errorf("journal: %w", err)
	}
	var order []Root
	newest := make(map[Root]Record)
	if _, err = readFrames(text, func(body []byte) error {
		r, err := decodeRecord(body)
		if err != nil {
			return err
		}
		if _, known := newest[r.Root]; !known {
			order = append(order, r.Root)
		}
		newest[r.Root] = r
		return nil
	}); err != nil {
		return nil, nil, fmt.Errorf("journal %s: %w: move it away; blobs on their way are still in spool/", path, err)
	}
	records := make([]Record, len(order))
	for i, root := range order {
		records[i] = newest[root]
	}
	j := &journal{path: path}
	return j, records, j.rewrite(records)
}

// rewrite replaces the file by these records.
func (j *journal) rewrite(records []Record) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var text []byte
	for _, r := range records {
		body, err := encodeRecord(r)
		if err != nil {
			return err
		}
		text = appendFrame(text, body)
	}
	if err := writeDurably(j.path, text); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if j.file != nil {
		_ = j.file.Close() // replaced
	}
	j.file, j.size = file, int64(len(text))
	return nil
}

// append adds a record; with durably it is on disk when append returns. A record
// that the chain tells as well need not be.
func (j *journal) append(r Record, durably bool) error {
	body, err := encodeRecord(r)
	if err != nil {
		return err
	}
	if len(body) > maxFrame {
		return fmt.Errorf("record of %d bytes, want at most %d", len(body), maxFrame)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.broken != nil {
		return j.broken
	}
	frame := appendFrame(nil, body)
	if _, err = j.file.Write(frame); err == nil && durably {
		err = j.file.Sync()
	}
	if err != nil {
		j.broken = fmt.Errorf("journal %s cannot be written: %w: free the disk and start again", j.path, err)
		return j.broken
	}
	j.size += int64(len(frame))
	return nil
}

func (j *journal) tooLong() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.size > compactAtBytes
}

func (j *journal) health() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.broken
}

func (j *journal) close() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.file.Close()
}

// writeDurably replaces a file: under another name, synced, renamed, and the
// folder synced.
func writeDurably(path string, parts ...[]byte) (err error) {
	temporary := path + ".new"
	file, err := os.OpenFile(temporary, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err == nil {
			_, err = file.Write(part)
		}
	}
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(temporary, path)
	}
	if err != nil {
		return errors.Join(err, ignoreMissing(os.Remove(temporary)))
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

func ignoreMissing(err error) error {
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}
