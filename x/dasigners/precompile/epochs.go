package precompile

import (
	"errors"
	"math/big"
	"sort"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/contract"
)

// Results with the names of the ABI.
type (
	params struct {
		TokensPerVote     *big.Int
		MaxVotesPerSigner *big.Int
		MaxQuorums        *big.Int
		EpochBlocks       *big.Int
		EncodedSlices     *big.Int
	}
	epoch struct {
		Number       *big.Int
		StartHeight  uint64
		FreezeHeight uint64
		NextHeight   uint64
		Quorums      *big.Int
		Seed         [32]byte
	}
)

// epochs is the table of what can be read of the present.
func (c contracts) epochs() table {
	none := func(contract.Call, []any) ([]any, error) { return nil, nil }
	return table{
		"params()":             flat(gasEpoch, c.params),
		"epochNumber()":        flat(gasEpoch, c.epochNumber),
		"currentEpoch()":       flat(gasEpoch, c.currentEpoch),
		"quorumCount(uint256)": flat(gasQuorumCount, c.quorumCount),
		"makeEpoch()":          flat(gasEpoch, none),
		"beacon()":             flat(gasEpoch, c.beacon),
	}
}

func (c contracts) params(call contract.Call, _ []any) ([]any, error) {
	p, err := c.keeper.Params.Get(call.Ctx)
	return []any{params{
		TokensPerVote: number(p.TokensPerVote), MaxVotesPerSigner: number(uint64(p.MaxVotesPerSigner)),
		MaxQuorums: number(uint64(p.MaxQuorums)), EpochBlocks: number(p.EpochBlocks), EncodedSlices: number(uint64(p.EncodedSlices)),
	}}, err
}

func (c contracts) epochNumber(call contract.Call, _ []any) ([]any, error) {
	e, err := c.keeper.Epoch.Get(call.Ctx)
	return []any{number(e.Number)}, err
}

func (c contracts) currentEpoch(call contract.Call, _ []any) ([]any, error) {
	e, err := c.keeper.Epoch.Get(call.Ctx)
	return []any{epoch{
		Number: number(e.Number), StartHeight: uint64(e.StartHeight), FreezeHeight: uint64(e.FreezeHeight()),
		NextHeight: uint64(e.NextHeight()), Quorums: number(uint64(e.Quorums)), Seed: hash(e.Seed),
	}}, err
}

// quorumCount looks for the first id that an epoch does not have: ids are dense.
// It does not read the quorums, which are large.
func (c contracts) quorumCount(call contract.Call, args []any) ([]any, error) {
	wanted := args[0].(*big.Int)
	if !wanted.IsUint64() {
		return []any{new(big.Int)}, nil
	}
	var failed error
	count := sort.Search(maxQuorums, func(id int) bool {
		has, err := c.keeper.Quorums.Has(call.Ctx, collections.Join(wanted.Uint64(), uint32(id)))
		failed = errors.Join(failed, err)
		return !has
	})
	return []any{number(uint64(count))}, failed
}

// maxQuorums bounds the parameter of this name.
const maxQuorums = 64

func (c contracts) beacon(call contract.Call, _ []any) ([]any, error) {
	b, err := c.keeper.Beacon.Get(call.Ctx)
	return []any{hash(b.Value), hash(b.Previous), uint64(b.Height)}, err
}

// hash is 32 bytes of a record; zero for a field that is empty.
func hash(b []byte) (out [32]byte) {
	copy(out[:], b)
	return out
}
