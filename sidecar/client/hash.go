package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

const segmentBytes = layout.LoadSize

// segmentSpan returns the bytes [start, end) of a file's segment.
func segmentSpan(sizeBytes, index uint64) (start, end uint64) {
	start = index * segmentBytes
	return start, min(start+segmentBytes, sizeBytes)
}

// padToSector returns the segment's data filled with zeros to whole sectors.
// data must have the capacity of a segment.
func padToSector(data []byte) []byte {
	padded := data[:(len(data)+layout.SectorSize-1)/layout.SectorSize*layout.SectorSize]
	clear(padded[len(data):])
	return padded
}

// readSegment reads a segment of a file of sizeBytes into buffer (a segment
// long), without padding.
func readSegment(r io.ReaderAt, sizeBytes, index uint64, buffer []byte) ([]byte, error) {
	start, end := segmentSpan(sizeBytes, index)
	data := buffer[:end-start]
	n, err := r.ReadAt(data, int64(start))
	if n == len(data) {
		return data, nil
	}
	if errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%w: it has %d bytes, had %d", ErrChanged, start+uint64(n), sizeBytes)
	}
	return nil, err
}

// HashFile builds the Merkle tree of sizeBytes (at least 1) of r, on all cores,
// with one segment of memory per core and 64 bytes per segment of the result.
func HashFile(ctx context.Context, r io.ReaderAt, sizeBytes uint64, progress Progress) (*merkle.File, error) {
	if sizeBytes == 0 {
		return nil, fmt.Errorf("%w: the file is empty; an entry has at least 1 byte", ErrUsage)
	}
	segments := layout.Segments(layout.DataSectors(sizeBytes))
	roots := make([]merkle.Hash, segments)
	workers := min(uint64(runtime.GOMAXPROCS(0)), segments)
	bufferBytes := min(sizeBytes, segmentBytes)
	tail := make([]byte, bufferBytes)
	var next atomic.Uint64
	group, ctx := errgroup.WithContext(ctx)
	for range workers {
		group.Go(func() error {
			buffer := make([]byte, bufferBytes)
			for {
				index := next.Add(1) - 1
				if index >= segments || ctx.Err() != nil {
					return ctx.Err()
				}
				data, err := readSegment(r, sizeBytes, index, buffer)
				if err != nil {
					return err
				}
				roots[index] = merkle.SegmentRoot(data, merkle.SegmentSectors(sizeBytes, index))
				if index == segments-1 {
					tail = tail[:copy(tail, data)]
				}
				progress.Add(uint64(len(data)))
			}
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return merkle.NewFileWithTail(sizeBytes, roots, tail)
}
