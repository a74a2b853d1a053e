package client

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// filesAtOnce is how many files of a tree are fetched side by side.
const filesAtOnce = 8

// GetOptions steer one get.
type GetOptions struct {
	Out   string // file or, for a tree, folder
	Force bool   // replace files that are there
	Raw   bool   // a manifest's own bytes instead of what it lists
}

// GetResult says what a get did.
type GetResult struct {
	Root      nodeapi.Hash `json:"root"`
	Kind      string       `json:"kind"`
	Path      string       `json:"path"`
	SizeBytes uint64       `json:"size_bytes"`
	Files     int          `json:"files"`
	Dropped   []Dropped    `json:"dropped"`
	Seconds   float64      `json:"seconds"`
	MBPerS    float64      `json:"mb_per_s"` // 10^6 bytes
}

// Get fetches what a root stands for. Every byte is verified against the root
// before it is kept. After an error the same call goes on from there.
func (c *Client) Get(ctx context.Context, root Hash, opts GetOptions) (*GetResult, error) {
	began := time.Now()
	if opts.Out == "" {
		return nil, fmt.Errorf("%w: no output path given", ErrUsage)
	}
	pool, err := c.newPool(ctx)
	if err != nil {
		return nil, err
	}
	f := &fetcher{Client: c, pool: pool}
	result := &GetResult{Root: nodeapi.Hash(root), Path: opts.Out}
	err = f.get(ctx, root, opts, result)
	result.Dropped = append([]Dropped{}, pool.report()...)
	result.Seconds = time.Since(began).Seconds()
	result.MBPerS = float64(result.SizeBytes) / 1e6 / max(result.Seconds, 1e-9)
	return result, err
}

func (f *fetcher) get(ctx context.Context, root Hash, opts GetOptions, result *GetResult) error {
	located, err := f.locate(ctx, f, root)
	if err != nil {
		return err
	}
	if located.Others > 0 {
		f.opts.Progress.Note(fmt.Sprintf("%d later entries have the same root and another size; this is the first, entry %d", located.Others, located.Entry.TxSeq))
	}
	if opts.Raw || located.Manifest == nil {
		parts := []*blob{{entry: located.Entry}}
		result.Kind, result.SizeBytes, result.Files = KindNameFile, located.Entry.SizeBytes, 1
		return f.getFile(ctx, opts, root, parts, 0o644)
	}
	result.Kind, result.SizeBytes = located.Kind, located.Manifest.SizeBytes()
	if located.Manifest.Kind == KindFile {
		result.Files = 1
		record := located.Manifest.Records[0]
		parts, err := f.blobs(ctx, record.Parts)
		if err != nil {
			return err
		}
		return f.getFile(ctx, opts, root, parts, record.mode())
	}
	f.opts.Progress.Stage(StageDownload, result.SizeBytes)
	return f.getTree(ctx, located.Manifest, opts, result)
}

func (r *Record) mode() fs.FileMode {
	if r.Type == RecordExecutable {
		return 0o755
	}
	return 0o644
}

// getFile fetches one file to opts.Out.
func (f *fetcher) getFile(ctx context.Context, opts GetOptions, root Hash, parts []*blob, mode fs.FileMode) error {
	folder, err := os.OpenRoot(filepath.Dir(opts.Out))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	defer folder.Close()
	name := filepath.Base(opts.Out)
	if info, err := folder.Lstat(name); err == nil {
		if info.IsDir() {
			return fmt.Errorf("%w: %s is a folder; give the name of the file with it", ErrUsage, opts.Out)
		}
		if !opts.Force {
			return fmt.Errorf("%w: %s", ErrExists, opts.Out)
		}
	}
	p := newPartFile(folder, name, root, parts)
	if err := p.open(ctx, f.opts.Progress); err != nil {
		return errors.Join(err, p.abandon())
	}
	f.opts.Progress.Stage(StageDownload, p.size)
	return f.download(ctx, p, mode)
}

