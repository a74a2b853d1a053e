package client

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// GetOptions steer one get.
type GetOptions struct {
	Raw   bool // of a manifest its own bytes
	Force bool // replace the output
}

// GetResult says what a get did.
type GetResult struct {
	Root      string  `json:"root"`
	Kind      string  `json:"kind"`
	Path      string  `json:"path"`
	SizeBytes uint64  `json:"size_bytes"`
	Blobs     int     `json:"blobs"`
	Rebuilt   int     `json:"rebuilt_rows"` // data rows that had to be computed from others
	Seconds   float64 `json:"seconds"`
	MBPerS    float64 `json:"mb_per_s"`
	Faults    []Fault `json:"faults"`
}

// Get fetches what a root stands for to a file. The file has its name when all
// of it is there and right, and not before.
func (c *Client) Get(ctx context.Context, root chain.Hash, path string, opts GetOptions) (*GetResult, error) {
	if _, err := os.Lstat(path); err == nil && !opts.Force {
		return nil, fmt.Errorf("%w: %s", ErrExists, path)
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".zgpart-*")
	if err != nil {
		return nil, err
	}
	result, err := c.GetTo(ctx, root, file, opts)
	if err == nil {
		err = file.Sync()
	}
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
		return result, err
	}
	result.Path = path
	return result, nil
}

// GetTo writes what a root stands for to a stream, blob after blob. What is
// written before an error is right, but not all.
func (c *Client) GetTo(ctx context.Context, root chain.Hash, w io.Writer, opts GetOptions) (*GetResult, error) {
	g := &getting{Client: c, w: w, began: time.Now()}
	g.result = &GetResult{Root: hexRoot(root), Kind: KindBlob, Faults: []Fault{}}
	first, err := g.retrieve(ctx, root, true)
	if err == nil {
		if IsManifest(first) && !opts.Raw {
			g.result.Kind = KindManifest
			err = g.follow(ctx, first)
		} else {
			err = g.write(first)
		}
	}
	g.result.Seconds = time.Since(g.began).Seconds()
	g.result.MBPerS = float64(g.result.SizeBytes) / 1e6 / max(g.result.Seconds, 1e-6)
	return g.result, err
}

// getting is one get under way.
type getting struct {
	*Client
	w       io.Writer
	began   time.Time
	profile uint8 // of the last blob
	result  *GetResult
}

// retrieve reads one blob and tells of members that did not do their part.
func (g *getting) retrieve(ctx context.Context, root chain.Hash, stage bool) ([]byte, error) {
	got, err := g.Client.retrieve(ctx, root, stage, g.opts.Progress)
	if got != nil {
		g.result.Faults = addFaults(g.result.Faults, got.Faults, g.opts.Progress.Note)
		g.result.Rebuilt += got.Rebuilt
	}
	if err != nil {
		return nil, err
	}
	g.result.Blobs++
	g.profile = got.Blob.Profile
	return got.Payload, nil
}

// follow writes the blobs of a manifest. Parts are never read as manifests.
func (g *getting) follow(ctx context.Context, payload []byte) error {
	manifest, err := DecodeManifest(payload)
	if err != nil {
		return err
	}
	g.opts.Progress.Stage(StageFetch, g.rowBytes(manifest))
	hash := sha256.New()
	w := g.w
	g.w = io.MultiWriter(w, hash)
	for i, part := range manifest.Parts {
		payload, err := g.retrieve(ctx, part.Root, false)
		if err != nil {
			return fmt.Errorf("part %d of %d: %w", i, len(manifest.Parts), err)
		}
		if uint64(len(payload)) != part.SizeBytes {
			return fmt.Errorf("%w: part %d has %d bytes, the manifest says %d", ErrManifest, i, len(payload), part.SizeBytes)
		}
		if err := g.write(payload); err != nil {
			return err
		}
	}
	if [32]byte(hash.Sum(nil)) != manifest.SHA256 {
		return fmt.Errorf("%w: the parts are right, but their SHA-256 is %x, the manifest says %x", ErrManifest, hash.Sum(nil), manifest.SHA256)
	}
	return nil
}

// rowBytes is what the data rows of all parts have, for progress.
func (g *getting) rowBytes(m *Manifest) (total uint64) {
	profile, err := erasure.ProfileByID(g.profile)
	if err != nil {
		return m.SizeBytes
	}
	for _, part := range m.Parts {
		if rowSize, err := profile.RowSize(part.SizeBytes); err == nil {
			total += uint64(profile.K * rowSize)
		}
	}
	return total
}

func (g *getting) write(payload []byte) error {
	n, err := g.w.Write(payload)
	g.result.SizeBytes += uint64(n)
	return err
}
