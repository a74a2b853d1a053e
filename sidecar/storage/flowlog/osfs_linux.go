package flowlog

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// OpenDirect tries one read as well: some file systems accept the flag and fail
// the read.
func (osFS) OpenDirect(path string) (File, error) {
	file, err := os.OpenFile(path, os.O_RDWR|unix.O_DIRECT, 0)
	if err != nil {
		if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
			return nil, fmt.Errorf("%w: open %s", ErrNoDirect, path)
		}
		return nil, err
	}
	if _, err := file.ReadAt(AlignedBuffer(directAlign), 0); errors.Is(err, unix.EINVAL) {
		file.Close()
		return nil, fmt.Errorf("%w: read %s", ErrNoDirect, path)
	}
	return directFile{osFile{file}}, nil
}

// directFile is a file opened with O_DIRECT.
type directFile struct{ osFile }

// WriteAt tells a file system that takes no such write from a disk that fails.
func (f directFile) WriteAt(data []byte, offset int64) (int, error) {
	n, err := f.osFile.WriteAt(data, offset)
	if errors.Is(err, unix.EINVAL) || errors.Is(err, unix.EOPNOTSUPP) {
		err = fmt.Errorf("%w: write %s: %w", ErrNoDirect, f.Name(), err)
	}
	return n, err
}

func (f osFile) SyncData() error {
	return retryEINTR(func() error { return unix.Fdatasync(int(f.Fd())) })
}

// Fallocate reserves blocks; where the file system cannot, the file is only
// made longer (sparse), and a full disk shows at the write instead.
func (f osFile) Fallocate(offset, length int64) error {
	err := retryEINTR(func() error { return unix.Fallocate(int(f.Fd()), 0, offset, length) })
	if !errors.Is(err, unix.EOPNOTSUPP) {
		return err
	}
	size, err := f.Size()
	if err != nil || size >= offset+length {
		return err
	}
	return f.Truncate(offset + length)
}

// StartWrite does not wait and takes no error from the kernel: SyncData still
// reports what happens to these pages.
func (f osFile) StartWrite(offset, length int64) {
	_ = unix.SyncFileRange(int(f.Fd()), offset, length, unix.SYNC_FILE_RANGE_WRITE)
}

func (f osFile) DropCache(offset, length int64) {
	_ = unix.Fadvise(int(f.Fd()), offset, length, unix.FADV_DONTNEED)
}

func retryEINTR(call func() error) error {
	for {
		if err := call(); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
