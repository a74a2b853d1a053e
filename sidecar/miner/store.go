package miner

import (
	"context"
	"errors"
	"fmt"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Store keeps sealed loads. The engine sidecar/storage/flowlog is one; tests
// have one in memory.
type Store interface {
	// Loads calls visit for each stored load, in any order.
	Loads(visit func(load uint64) error) error
	// Seals returns how a stored load was sealed.
	Seals(load uint64) (Seals, error)
	// Write stores a sealed load durably.
	Write(ctx context.Context, load uint64, sealed *mine.Load, loadRoot mine.Hash, seals Seals) error
	// Buffer returns a buffer that Read can fill without a copy.
	Buffer() *mine.Load
	// Read fills into, past the page cache where possible.
	Read(load uint64, into *mine.Load) error
	// Delete forgets a load.
	Delete(ctx context.Context, load uint64) error
	Close() error
}

// Seals says by whom and in which contexts the 64 pieces of a load were sealed.
type Seals struct {
	MinerID mine.Hash
	Digests [layout.SealsPerLoad]mine.Hash
}

// ErrSeals: the description of a sealed load does not decode.
var ErrSeals = errors.New("invalid seal description")

const sealsVersion = 1

// Encode writes version (1), miner id (32), then runs of equal digests: count-1
// (1), digest (32). A load of one epoch takes 66 bytes, the worst 2145.
func (s *Seals) Encode() []byte {
	out := append([]byte{sealsVersion}, s.MinerID[:]...)
	for start := 0; start < len(s.Digests); {
		end := start + 1
		for end < len(s.Digests) && s.Digests[end] == s.Digests[start] {
			end++
		}
		out = append(out, byte(end-start-1))
		out = append(out, s.Digests[start][:]...)
		start = end
	}
	return out
}

// DecodeSeals is the inverse of Encode and accepts nothing else.
func DecodeSeals(b []byte) (Seals, error) {
	var s Seals
	const head, run = 1 + len(s.MinerID), 1 + len(s.MinerID)
	if len(b) < head || b[0] != sealsVersion || (len(b)-head)%run != 0 {
		return Seals{}, fmt.Errorf("%w: %d bytes", ErrSeals, len(b))
	}
	copy(s.MinerID[:], b[1:])
	at := 0
	for rest := b[head:]; len(rest) > 0; rest = rest[run:] {
		end, digest := at+int(rest[0])+1, mine.Hash(rest[1:run])
		if end > len(s.Digests) || at > 0 && s.Digests[at-1] == digest {
			return Seals{}, fmt.Errorf("%w: run of %d pieces at piece %d", ErrSeals, end-at, at)
		}
		for ; at < end; at++ {
			s.Digests[at] = digest
		}
	}
	if at != len(s.Digests) {
		return Seals{}, fmt.Errorf("%w: %d pieces, want %d", ErrSeals, at, len(s.Digests))
	}
	return s, nil
}
