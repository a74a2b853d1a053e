package client

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	maxPathBytes      = 4096
	maxComponentBytes = 255
	partSuffix        = ".zgpart"       // a file being downloaded
	stateSuffix       = ".zgpart.state" // which of its segments are there
)

// CheckPath accepts the paths a manifest may hold: relative, '/'-separated, no
// empty, "." or ".." component, no backslash or control character, valid UTF-8,
// and none that ends like a download's own files. What passes cannot lead out
// of the folder it is unpacked into.
func CheckPath(path string) error {
	switch {
	case path == "":
		return fmt.Errorf("%w: empty path", ErrManifest)
	case len(path) > maxPathBytes:
		return fmt.Errorf("%w: path of %d bytes, want at most %d", ErrManifest, len(path), maxPathBytes)
	case !utf8.ValidString(path):
		return fmt.Errorf("%w: path %q is not UTF-8", ErrManifest, path)
	case strings.HasSuffix(path, partSuffix), strings.HasSuffix(path, stateSuffix):
		return fmt.Errorf("%w: path %q ends like an unfinished download", ErrManifest, path)
	}
	for _, r := range path {
		if r < 0x20 || r == 0x7f || r == '\\' {
			return fmt.Errorf("%w: path %q holds the character %U", ErrManifest, path, r)
		}
	}
	for _, component := range strings.Split(path, "/") {
		if component == "" || component == "." || component == ".." {
			return fmt.Errorf("%w: path %q has a component %q", ErrManifest, path, component)
		}
		if len(component) > maxComponentBytes {
			return fmt.Errorf("%w: path %.40q has a component of %d bytes, want at most %d", ErrManifest, path, len(component), maxComponentBytes)
		}
	}
	return nil
}
