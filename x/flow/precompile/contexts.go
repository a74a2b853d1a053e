package precompile

import (
	"errors"
	"fmt"
	"math/big"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/types"
)

// Results with the names of the ABI.
type (
	mineContext struct {
		Epoch       *big.Int
		MineStart   *big.Int
		FlowRoot    [32]byte
		FlowLength  *big.Int
		BlockDigest [32]byte
		Digest      [32]byte
	}
	epochRange struct {
		Start *big.Int
		End   *big.Int
	}
	epochRangeWithContextDigest struct {
		Start  *big.Int
		End    *big.Int
		Digest [32]byte
	}
)

// contexts is the table of what miners ask. 0G's contract opens contexts when it
// is called; ours open in BeginBlock, and the calls that would open one change
// nothing.
func (c contracts) contexts() table {
	none := func(contract.Call, []any) ([]any, error) { return nil, nil }
	return table{
		"getContext()":                    reads(gasContext, c.newest),
		"makeContextWithResult()":         reads(gasContext, c.newest),
		"makeContext()":                   reads(gasConstant, none),
		"makeContextFixedTimes(uint256)":  reads(gasConstant, none),
		"getEpochRange(bytes32)":          reads(gasContext, c.rangeOf),
		"getEpochRangeHistory(uint256)":   reads(gasContext, c.rangeNumber),
		"queryContextAtPosition(uint128)": reads(gasContext, c.rangeAt),
	}
}

func (c contracts) newest(call contract.Call, _ []any) ([]any, error) {
	context, err := c.keeper.Context(call.Ctx, types.MainFlowID, 0)
	if errors.Is(err, types.ErrContextNotFound) { // before the first epoch is over
		zero := new(big.Int)
		return []any{mineContext{Epoch: zero, MineStart: zero, FlowLength: zero}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []any{mineContext{
		Epoch: number(context.Epoch), MineStart: big.NewInt(context.StartHeight),
		FlowRoot: [32]byte(context.FlowRoot), FlowLength: number(context.FlowLengthSectors),
		BlockDigest: [32]byte(context.BlockDigest), Digest: [32]byte(context.Digest),
	}}, nil
}

func (c contracts) rangeOf(call contract.Call, args []any) ([]any, error) {
	digest := args[0].([32]byte)
	context, err := c.keeper.ContextByDigest(call.Ctx, digest[:])
	if errors.Is(err, types.ErrContextNotFound) {
		return []any{epochRange{Start: new(big.Int), End: new(big.Int)}}, nil
	}
	if err != nil {
		return nil, err
	}
	return []any{epochRange{Start: number(context.PreviousLengthSectors), End: number(context.FlowLengthSectors)}}, nil
}

func (c contracts) rangeNumber(call contract.Call, args []any) ([]any, error) {
	epoch := new(big.Int).Add(args[0].(*big.Int), big.NewInt(1))
	if !epoch.IsUint64() {
		return nil, fmt.Errorf("epoch %d is not in the history", epoch)
	}
	context, err := c.keeper.Context(call.Ctx, types.MainFlowID, epoch.Uint64())
	if err != nil {
		return nil, err
	}
	return []any{withDigest(context)}, nil
}

func (c contracts) rangeAt(call contract.Call, args []any) ([]any, error) {
	position := args[0].(*big.Int)
	if !position.IsUint64() {
		return nil, fmt.Errorf("sector %d is in no context yet", position)
	}
	context, err := c.keeper.ContextAt(call.Ctx, types.MainFlowID, position.Uint64())
	if err != nil {
		return nil, err
	}
	return []any{withDigest(context)}, nil
}

func withDigest(context types.MiningContext) epochRangeWithContextDigest {
	return epochRangeWithContextDigest{
		Start: number(context.PreviousLengthSectors), End: number(context.FlowLengthSectors), Digest: [32]byte(context.Digest),
	}
}
