package storage_test

import (
	"bytes"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage"
)

// trust B16: rows of the index are accepted only as they are written.
func FuzzRows(f *testing.F) {
	f.Add(append(append([]byte{1}, make([]byte, 104)...), append([]byte{1, 10}, make([]byte, 32)...)...))
	f.Add(append(append([]byte{1}, 0, 0, 0, 0, 0, 0, 0, 1), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, row []byte) {
		if again, err := storage.EncodeEntry(1, row); err == nil && !bytes.Equal(again, row) {
			t.Fatalf("entry %x is written as %x", row, again)
		}
		if again, err := storage.EncodeCursor(row); err == nil && !bytes.Equal(again, row) {
			t.Fatalf("cursor %x is written as %x", row, again)
		}
	})
}
