package mine

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"

	"github.com/zgd-network/zgd/x/flow/layout"
)

var (
	// ErrClaim: start and shard of a claim are not usable at all.
	ErrClaim = errors.New("invalid mining claim")
	// ErrFlowTooShort: the context has no full load of the claim's shard.
	ErrFlowTooShort = errors.New("flow has no full load to mine")
	// ErrRangeShort: the claim reaches less far than the rule demands.
	ErrRangeShort = errors.New("mining range is too short")
)

// maxLoads bounds every load index: a flow stays below 2^56 sectors.
const maxLoads = layout.MaxLengthSectors / layout.SectorsPerLoad

// Claim is what a miner promises to hold: the loads from StartLoad on whose
// index is ShardID modulo NumShard.
type Claim struct {
	StartLoad uint64 // a multiple of NumShard
	NumShard  uint64 // a power of two
	ShardID   uint64 // below NumShard
}

// Validate reports why the claim can never be mined, if so.
func (c Claim) Validate() error {
	if c.NumShard == 0 || c.NumShard&(c.NumShard-1) != 0 {
		return fmt.Errorf("%w: %d shards, want a power of two", ErrClaim, c.NumShard)
	}
	if c.ShardID >= c.NumShard {
		return fmt.Errorf("%w: shard %d of %d", ErrClaim, c.ShardID, c.NumShard)
	}
	if c.StartLoad%c.NumShard != 0 || c.StartLoad >= maxLoads {
		return fmt.Errorf("%w: starts at load %d, want a multiple of %d below 2^46", ErrClaim, c.StartLoad, c.NumShard)
	}
	return nil
}

// Range is a claim as it can be mined in one context: loads
// [StartLoad, StartLoad+LengthLoads), of which one shard counts.
type Range struct {
	Claim
	LengthLoads uint64
}

// Loads returns n, the loads of the shard in the range.
func (r Range) Loads() uint64 {
	if r.NumShard == 0 || r.LengthLoads <= r.ShardID {
		return 0
	}
	return (r.LengthLoads-r.ShardID-1)/r.NumShard + 1
}

// Contains reports whether a load is one of the range's n.
func (r Range) Contains(load uint64) bool {
	return r.NumShard != 0 && load >= r.StartLoad && load-r.StartLoad < r.LengthLoads &&
		(load-r.StartLoad)%r.NumShard == r.ShardID
}

// EffectiveRange cuts a claim to the full loads of a context: [start,
// min(start + miningRange*numShard, contextLoads)). It may be mined only while
// its length is min(miningRange*numShard, contextLoads), so that nobody mines a
// short tail out of memory: in a small flow start must be 0.
// Source: whitepaper 5.2.1; architecture.md "Mining range".
//
//	contextLoads      full loads of the context, flow length / 1024
//	miningRangeLoads  longest range per shard, 2^25 (8 TiB) unless governance says otherwise
func EffectiveRange(c Claim, contextLoads, miningRangeLoads uint64) (Range, error) {
	if err := c.Validate(); err != nil {
		return Range{}, err
	}
	if contextLoads == 0 {
		return Range{}, fmt.Errorf("%w: it is shorter than 256 KiB", ErrFlowTooShort)
	}
	want := min(saturatingMul(miningRangeLoads, c.NumShard), contextLoads)
	var length uint64
	if c.StartLoad < contextLoads {
		length = min(want, contextLoads-c.StartLoad)
	}
	if length != want || want == 0 {
		return Range{}, fmt.Errorf("%w: %d of %d loads from load %d on, want %d", ErrRangeShort, length, contextLoads, c.StartLoad, want)
	}
	r := Range{Claim: c, LengthLoads: length}
	if r.Loads() == 0 {
		return Range{}, fmt.Errorf("%w: %d loads hold none of shard %d of %d", ErrFlowTooShort, contextLoads, c.ShardID, c.NumShard)
	}
	return r, nil
}

// ScaleX64 is the factor, in units of 2^-64, by which a shard's target is
// harder: (min(flow, range) << 64) / min(flow/numShard, range), in sectors. A
// miner of 1/k of the data needs k times the tries, so that k small disks win
// what one large disk wins. Source: protocol-storage.md 4.2 step 9; there the
// divisor can be zero, here it is at least one.
func ScaleX64(contextLengthSectors, numShard, miningRangeLoads uint64) *big.Int {
	rangeSectors := max(saturatingMul(miningRangeLoads, layout.SectorsPerLoad), 1)
	perShard := max(contextLengthSectors/max(numShard, 1), 1)
	scale := new(big.Int).SetUint64(max(min(contextLengthSectors, rangeSectors), 1))
	scale.Lsh(scale, 64)
	return scale.Div(scale, new(big.Int).SetUint64(min(perShard, rangeSectors)))
}

// ShardTarget is the target a range must meet: floor(target / scaleX64) << 64,
// big-endian. It never exceeds target.
func ShardTarget(target Hash, r Range, contextLengthSectors, miningRangeLoads uint64) Hash {
	scaled := new(big.Int).SetBytes(target[:])
	scaled.Div(scaled, ScaleX64(contextLengthSectors, r.NumShard, miningRangeLoads))
	scaled.Lsh(scaled, 64)
	var out Hash
	scaled.FillBytes(out[:])
	return out
}

func saturatingMul(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	if hi != 0 {
		return ^uint64(0)
	}
	return lo
}
