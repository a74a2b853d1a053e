package scrub

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Of ioprio_set(2).
const (
	ioprioWhoProcess = 1 // with id 0: the calling thread
	ioprioIdle       = 3 << 13
	lowestNice       = 19
)

// idlePriority makes the calling thread wait for everybody else's CPU and disk.
func idlePriority() error {
	err := unix.Setpriority(unix.PRIO_PROCESS, 0, lowestNice) // 0: the calling thread
	if _, _, errno := unix.Syscall(unix.SYS_IOPRIO_SET, ioprioWhoProcess, 0, ioprioIdle); errno != 0 {
		err = errors.Join(err, errno)
	}
	return err
}
