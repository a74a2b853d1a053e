package client

import (
	"cmp"
	"context"
	"encoding/hex"
	"fmt"
	"io/fs"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// item is one entry to be stored.
type item struct {
	label  string // for people: a path, "manifest"
	from   source
	tags   []byte
	tree   *merkle.File
	root   Hash
	placed placement
}

// placement says where an entry is on the chain; txSeq 0: not yet.
type placement struct {
	txSeq, startSector, sectors uint64
	endTime                     int64
	endowment                   string // azg, of this put; "" when reused
	txHash                      string
	reused                      bool // paid by an earlier put, perhaps of somebody else
}

// found is a file or empty folder that was asked to be stored.
type found struct {
	path       string // on disk
	name       string // in the manifest
	sizeBytes  uint64
	folder     bool
	executable bool
	mtimeNanos int64
}

// plan is everything one put stores: items without duplicates, the last one
// the manifest if there is one.
type plan struct {
	root      Hash // what the user gets
	kind      string
	sizeBytes uint64 // of the user's files
	files     int
	items     []*item
	key       string // of the resume file
}

// Kinds of what a root stands for.
const (
	KindNameFile    = "file"       // one entry
	KindNameBigFile = "file-parts" // one file in several entries, by a manifest
	KindNameTree    = "tree"       // files and folders, by a manifest
)

// makePlan finds the files under paths, hashes them and lays them out in
// entries of at most maxEntrySectors.
func (c *Client) makePlan(ctx context.Context, paths []string, tags []byte, chainID string, maxEntrySectors uint64) (*plan, error) {
	finds, isTree, err := findAll(paths)
	if err != nil {
		return nil, err
	}
	p := &plan{kind: KindNameFile, key: resumeKey(chainID, finds)}
	for _, f := range finds {
		p.sizeBytes += f.sizeBytes
		if !f.folder {
			p.files++
		}
	}
	partBytes := uint64(layout.SectorSize) << (bits.Len64(maxEntrySectors) - 1)
	if maxEntrySectors == 0 || partBytes < layout.SectorSize {
		return nil, fmt.Errorf("%w: the chain accepts no entries (max_entry_sectors is %d)", ErrPaused, maxEntrySectors)
	}
	c.opts.Progress.Stage(StageHash, p.sizeBytes)
	records, err := c.hashAll(ctx, p, finds, partBytes)
	if err != nil {
		return nil, err
	}
	if !isTree && len(p.items) == 1 {
		p.items[0].tags = tags
		p.root = p.items[0].root
		return p, nil
	}
	manifest := &Manifest{Kind: KindTree, Records: records}
	p.kind = KindNameTree
	if !isTree {
		manifest.Kind, p.kind = KindFile, KindNameBigFile
	}
	return p, p.addManifest(manifest, partBytes)
}

// hashAll makes the items of all files, each root once.
func (c *Client) hashAll(ctx context.Context, p *plan, finds []found, partBytes uint64) ([]Record, error) {
	seen := make(map[Part]bool)
	records := make([]Record, 0, len(finds))
	for _, f := range finds {
		record := Record{Path: f.name, SizeBytes: f.sizeBytes}
		if f.executable {
			record.Type = RecordExecutable
		}
		if f.folder {
			record.Type = RecordFolder
		}
		for offset := uint64(0); offset < f.sizeBytes; offset += partBytes {
			made, err := c.hashPart(ctx, f, offset, min(partBytes, f.sizeBytes-offset))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", f.path, err)
			}
			part := Part{Root: made.root, SizeBytes: made.from.sizeBytes}
			record.Parts = append(record.Parts, part)
			if !seen[part] {
				seen[part] = true
				p.items = append(p.items, made)
			}
		}
		records = append(records, record)
	}
	return records, nil
}

func (c *Client) hashPart(ctx context.Context, f found, offset, sizeBytes uint64) (*item, error) {
	from := source{path: f.path, offsetBytes: offset, sizeBytes: sizeBytes}
	reader, closer, err := from.open()
	if err != nil {
		return nil, err
	}
	defer closer.Close()
	tree, err := HashFile(ctx, reader, sizeBytes, c.opts.Progress)
	if err != nil {
		return nil, err
	}
	return &item{label: f.path, from: from, tree: tree, root: tree.Root()}, nil
}

