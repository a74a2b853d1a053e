package mine

import (
	"encoding/binary"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Hash is 32 bytes: an id, a digest, or a big-endian number (output, target).
type Hash = keccak.Hash

const (
	wordBytes  = 32
	tupleBytes = 5 * wordBytes // miner, nonce, context, start, length
)

// Work is what one miner mines in one context: everything but the nonce.
type Work struct {
	MinerID       Hash
	ContextDigest Hash
	Range         Range // effective, in loads: see EffectiveRange
	Target        Hash  // big-endian, already divided by the shard scale: see ShardTarget
}

// writeTuple lays the hash tuple out. This is the one place where loads become
// bytes. Source: whitepaper 5.2.4 step vi; encoding pora_whitepaper.json.
func writeTuple(dst *[tupleBytes]byte, w *Work, nonce *Hash) {
	copy(dst[0:], w.MinerID[:])
	copy(dst[32:], nonce[:])
	copy(dst[64:], w.ContextDigest[:])
	putLoadBytes((*[wordBytes]byte)(dst[96:]), w.Range.StartLoad)
	putLoadBytes((*[wordBytes]byte)(dst[128:]), w.Range.LengthLoads)
}

// putLoadBytes writes loads * 256 KiB as a uint256, big-endian.
func putLoadBytes(dst *[wordBytes]byte, loads uint64) {
	const shift = 18 // log2 of LoadSize
	const _ = uint(-(layout.LoadSize - 1<<shift))
	*dst = [wordBytes]byte{}
	binary.BigEndian.PutUint64(dst[16:], loads>>(64-shift))
	binary.BigEndian.PutUint64(dst[24:], loads<<shift)
}