// getTree fetches files and folders below opts.Out. os.Root keeps every path
// inside, whatever links are there.
func (f *fetcher) getTree(ctx context.Context, m *Manifest, opts GetOptions, result *GetResult) error {
	if err := os.MkdirAll(opts.Out, 0o755); err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	folder, err := os.OpenRoot(opts.Out)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	defer folder.Close()
	var files atomic.Int64
	group, inner := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for i := range m.Records {
		record := &m.Records[i]
		if inner.Err() != nil {
			break
		}
		group.Go(func() error {
			if err := f.getRecord(inner, folder, record, opts.Force); err != nil {
				return fmt.Errorf("%s: %w", record.Path, err)
			}
			if record.Type != RecordFolder {
				files.Add(1)
			}
			return nil
		})
	}
	err = group.Wait()
	result.Files = int(files.Load())
	return err
}

// getRecord fetches one file of a tree, unless it is there already.
func (f *fetcher) getRecord(ctx context.Context, folder *os.Root, record *Record, force bool) error {
	name := filepath.FromSlash(record.Path)
	if !filepath.IsLocal(name) { // what this system calls names, on top of CheckPath
		return fmt.Errorf("%w: the name cannot be used here", ErrManifest)
	}
	if record.Type == RecordFolder {
		return folder.MkdirAll(name, 0o755)
	}
	if above := filepath.Dir(name); above != "." {
		if err := folder.MkdirAll(above, 0o755); err != nil {
			return err
		}
	}
	if _, err := folder.Lstat(name); err == nil && !force {
		same, err := f.sameFile(ctx, folder, name, record)
		if err != nil {
			return err
		}
		if !same {
			return fmt.Errorf("%w and differs", ErrExists)
		}
		f.opts.Progress.Add(record.SizeBytes)
		return nil
	}
	parts, err := f.blobs(ctx, record.Parts)
	if err != nil {
		return err
	}
	key := Hash{}
	if len(record.Parts) > 0 {
		key = record.Parts[0].Root
	}
	p := newPartFile(folder, name, key, parts)
	if err := p.open(ctx, quiet{}); err != nil {
		return errors.Join(err, p.abandon())
	}
	return f.download(ctx, p, record.mode())
}

// sameFile says whether a file already has the record's content.
func (f *fetcher) sameFile(ctx context.Context, folder *os.Root, name string, record *Record) (bool, error) {
	file, err := folder.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != record.SizeBytes {
		return false, err
	}
	offset := uint64(0)
	for _, part := range record.Parts {
		section := source{path: filepath.Join(folder.Name(), name), offsetBytes: offset, sizeBytes: part.SizeBytes}
		reader, closer, err := section.open()
		if err != nil {
			return false, err
		}
		tree, err := HashFile(ctx, reader, part.SizeBytes, quiet{})
		_ = closer.Close()
		if err != nil {
			return false, err
		}
		if tree.Root() != part.Root {
			return false, nil
		}
		offset += part.SizeBytes
	}
	return true, nil
}

// download fetches the missing segments of an opened file, several at once.
func (f *fetcher) download(ctx context.Context, p *partFile, mode fs.FileMode) error {
	var next atomic.Uint64
	segments := uint64(len(p.roots))
	group, inner := errgroup.WithContext(ctx)
	for range min(uint64(f.opts.Parallel), segments) {
		group.Go(func() error {
			for {
				number := next.Add(1) - 1
				if number >= segments || inner.Err() != nil {
					return inner.Err()
				}
				if err := f.downloadSegment(inner, p, number); err != nil {
					return err
				}
			}
		})
	}
	err := group.Wait()
	if err == nil {
		err = p.finish(mode)
		if err == nil {
			return nil
		}
	}
	if cause := ctx.Err(); cause != nil {
		err = cause
	}
	return errors.Join(err, p.abandon())
}

func (f *fetcher) downloadSegment(ctx context.Context, p *partFile, number uint64) error {
	part, index := p.locate(number)
	b := p.parts[part]
	start, end := segmentSpan(b.entry.SizeBytes, index)
	if p.has(number) {
		f.opts.Progress.Add(end - start)
		return nil
	}
	buffer, err := f.takeBuffer(ctx)
	if err != nil {
		return err
	}
	defer f.giveBuffer(buffer)
	data, leaf, err := f.segment(ctx, b, index, buffer)
	if err != nil {
		return err
	}
	f.opts.Progress.Add(end - start)
	return p.write(number, data, leaf)
}