// addManifest makes the manifest the plan's last item and its root.
func (p *plan) addManifest(manifest *Manifest, partBytes uint64) error {
	data, err := manifest.Encode()
	if err != nil {
		return err
	}
	if uint64(len(data)) > partBytes {
		return fmt.Errorf("%w: the list of files has %d bytes, one entry holds %d: store fewer files at once", ErrUsage, len(data), partBytes)
	}
	tree, err := merkle.NewFileFromData(data)
	if err != nil {
		return err
	}
	p.root = tree.Root()
	p.items = append(p.items, &item{
		label: "manifest", from: source{data: data, sizeBytes: uint64(len(data))},
		tags: []byte(ManifestTag), tree: tree, root: p.root,
	})
	return nil
}

// findAll lists what paths name. One plain file is that file; a folder, or
// several paths, is a tree: of a folder its content, of several paths each
// under its base name.
func findAll(paths []string) (finds []found, isTree bool, err error) {
	if len(paths) == 0 {
		return nil, false, fmt.Errorf("%w: no path given", ErrUsage)
	}
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		absolute, err := filepath.Abs(path)
		if err != nil {
			return nil, false, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		base := filepath.Base(absolute)
		isTree = isTree || info.IsDir() || len(paths) > 1
		if !info.IsDir() {
			f, err := findFile(absolute, base, info)
			if err != nil {
				return nil, false, err
			}
			finds = append(finds, f)
			continue
		}
		prefix := ""
		if len(paths) > 1 {
			prefix = base
		}
		below, err := findTree(absolute, prefix)
		if err != nil {
			return nil, false, err
		}
		finds = append(finds, below...)
	}
	if !isTree && finds[0].sizeBytes == 0 {
		return nil, false, fmt.Errorf("%w: %s is empty; an entry has at least 1 byte", ErrUsage, paths[0])
	}
	slices.SortFunc(finds, func(a, b found) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(finds); i++ {
		if finds[i].name == finds[i-1].name {
			return nil, false, fmt.Errorf("%w: two of the paths are called %s", ErrUsage, finds[i].name)
		}
	}
	return finds, isTree, nil
}

func findFile(path, name string, info fs.FileInfo) (found, error) {
	if !info.Mode().IsRegular() {
		return found{}, fmt.Errorf("%w: %s is %s; only files and folders can be stored", ErrUsage, path, describe(info.Mode()))
	}
	if err := CheckPath(name); err != nil {
		return found{}, fmt.Errorf("%w: %s cannot be stored: %w", ErrUsage, path, err)
	}
	return found{
		path: path, name: name, sizeBytes: uint64(info.Size()),
		executable: info.Mode()&0o100 != 0, mtimeNanos: info.ModTime().UnixNano(),
	}, nil
}

// findTree walks a folder. Links are not followed: what they point to may lie
// outside, and could not be told apart when it comes back.
func findTree(top, prefix string) ([]found, error) {
	var finds []found
	err := filepath.WalkDir(top, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		relative, err := filepath.Rel(top, path)
		if err != nil {
			return err
		}
		name := prefix // of the top itself
		if relative != "." {
			name = strings.TrimPrefix(prefix+"/"+filepath.ToSlash(relative), "/")
		}
		if entry.IsDir() {
			return findFolder(&finds, path, name)
		}
		info, err := entry.Info()
		if err != nil {
			return fmt.Errorf("%w: %w", ErrUsage, err)
		}
		f, err := findFile(path, name, info)
		finds = append(finds, f)
		return err
	})
	return finds, err
}

// findFolder notes a folder when it is empty; others show in their files.
func findFolder(finds *[]found, path, name string) error {
	content, err := os.ReadDir(path)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUsage, err)
	}
	if len(content) == 0 && name != "" {
		*finds = append(*finds, found{path: path, name: name, folder: true})
	}
	return nil
}

func describe(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		return "a pipe"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}

// resumeKey names a put: the network and, of every file, path, size and time of
// change. Another content is another put.
func resumeKey(chainID string, finds []found) string {
	var text strings.Builder
	fmt.Fprintf(&text, "zg-resume/1\n%s\n", chainID)
	for _, f := range finds {
		fmt.Fprintf(&text, "%q %q %d %d %t\n", f.path, f.name, f.sizeBytes, f.mtimeNanos, f.folder)
	}
	sum := keccak.Sum256([]byte(text.String()))
	return hex.EncodeToString(sum[:16])
}
