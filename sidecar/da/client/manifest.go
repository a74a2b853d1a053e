package client

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
)

// A manifest is the payload of a blob that lists the blobs of a file:
//
//	"zg-da-manifest/1"  u64 total bytes  SHA-256 of the file:32  u32 parts  {root:32 u64 bytes}…
//
// integers big-endian, nothing after the last part. A payload is a manifest if
// and only if it begins with these 16 bytes, so the root alone says what it
// stands for. A file that begins with them is put as the only part of a
// manifest; parts are never read as manifests.
const manifestMagic = "zg-da-manifest/1"

const (
	manifestHeadBytes = len(manifestMagic) + 8 + sha256.Size + 4
	manifestPartBytes = 32 + 8
	// MaxParts bounds a manifest: 2 TiB in blobs of 32 MiB, 2.5 MiB of manifest.
	MaxParts = 1 << 16
)

// Part is one blob of a file.
type Part struct {
	Root      chain.Hash
	SizeBytes uint64
}

// Manifest lists the blobs of a file in order.
type Manifest struct {
	SizeBytes uint64
	SHA256    [32]byte // of the file
	Parts     []Part
}

// IsManifest says whether a payload, or its first bytes, is to be read as a
// manifest.
func IsManifest(payload []byte) bool { return bytes.HasPrefix(payload, []byte(manifestMagic)) }

// manifestBytes is the size of a manifest of so many parts.
func manifestBytes(parts int) uint64 { return uint64(manifestHeadBytes + parts*manifestPartBytes) }

// Encode writes a manifest; one that does not hold together is an error.
func (m *Manifest) Encode() ([]byte, error) {
	if err := m.validate(); err != nil {
		return nil, err
	}
	out := make([]byte, 0, manifestBytes(len(m.Parts)))
	out = append(out, manifestMagic...)
	out = binary.BigEndian.AppendUint64(out, m.SizeBytes)
	out = append(out, m.SHA256[:]...)
	out = binary.BigEndian.AppendUint32(out, uint32(len(m.Parts)))
	for _, part := range m.Parts {
		out = append(out, part.Root[:]...)
		out = binary.BigEndian.AppendUint64(out, part.SizeBytes)
	}
	return out, nil
}

func (m *Manifest) validate() error {
	if len(m.Parts) == 0 || len(m.Parts) > MaxParts {
		return fmt.Errorf("%w: %d parts, want 1 to %d", ErrManifest, len(m.Parts), MaxParts)
	}
	sum := uint64(0)
	for i, part := range m.Parts {
		if part.SizeBytes == 0 || part.SizeBytes > math.MaxInt64-sum {
			return fmt.Errorf("%w: part %d has %d bytes", ErrManifest, i, part.SizeBytes)
		}
		sum += part.SizeBytes
	}
	if sum != m.SizeBytes {
		return fmt.Errorf("%w: the parts have %d bytes, the file %d", ErrManifest, sum, m.SizeBytes)
	}
	return nil
}

// DecodeManifest reads what Encode wrote and nothing else.
func DecodeManifest(payload []byte) (*Manifest, error) {
	if !IsManifest(payload) || len(payload) < manifestHeadBytes {
		return nil, fmt.Errorf("%w: %d bytes, want %d at least, and %q before them", ErrManifest, len(payload), manifestHeadBytes, manifestMagic)
	}
	rest := payload[len(manifestMagic):]
	m := &Manifest{SizeBytes: binary.BigEndian.Uint64(rest)}
	m.SHA256 = [32]byte(rest[8:])
	count := binary.BigEndian.Uint32(rest[40:])
	rest = rest[44:]
	if count > MaxParts || len(rest) != int(count)*manifestPartBytes {
		return nil, fmt.Errorf("%w: %d bytes for %d parts, want %d for each, at most %d parts", ErrManifest, len(rest), count, manifestPartBytes, MaxParts)
	}
	m.Parts = make([]Part, count)
	for i := range m.Parts {
		field := rest[i*manifestPartBytes:]
		m.Parts[i] = Part{Root: chain.Hash(field), SizeBytes: binary.BigEndian.Uint64(field[32:])}
	}
	if err := m.validate(); err != nil {
		return nil, err
	}
	return m, nil
}
