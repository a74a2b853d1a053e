package client

import (
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Located is what a root stands for.
type Located struct {
	Kind     string // KindNameFile, KindNameBigFile, KindNameTree
	Entry    Entry  // of the root itself
	Manifest *Manifest
	Others   int // further entries of the root with another size
}

// entryOf asks the chain for the entry of a root; sizeBytes 0 takes any size.
// Two files that differ in zeros at their end can share a root, so the chain's
// first entry decides: who enters the root later cannot change what it means.
func (c *Client) entryOf(ctx context.Context, root Hash, sizeBytes uint64) (entry Entry, others int, err error) {
	entries, err := c.chain.EntriesByRoot(ctx, root)
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return Entry{}, 0, fmt.Errorf("look up %s: %w", nodeapi.Hash(root), err)
	}
	var first *Entry
	for i := range entries {
		switch {
		case entries[i].FlowID != mainFlow || (sizeBytes != 0 && entries[i].SizeBytes != sizeBytes):
		case first == nil:
			first = &entries[i]
		case entries[i].SizeBytes != first.SizeBytes:
			others++
		}
	}
	if first == nil {
		return Entry{}, 0, fmt.Errorf("%w: no entry of the chain has root %s", ErrNotFound, nodeapi.Hash(root))
	}
	return *first, others, nil
}

// locate finds a root and, if it is a manifest's, fetches and decodes that.
func (c *Client) locate(ctx context.Context, f *fetcher, root Hash) (*Located, error) {
	entry, others, err := c.entryOf(ctx, root, 0)
	if err != nil {
		return nil, err
	}
	located := &Located{Kind: KindNameFile, Entry: entry, Others: others}
	if string(entry.Tags) != ManifestTag || entry.SizeBytes > MaxManifestBytes {
		return located, nil
	}
	data, err := f.readAll(ctx, entry)
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	if located.Manifest, err = DecodeManifest(data); err != nil {
		return nil, err
	}
	located.Kind = KindNameTree
	if located.Manifest.Kind == KindFile {
		located.Kind = KindNameBigFile
	}
	return located, nil
}

// readAll fetches a small entry into memory.
func (f *fetcher) readAll(ctx context.Context, entry Entry) ([]byte, error) {
	data := make([]byte, entry.SizeBytes)
	b := &blob{entry: entry}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(f.opts.Parallel)
	for index := range layout.Segments(layout.DataSectors(entry.SizeBytes)) {
		group.Go(func() error {
			buffer, err := f.takeBuffer(ctx)
			if err != nil {
				return err
			}
			defer f.giveBuffer(buffer)
			segment, _, err := f.segment(ctx, b, index, buffer)
			if err != nil {
				return err
			}
			start, _ := segmentSpan(entry.SizeBytes, index)
			copy(data[start:], segment)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return data, nil
}

// blobs returns the entries of a file's parts, looked up on the chain.
func (c *Client) blobs(ctx context.Context, parts []Part) ([]*blob, error) {
	out := make([]*blob, len(parts))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lookups)
	for i, part := range parts {
		group.Go(func() error {
			entry, _, err := c.entryOf(ctx, part.Root, part.SizeBytes)
			out[i] = &blob{entry: entry}
			return err
		})
	}
	return out, group.Wait()
}
