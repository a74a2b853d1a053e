package flowlog_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// A file system in memory takes the flag or refuses it, by the age of the kernel.
func TestDirectWritesIntoMemory(t *testing.T) {
	dir, err := os.MkdirTemp("/dev/shm", "flowlog")
	if err != nil {
		t.Logf("no file system in memory here, the disk does instead: %v", err)
		dir = t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	readBack(t, dir, directOptions(nil))
}

// A direct file writes and reads, the cached one sees it, and a write the file
// system does not take is told from a disk that fails.
func TestDirectFilesOfTheSystem(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	data := flowlog.AlignedBuffer(2 * pageSize)
	copy(data, noise(7, 2*16))
	if err := os.WriteFile(path, make([]byte, 4*pageSize), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := flowlog.OS().OpenDirect(path)
	if errors.Is(err, flowlog.ErrNoDirect) {
		t.Logf("nothing to show here: %v", err)
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt(data, pageSize); err != nil {
		t.Fatal(err)
	}
	got := flowlog.AlignedBuffer(2 * pageSize)
	if _, err := file.ReadAt(got, pageSize); err != nil || !bytes.Equal(got, data) {
		t.Errorf("direct read: %v", err)
	}
	if all, err := os.ReadFile(path); err != nil || !bytes.Equal(all[pageSize:3*pageSize], data) {
		t.Errorf("read through the page cache: %v", err)
	}
	if _, err := file.WriteAt(data[1:100], 7); err != nil && !errors.Is(err, flowlog.ErrNoDirect) {
		t.Errorf("odd bytes: got %v, want ErrNoDirect, or none where the kernel helps itself", err)
	}
	if _, err := flowlog.OS().OpenDirect(path + "x"); !errors.Is(err, os.ErrNotExist) || errors.Is(err, flowlog.ErrNoDirect) {
		t.Errorf("an absent file: %v", err)
	}
}
