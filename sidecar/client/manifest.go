package client

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
)

// ManifestTag is the tag of a manifest's entry, and with a line end the first
// bytes of its data. A change of the encoding is another number.
const ManifestTag = "zg-manifest/1"

// Bounds of a manifest; a decoder never allocates more than its input's size
// allows for.
const (
	MaxManifestBytes = 64 << 20
	maxRecords       = 1 << 20
)

const manifestMagic = ManifestTag + "\n"

// Kinds of manifests.
const (
	KindFile = 0 // one file in several parts
	KindTree = 1 // files and empty folders under relative paths
)

// Types of records.
const (
	RecordFile       = 0
	RecordExecutable = 1
	RecordFolder     = 2 // only of folders without anything in them
)

// Part is one entry of the chain that holds bytes of a file.
type Part struct {
	Root      Hash
	SizeBytes uint64
}

// Record is one file or empty folder.
type Record struct {
	Type      byte
	Path      string // CheckPath holds; of a KindFile manifest the file's name
	SizeBytes uint64 // sum of the parts; 0 has no part
	Parts     []Part // in order
}

// Manifest lists what several entries are together. Records of a tree are
// sorted by path, byte by byte.
type Manifest struct {
	Kind    byte
	Records []Record
}

// SizeBytes returns the sum of all files.
func (m *Manifest) SizeBytes() uint64 {
	var sum uint64
	for _, record := range m.Records {
		sum += record.SizeBytes
	}
	return sum
}

// Parts counts the parts of all files.
func (m *Manifest) Parts() int {
	count := 0
	for _, record := range m.Records {
		count += len(record.Parts)
	}
	return count
}

// Encode writes the manifest; one that Validate refuses is an error.
//
//	"zg-manifest/1\n"  kind:1  records:uvarint
//	record: type:1  pathBytes:uvarint path  [file: sizeBytes:uvarint parts:uvarint {root:32 sizeBytes:uvarint}]
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	out := append([]byte(manifestMagic), m.Kind)
	out = binary.AppendUvarint(out, uint64(len(m.Records)))
	for _, record := range m.Records {
		out = append(out, record.Type)
		out = binary.AppendUvarint(out, uint64(len(record.Path)))
		out = append(out, record.Path...)
		if record.Type == RecordFolder {
			continue
		}
		out = binary.AppendUvarint(out, record.SizeBytes)
		out = binary.AppendUvarint(out, uint64(len(record.Parts)))
		for _, part := range record.Parts {
			out = append(out, part.Root[:]...)
			out = binary.AppendUvarint(out, part.SizeBytes)
		}
	}
	if len(out) > MaxManifestBytes {
		return nil, fmt.Errorf("%w: %d bytes, want at most %d: store fewer files at once", ErrManifest, len(out), MaxManifestBytes)
	}
	return out, nil
}

// Validate checks the rules that hold for every manifest.
func (m *Manifest) Validate() error {
	if m.Kind != KindFile && m.Kind != KindTree {
		return fmt.Errorf("%w: kind %d, want %d or %d", ErrManifest, m.Kind, KindFile, KindTree)
	}
	if m.Kind == KindFile && (len(m.Records) != 1 || m.Records[0].Type == RecordFolder || strings.Contains(m.Records[0].Path, "/")) {
		return fmt.Errorf("%w: a manifest of one file has one file record with a plain name", ErrManifest)
	}
	if len(m.Records) > maxRecords {
		return fmt.Errorf("%w: %d records, want at most %d", ErrManifest, len(m.Records), maxRecords)
	}
	total := uint64(0)
	for i := range m.Records {
		record := &m.Records[i]
		if err := record.validate(); err != nil {
			return err
		}
		if i > 0 && record.Path <= m.Records[i-1].Path {
			return fmt.Errorf("%w: path %q after %q, want ascending order", ErrManifest, record.Path, m.Records[i-1].Path)
		}
		if total += record.SizeBytes; total > math.MaxInt64 {
			return fmt.Errorf("%w: sizes overflow", ErrManifest)
		}
	}
	return checkNesting(m.Records)
}

func (r *Record) validate() error {
	if err := CheckPath(r.Path); err != nil {
		return err
	}
	if r.Type > RecordFolder {
		return fmt.Errorf("%w: %q has type %d", ErrManifest, r.Path, r.Type)
	}
	if r.Type == RecordFolder && (r.SizeBytes != 0 || len(r.Parts) != 0) {
		return fmt.Errorf("%w: folder %q has data", ErrManifest, r.Path)
	}
	sum := uint64(0)
	for _, part := range r.Parts {
		if part.SizeBytes == 0 || part.SizeBytes > math.MaxInt64 {
			return fmt.Errorf("%w: %q has a part of %d bytes", ErrManifest, r.Path, part.SizeBytes)
		}
		if sum += part.SizeBytes; sum > math.MaxInt64 {
			return fmt.Errorf("%w: sizes of %q overflow", ErrManifest, r.Path)
		}
	}
	if sum != r.SizeBytes {
		return fmt.Errorf("%w: parts of %q have %d bytes, the file %d", ErrManifest, r.Path, sum, r.SizeBytes)
	}
	return nil
}

// checkNesting refuses a path below a file or below a folder said to be empty.
func checkNesting(records []Record) error {
	leaves := make(map[string]struct{}, len(records))
	for i := range records {
		leaves[records[i].Path] = struct{}{}
	}
	for i := range records {
		path := records[i].Path
		for at := strings.LastIndexByte(path, '/'); at > 0; at = strings.LastIndexByte(path[:at], '/') {
			if _, taken := leaves[path[:at]]; taken {
				return fmt.Errorf("%w: %q lies below %q, which is no folder with content", ErrManifest, path, path[:at])
			}
		}
	}
	return nil
}

// DecodeManifest reads what Encode wrote, and nothing else: what it accepts
// encodes to the same bytes again.
func DecodeManifest(data []byte) (*Manifest, error) {
	if len(data) > MaxManifestBytes {
		return nil, fmt.Errorf("%w: %d bytes, want at most %d", ErrManifest, len(data), MaxManifestBytes)
	}
	rest, found := bytes.CutPrefix(data, []byte(manifestMagic))
	if !found {
		return nil, fmt.Errorf("%w: does not begin with %q", ErrManifest, manifestMagic)
	}
	d := decoder{rest: rest}
	m := &Manifest{Kind: d.byte()}
	count := d.count(3) // type, length and one byte of path
	m.Records = make([]Record, 0, min(count, 1<<12))
	for range count {
		if d.failed {
			break
		}
		m.Records = append(m.Records, d.record())
	}
	if d.failed || len(d.rest) != 0 {
		return nil, fmt.Errorf("%w: cut off, overlong or not in its shortest form", ErrManifest)
	}
	if err := m.Validate(); err != nil {
		return nil, err
	}
	return m, nil
}
