//go:build unix && !linux

package flowlog

import "fmt"

func (osFS) OpenDirect(path string) (File, error) {
	return nil, fmt.Errorf("%w: open %s: not this operating system", ErrNoDirect, path)
}

func (f osFile) SyncData() error { return f.Sync() }

func (f osFile) Fallocate(offset, length int64) error {
	size, err := f.Size()
	if err != nil || size >= offset+length {
		return err
	}
	return f.Truncate(offset + length)
}

func (f osFile) StartWrite(int64, int64) {}

func (f osFile) DropCache(int64, int64) {}
