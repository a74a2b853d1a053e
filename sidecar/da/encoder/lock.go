package encoder

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrLocked says that another process works in the home.
var ErrLocked = errors.New("home is in use")

// lockHome takes a home for this process; the lock goes away with it, however it
// ends.
func lockHome(home string) (*os.File, error) {
	file, err := os.OpenFile(filepath.Join(home, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock home: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("%w: %s: stop the other zg-da-encoder, or use another --home", ErrLocked, home)
	}
	return file, nil
}
