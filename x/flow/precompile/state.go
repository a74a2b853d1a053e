package precompile

import (
	"context"
	"errors"
	"math/big"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/flow/types"
)

// rootRing is how many roots 0G's history keeps; contains looks that far back.
const rootRing = 1000

// state is the table of what can be read of the flow.
func (c contracts) state() table {
	return table{
		"market()":             constant(c.at.Market),
		"deployDelay()":        constant(new(big.Int)),
		"numSubmissions()":     c.ofFlow(func(f types.Flow, _ merkle.Frontier) []any { return []any{number(f.NextTxSeq - 1)} }),
		"submissionIndex()":    c.ofFlow(func(f types.Flow, _ merkle.Frontier) []any { return []any{number(f.NextTxSeq)} }),
		"epoch()":              c.ofFlow(func(f types.Flow, _ merkle.Frontier) []any { return []any{number(f.Epoch)} }),
		"epochStartPosition()": c.ofFlow(func(f types.Flow, _ merkle.Frontier) []any { return []any{number(f.EpochStartSectors)} }),
		"tree()": c.ofFlow(func(f types.Flow, frontier merkle.Frontier) []any {
			return []any{number(f.LengthSectors), number(uint64(frontier.Levels()))}
		}),
		"computeFlowRoot()": c.ofFlow(func(_ types.Flow, frontier merkle.Frontier) []any {
			return []any{[32]byte(frontier.Root())}
		}),
		"blocksPerEpoch()": c.ofParams(func(p types.Params) []any { return []any{number(p.BlocksPerEpoch)} }),
		"paused()":         c.ofParams(func(p types.Params) []any { return []any{p.Paused} }),
		"firstBlock()":     reads(gasFlow, c.firstBlock),
	}
}

func (c contracts) ofFlow(answer func(types.Flow, merkle.Frontier) []any) contract.Function {
	return reads(gasFlow, func(call contract.Call, _ []any) ([]any, error) {
		flow, err := c.keeper.Flow(call.Ctx, types.MainFlowID)
		if err != nil {
			return nil, err
		}
		frontier, err := flow.Frontier()
		if err != nil {
			return nil, err
		}
		return answer(flow, frontier), nil
	})
}

func (c contracts) ofParams(answer func(types.Params) []any) contract.Function {
	return reads(gasParams, func(call contract.Call, _ []any) ([]any, error) {
		params, err := c.keeper.Params.Get(call.Ctx)
		if err != nil {
			return nil, err
		}
		return answer(params), nil
	})
}

// firstBlock is chosen so that 0G's formula gives the next boundary.
func (c contracts) firstBlock(call contract.Call, _ []any) ([]any, error) {
	flow, err := c.keeper.Flow(call.Ctx, types.MainFlowID)
	if err != nil {
		return nil, err
	}
	params, err := c.keeper.Params.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	passed := new(big.Int).Mul(number(flow.Epoch+1), number(params.BlocksPerEpoch))
	first := new(big.Int).Sub(big.NewInt(flow.NextEpochHeight), passed)
	if first.Sign() < 0 { // blocks_per_epoch was raised meanwhile
		first.SetUint64(0)
	}
	return []any{first}, nil
}

// roots is the table of what 0G keeps in a contract of its own.
func (c contracts) roots() table {
	return table{
		"rootHistory()":               constant(c.at.Flow),
		"getFlowRootByTxSeq(uint256)": reads(gasEntry, c.rootOf),
		"at(uint256)":                 reads(gasEntry, c.rootAt),
		"available(uint256)":          reads(gasFlow, c.available),
		"contains(bytes32)":           reads(gasContains, c.contains),
	}
}

func (c contracts) rootOf(call contract.Call, args []any) ([]any, error) {
	root, err := c.root(call.Ctx, args[0].(*big.Int))
	if errors.Is(err, types.ErrEntryNotFound) {
		return []any{[32]byte{}}, nil
	}
	return []any{root}, err
}

func (c contracts) rootAt(call contract.Call, args []any) ([]any, error) {
	root, err := c.root(call.Ctx, args[0].(*big.Int))
	if errors.Is(err, types.ErrEntryNotFound) {
		return nil, c.flowError("UnknownEntry", args[0])
	}
	return []any{root}, err
}

func (c contracts) root(ctx context.Context, index *big.Int) ([32]byte, error) {
	if !index.IsUint64() {
		return [32]byte{}, types.ErrEntryNotFound
	}
	entry, err := c.keeper.Entry(ctx, types.MainFlowID, index.Uint64())
	if err != nil {
		return [32]byte{}, err
	}
	return [32]byte(entry.FlowRoot), nil
}

func (c contracts) available(call contract.Call, args []any) ([]any, error) {
	flow, err := c.keeper.Flow(call.Ctx, types.MainFlowID)
	if err != nil {
		return nil, err
	}
	index := args[0].(*big.Int)
	return []any{index.IsUint64() && index.Sign() > 0 && index.Uint64() < flow.NextTxSeq}, nil
}

func (c contracts) contains(call contract.Call, args []any) ([]any, error) {
	want := args[0].([32]byte)
	iter, err := c.keeper.Entries.Iterate(call.Ctx, collections.NewPrefixedPairRange[uint64, uint64](types.MainFlowID).Descending())
	if err != nil {
		return nil, err
	}
	defer iter.Close()
	for n := 0; iter.Valid() && n < rootRing; n++ {
		entry, err := iter.Value()
		if err != nil {
			return nil, err
		}
		if [32]byte(entry.FlowRoot) == want {
			return []any{true}, nil
		}
		iter.Next()
	}
	return []any{false}, nil
}
