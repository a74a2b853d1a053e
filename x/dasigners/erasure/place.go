package erasure

import (
	"crypto/sha256"
	"encoding/binary"
	"math/bits"
	"math/rand/v2" // deterministic: ChaCha8 from a seed on chain, specified (C2SP chacha8rand)
)

const (
	permDomain  = "zgd/da/perm/v1"
	extraDomain = "zgd/da/extra/v1"
)

// Placement is the permutation that gives seat s of a quorum row Placement[s].
// It follows from the blob's root, so that whoever encodes cannot know which
// seat will check which row.
func Placement(p Profile, dataRoot Hash, epoch uint64, quorum uint32) []uint16 {
	stream := newStream(permDomain, dataRoot, epoch, quorum, nil)
	rows := make([]uint16, p.N)
	for i := range rows {
		rows[i] = uint16(i)
	}
	for i := p.N - 1; i > 0; i-- {
		j := below(stream, uint64(i+1))
		rows[i], rows[j] = rows[j], rows[i]
	}
	return rows
}

// Extra names the rows that a signer with few seats checks, beyond its own, to
// reach least rows in all; it does not store them. address has 20 bytes.
func Extra(p Profile, dataRoot Hash, epoch uint64, quorum uint32, address [20]byte, own []uint16, least int) []uint16 {
	taken := make([]bool, p.N)
	have := 0
	for _, row := range own {
		if !taken[row] {
			taken[row] = true
			have++
		}
	}
	stream := newStream(extraDomain, dataRoot, epoch, quorum, address[:])
	var extra []uint16
	for have < min(least, p.N) {
		row := below(stream, uint64(p.N))
		if taken[row] {
			continue
		}
		taken[row] = true
		extra = append(extra, uint16(row))
		have++
	}
	return extra
}

// newStream is ChaCha8 (C2SP chacha8rand) seeded by what must fix the draw.
func newStream(domain string, dataRoot Hash, epoch uint64, quorum uint32, more []byte) *rand.ChaCha8 {
	input := append([]byte(domain), dataRoot[:]...)
	input = binary.BigEndian.AppendUint64(input, epoch)
	input = binary.BigEndian.AppendUint32(input, quorum)
	return rand.NewChaCha8(sha256.Sum256(append(input, more...)))
}

// below draws an integer under n; the bias is at most n/2^64.
func below(stream *rand.ChaCha8, n uint64) uint64 {
	hi, _ := bits.Mul64(stream.Uint64(), n)
	return hi
}
