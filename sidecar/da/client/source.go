package client

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"slices"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// source is a file cut into payloads of at most blobBytes, read once in order.
type source struct {
	from      *io.SectionReader
	close     func() error
	sizeBytes uint64
	blobBytes uint64
	parts     int
	manifest  bool // more than one part, or a file that looks like a manifest

	read  int // payloads
	list  []Part
	sum   hash.Hash
	whole []byte // the manifest's bytes, when it was read
}

// openSource opens a file that is to be put.
func openSource(path string, blobBytes uint64) (*source, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUsage, err)
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no plain file", path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %w", ErrUsage, err), file.Close())
	}
	s, err := newSource(file, uint64(info.Size()), blobBytes)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	s.close = file.Close
	return s, nil
}

// newSource cuts a stream of known length.
func newSource(from io.ReaderAt, sizeBytes, blobBytes uint64) (*source, error) {
	if sizeBytes == 0 {
		return nil, fmt.Errorf("%w: %w", ErrUsage, erasure.ErrEmptyBlob)
	}
	s := &source{sizeBytes: sizeBytes, blobBytes: blobBytes, sum: sha256.New(), close: func() error { return nil }}
	s.parts = int((sizeBytes + blobBytes - 1) / blobBytes)
	if s.parts > MaxParts {
		return nil, fmt.Errorf("%w: %d bytes are %d blobs, want at most %d", ErrUsage, sizeBytes, s.parts, MaxParts)
	}
	begin := make([]byte, len(manifestMagic))
	n, err := from.ReadAt(begin, 0)
	if err != nil && err != io.EOF {
		return nil, err
	}
	s.manifest = s.parts > 1 || IsManifest(begin[:n])
	if s.manifest && manifestBytes(s.parts) > blobBytes {
		return nil, fmt.Errorf("%w: the list of %d blobs has %d bytes, a blob holds %d", ErrUsage, s.parts, manifestBytes(s.parts), blobBytes)
	}
	s.from = io.NewSectionReader(from, 0, int64(sizeBytes))
	return s, nil
}

// lens are the sizes of the payloads in order, the manifest's last.
func (s *source) lens() []uint64 {
	lens := make([]uint64, 0, s.parts+1)
	for left := s.sizeBytes; left > 0; left -= lens[len(lens)-1] {
		lens = append(lens, min(left, s.blobBytes))
	}
	if s.manifest {
		lens = append(lens, manifestBytes(s.parts))
	}
	return lens
}

// next returns the next payload, the manifest last; nil after it. placed must
// have been called for the one before.
func (s *source) next() (payload []byte, kind string, err error) {
	switch {
	case s.read < s.parts:
		if payload, err = s.again(s.read); err != nil {
			return nil, "", err
		}
		_, _ = s.sum.Write(payload) // never fails
		kind = KindBlob
	case s.read == s.parts && s.manifest:
		list := &Manifest{SizeBytes: s.sizeBytes, SHA256: [32]byte(s.sum.Sum(nil)), Parts: s.list}
		if s.whole, err = list.Encode(); err != nil {
			return nil, "", err
		}
		payload, kind = slices.Clone(s.whole), KindManifest
	}
	s.read++
	return payload, kind, nil
}

// again returns payload number part, which next has returned or is about to. The
// caller may keep it, or give it back to payloads.
func (s *source) again(part int) ([]byte, error) {
	if part == s.parts {
		return slices.Clone(s.whole), nil
	}
	at := uint64(part) * s.blobBytes
	payload := payloads.Make(int(min(s.blobBytes, s.sizeBytes-at)))
	if _, err := s.from.ReadAt(payload, int64(at)); err != nil {
		return nil, fmt.Errorf("read the file: %w", err)
	}
	return payload, nil
}

// placed notes the root of the payload that next returned last.
func (s *source) placed(root chain.Hash, dataLen uint64) {
	s.list = append(s.list, Part{Root: root, SizeBytes: dataLen})
}

// left are the sizes of the payloads that next has not returned yet.
func (s *source) left() []uint64 {
	lens := s.lens()
	return lens[min(s.read, len(lens)):]
}
