package client

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// preallocate gives a file its final length and its blocks, so that a full disk
// shows before anything is fetched. Filesystems that cannot get a sparse file.
func preallocate(file *os.File, sizeBytes int64) error {
	if sizeBytes == 0 {
		return file.Truncate(0)
	}
	err := unix.Fallocate(int(file.Fd()), 0, 0, sizeBytes)
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EFBIG) {
		return err
	}
	return file.Truncate(sizeBytes)
}
