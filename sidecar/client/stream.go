package client

import (
	"context"
	"fmt"
	"io"
	"path"

	"golang.org/x/sync/errgroup"
)

// Stream writes bytes [start, end) of a file to w, in order; end 0 means up to
// the end. Segments are fetched several at once, verified whole, then cut. A
// tree has no bytes of its own: name says which of its files is meant.
func (c *Client) Stream(ctx context.Context, root Hash, name string, start, end uint64, w io.Writer) (written uint64, dropped []Dropped, err error) {
	return c.streamTo(ctx, root, name, start, end, false, w)
}

// StreamRaw is Stream of the root's own entry: of a manifest its bytes.
func (c *Client) StreamRaw(ctx context.Context, root Hash, start, end uint64, w io.Writer) (written uint64, dropped []Dropped, err error) {
	return c.streamTo(ctx, root, "", start, end, true, w)
}

func (c *Client) streamTo(ctx context.Context, root Hash, name string, start, end uint64, raw bool, w io.Writer) (written uint64, dropped []Dropped, err error) {
	pool, err := c.newPool(ctx)
	if err != nil {
		return 0, nil, err
	}
	f := &fetcher{Client: c, pool: pool}
	parts, err := f.partsOf(ctx, root, name, raw)
	if err != nil {
		return 0, pool.report(), err
	}
	layout := newPartFile(nil, "", root, parts)
	if end == 0 {
		end = layout.size
	}
	if start >= end || end > layout.size {
		return 0, pool.report(), fmt.Errorf("%w: range [%d, %d) of a file of %d bytes", ErrUsage, start, end, layout.size)
	}
	c.opts.Progress.Stage(StageDownload, end-start)
	written, err = f.stream(ctx, layout, start, end, w)
	return written, pool.report(), err
}

// partsOf returns the entries of the file that root and name mean.
func (f *fetcher) partsOf(ctx context.Context, root Hash, name string, raw bool) ([]*blob, error) {
	if raw {
		entry, _, err := f.entryOf(ctx, root, 0)
		return []*blob{{entry: entry}}, err
	}
	located, err := f.locate(ctx, f, root)
	switch {
	case err != nil:
		return nil, err
	case located.Manifest == nil && name != "":
		return nil, fmt.Errorf("%w: the root is one file, it has no %q in it", ErrUsage, name)
	case located.Manifest == nil:
		return []*blob{{entry: located.Entry}}, nil
	case located.Manifest.Kind == KindFile:
		return f.blobs(ctx, located.Manifest.Records[0].Parts)
	case name == "":
		return nil, fmt.Errorf("%w: the root is a folder; say which file of it with --path (zg ls lists them)", ErrUsage)
	}
	for i := range located.Manifest.Records {
		record := &located.Manifest.Records[i]
		if record.Path == path.Clean(name) && record.Type != RecordFolder {
			return f.blobs(ctx, record.Parts)
		}
	}
	return nil, fmt.Errorf("%w: the folder has no file %q", ErrNotFound, name)
}

// stream fetches windows of segments and writes each in order.
func (f *fetcher) stream(ctx context.Context, p *partFile, start, end uint64, w io.Writer) (uint64, error) {
	numbers := p.segmentsOf(start, end)
	written := uint64(0)
	window := max(1, f.opts.Parallel/2) // every segment of a window holds a buffer until it is written
	for len(numbers) > 0 {
		batch := numbers[:min(window, len(numbers))]
		numbers = numbers[len(batch):]
		n, err := f.streamWindow(ctx, p, batch, start, end, w)
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// segmentsOf lists the segments that hold bytes of [start, end).
func (p *partFile) segmentsOf(start, end uint64) []uint64 {
	var numbers []uint64
	for number := range uint64(len(p.roots)) {
		low, high := p.spanOf(number)
		if low < end && start < high {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// spanOf returns the bytes of the file that a segment holds.
func (p *partFile) spanOf(number uint64) (low, high uint64) {
	part, index := p.locate(number)
	start, end := segmentSpan(p.parts[part].entry.SizeBytes, index)
	return p.offset[part] + start, p.offset[part] + end
}

func (f *fetcher) streamWindow(ctx context.Context, p *partFile, numbers []uint64, start, end uint64, w io.Writer) (uint64, error) {
	buffers := make([][]byte, len(numbers))
	pieces := make([][]byte, len(numbers))
	for i := range buffers { // all or none: two windows that each hold half would wait for ever
		buffers[i] = make([]byte, segmentBytes)
	}
	group, inner := errgroup.WithContext(ctx)
	for i, number := range numbers {
		group.Go(func() error {
			part, index := p.locate(number)
			data, _, err := f.segment(inner, p.parts[part], index, buffers[i])
			if err != nil {
				return err
			}
			low, high := p.spanOf(number)
			pieces[i] = data[max(start, low)-low : min(end, high)-low]
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	written := uint64(0)
	for _, piece := range pieces {
		n, err := w.Write(piece)
		written += uint64(n)
		f.opts.Progress.Add(uint64(n))
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
