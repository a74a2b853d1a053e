package client

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// source is where an entry's bytes come from: a section of a file, or memory.
type source struct {
	path        string // "" with data
	offsetBytes uint64
	sizeBytes   uint64
	data        []byte
}

// open returns the section; close it after use. Files are opened only while
// they are read, so that a folder of many files needs few descriptors.
func (s source) open() (io.ReaderAt, io.Closer, error) {
	if s.path == "" {
		return bytes.NewReader(s.data), io.NopCloser(nil), nil
	}
	file, err := os.Open(s.path)
	if err != nil {
		return nil, nil, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%w: %s is not a regular file", ErrChanged, s.path)
	}
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return io.NewSectionReader(file, int64(s.offsetBytes), int64(s.sizeBytes)), file, nil
}
