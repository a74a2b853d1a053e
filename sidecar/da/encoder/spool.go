package encoder

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A payload lies in spool/ROOT.blob from before it is acknowledged until it is
// confirmed: magic, profile, length (u64, big-endian), SHA-256, payload.
const (
	spoolMagic  = "zgspool1"
	spoolHeader = len(spoolMagic) + 1 + 8 + sha256.Size
)

type spool struct{ dir string }

func openSpool(home string) (spool, error) {
	s := spool{filepath.Join(home, "spool")}
	return s, os.MkdirAll(s.dir, 0o700)
}

func (s spool) path(root Root) string { return filepath.Join(s.dir, root.String()[2:]+".blob") }

// put is on disk when it returns.
func (s spool) put(root Root, profile uint8, payload []byte) error {
	header := append([]byte(spoolMagic), profile)
	header = binary.BigEndian.AppendUint64(header, uint64(len(payload)))
	sum := sha256.Sum256(payload)
	if err := writeDurably(s.path(root), append(header, sum[:]...), payload); err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	return nil
}

// get reads a payload back, or ErrCorrupt.
func (s spool) get(root Root) (payload []byte, profile uint8, err error) {
	text, err := os.ReadFile(s.path(root))
	if err != nil {
		return nil, 0, fmt.Errorf("spool: %w", err)
	}
	return decodeSpooled(text)
}

func decodeSpooled(text []byte) (payload []byte, profile uint8, err error) {
	if len(text) < spoolHeader || !bytes.HasPrefix(text, []byte(spoolMagic)) {
		return nil, 0, fmt.Errorf("%w: no header of a spooled payload", ErrCorrupt)
	}
	profile, rest := text[len(spoolMagic)], text[len(spoolMagic)+1:]
	want, sum, payload := binary.BigEndian.Uint64(rest), rest[8:8+sha256.Size], rest[8+sha256.Size:]
	if uint64(len(payload)) != want || sha256.Sum256(payload) != [32]byte(sum) {
		return nil, 0, fmt.Errorf("%w: payload of %d bytes, want %d with the checksum of the header", ErrCorrupt, len(payload), want)
	}
	return payload, profile, nil
}

func (s spool) remove(root Root) error { return ignoreMissing(os.Remove(s.path(root))) }

// list returns the payloads that lie there, and removes what is no payload: a
// write that did not end.
func (s spool) list() ([]Root, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	var roots []Root
	for _, entry := range entries {
		var root Root
		name, isBlob := strings.CutSuffix(entry.Name(), ".blob")
		if isBlob && root.UnmarshalText([]byte(name)) == nil {
			roots = append(roots, root)
			continue
		}
		err = errors.Join(err, ignoreMissing(os.Remove(filepath.Join(s.dir, entry.Name()))))
	}
	return roots, err
}
