package evmrpc

import (
	"context"
	"fmt"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	rpctypes "github.com/cosmos/evm/rpc/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Bounds of eth_simulateV1: the blocks that execution-apis names, and calls as
// many as the gas of one eth_call could pay for.
const (
	maxSimulatedBlocks = 256
	maxSimulatedCalls  = 1000
	simulatedBlockTime = 1 // s between simulated blocks that name no time
)

// SimulateOptions are the first parameter of eth_simulateV1.
type SimulateOptions struct {
	BlockStateCalls        []SimulatedBlock `json:"blockStateCalls"`
	TraceTransfers         bool             `json:"traceTransfers"`
	Validation             bool             `json:"validation"`
	ReturnFullTransactions bool             `json:"returnFullTransactions"`
}

// SimulatedBlock is a block to build on top of the state: overrides, then calls.
type SimulatedBlock struct {
	BlockOverrides *BlockOverrides            `json:"blockOverrides"`
	StateOverrides *rpctypes.StateOverride    `json:"stateOverrides"`
	Calls          []evmtypes.TransactionArgs `json:"calls"`
}

// SimulateV1 runs calls in blocks on top of a state, each seeing what those
// before it wrote, by the chain's own keeper. It differs from geth where the
// chain does: no state root, no withdrawals; BLOCKHASH of a simulated block is
// zero; whole-storage overrides ("state") and moved precompiles are refused.
func (e *ethAPI) SimulateV1(ctx context.Context, options SimulateOptions, block *ethrpc.BlockNumberOrHash) ([]map[string]any, error) {
	if err := options.check(); err != nil {
		return nil, err
	}
	s, err := e.engine.at(ctx, block)
	if err != nil {
		return nil, err
	}
	blocks, err := arrange(options.BlockStateCalls, s.blockNumber(), s.timeSeconds())
	if err != nil {
		return nil, err
	}
	parent, err := e.parentHash(ctx, s.blockNumber())
	if err != nil {
		return nil, err
	}
	if timeout := e.backend.RPCEVMTimeout(); timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	run := simulation{options: options, gasLeft: e.engine.gasCap}
	if run.gasLeft == 0 {
		run.gasLeft = s.gasLimit()
	}
	results := make([]map[string]any, 0, len(blocks))
	for _, b := range blocks {
		result, hash, err := run.block(ctx, s, b, parent)
		if err != nil {
			return nil, plain(err)
		}
		parent = hash
		results = append(results, result)
	}
	return results, nil
}

// check bounds the request before any state is opened.
func (o SimulateOptions) check() error {
	if len(o.BlockStateCalls) == 0 {
		return errorf(codeInvalidParams, "empty input")
	}
	if len(o.BlockStateCalls) > maxSimulatedBlocks {
		return errorf(codeTooMany, "too many blocks: %d, at most %d", len(o.BlockStateCalls), maxSimulatedBlocks)
	}
	calls := 0
	for _, block := range o.BlockStateCalls {
		calls += len(block.Calls)
		if err := block.BlockOverrides.check(); err != nil {
			return err
		}
		if block.StateOverrides == nil {
			continue
		}
		for address, account := range *block.StateOverrides {
			if account.MovePrecompileTo != nil {
				return errorf(codeInvalidParams, "state override of %s: movePrecompileToAddress is not supported in a simulation; eth_call supports it", address)
			}
			if account.State != nil {
				return errorf(codeInvalidParams, "state override of %s: \"state\" is not supported in a simulation, use \"stateDiff\"; eth_call supports it", address)
			}
		}
	}
	if calls > maxSimulatedCalls {
		return errorf(codeTooMany, "too many calls: %d, at most %d", calls, maxSimulatedCalls)
	}
	return nil
}

// arrange gives every block a number and a time, both rising, and fills gaps
// with empty blocks.
func arrange(blocks []SimulatedBlock, number int64, timeSeconds uint64) ([]SimulatedBlock, error) {
	base := number
	var out []SimulatedBlock
	add := func(b SimulatedBlock, at int64, t uint64) {
		overrides := BlockOverrides{}
		if b.BlockOverrides != nil {
			overrides = *b.BlockOverrides
		}
		overrides.Number, overrides.Time = bigOf(at), (*hexutil.Uint64)(&t)
		b.BlockOverrides = &overrides
		out = append(out, b)
		number, timeSeconds = at, t
	}
	for _, b := range blocks {
		next := number + 1
		if o := b.BlockOverrides; o != nil && o.Number != nil {
			next = o.Number.ToInt().Int64()
		}
		if next <= number {
			return nil, errorf(codeBlockNumber, "block numbers must be in order: %d <= %d", next, number)
		}
		if next-base > maxSimulatedBlocks {
			return nil, errorf(codeTooMany, "too many blocks: up to block %d, at most %d after block %d", next, maxSimulatedBlocks, base)
		}
		for number+1 < next {
			add(SimulatedBlock{}, number+1, timeSeconds+simulatedBlockTime)
		}
		at := timeSeconds + simulatedBlockTime
		if o := b.BlockOverrides; o != nil && o.Time != nil {
			at = uint64(*o.Time)
		}
		if at <= timeSeconds {
			return nil, errorf(codeBlockTime, "block timestamps must be in order: %d <= %d", at, timeSeconds)
		}
		add(b, next, at)
	}
	return out, nil
}

// parentHash is the hash of the block that the simulation builds on.
func (e *ethAPI) parentHash(ctx context.Context, height int64) (common.Hash, error) {
	number := rpctypes.BlockNumber(height)
	block, err := e.backend.CometBlockByNumber(ctx, number)
	if err != nil || block == nil {
		return common.Hash{}, fmt.Errorf("block %d: %w", height, errHeaderNotFound)
	}
	return common.BytesToHash(block.BlockID.Hash), nil
}
