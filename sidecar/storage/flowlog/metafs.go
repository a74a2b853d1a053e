package flowlog

import (
	"errors"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// orderedFS makes the names of pebble's manifest and markers durable as soon as
// they are there. Pebble makes a manifest, makes the marker that names it, removes
// the old marker, and only then syncs the directory: a disk that keeps names in
// another order than they were made could show a marker without its manifest, or
// no marker, which is an empty database. Costs one sync at open and per manifest.
type orderedFS struct{ vfs.FS }

func (o orderedFS) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	file, err := o.FS.Create(name, category)
	base := o.PathBase(name)
	if err != nil || !strings.HasPrefix(base, "MANIFEST-") && !strings.HasPrefix(base, "marker.") {
		return file, err
	}
	if err := o.syncDir(o.PathDir(name)); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

func (o orderedFS) syncDir(path string) error {
	dir, err := o.OpenDir(path)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Unwrap implements vfs.FS.
func (o orderedFS) Unwrap() vfs.FS { return o.FS }
