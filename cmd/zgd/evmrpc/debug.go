package evmrpc

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	rpctypes "github.com/cosmos/evm/rpc/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Bounds of the tracing methods, which exist only when json-rpc.api names debug.
const (
	traceTime      = 10 * time.Second // of one transaction
	traceOutput    = 16 << 20         // bytes of struct logs
	traceParallel  = 2                // traces at a time; others wait
	traceBlockTime = 30 * time.Second // of one request, waiting included
)

// tracers are the native ones. JavaScript tracers run code of the caller with
// no bound on memory, so they are refused.
var tracerNames = []string{"callTracer", "flatCallTracer", "prestateTracer", "4byteTracer", "noopTracer", "muxTracer", "keccak256PreimageTracer", "erc7562Tracer"}

// debugAPI bounds upstream's tracing and adds what is missing.
type debugAPI struct {
	eth   *ethAPI
	slots chan struct{}
}

func newDebugAPI(eth *ethAPI) *debugAPI {
	return &debugAPI{eth: eth, slots: make(chan struct{}, traceParallel)}
}

// TraceTransaction traces a transaction of a block.
func (d *debugAPI) TraceTransaction(ctx context.Context, hash common.Hash, config *rpctypes.TraceConfig) (any, error) {
	config, err := bounded(config)
	if err != nil {
		return nil, err
	}
	if d.eth.find(ctx, hash) == nil {
		return nil, errorf(codeServer, "transaction not found")
	}
	return d.run(ctx, func(ctx context.Context) (any, error) { return d.eth.backend.TraceTransaction(ctx, hash, config) })
}

// TraceCall traces a call that is no transaction.
func (d *debugAPI) TraceCall(ctx context.Context, args evmtypes.TransactionArgs, block *ethrpc.BlockNumberOrHash, config *rpctypes.TraceConfig) (any, error) {
	config, err := bounded(config)
	if err != nil {
		return nil, err
	}
	at, err := d.eth.upstreamBlock(ctx, block)
	if err != nil {
		return nil, err
	}
	return d.run(ctx, func(ctx context.Context) (any, error) { return d.eth.backend.TraceCall(ctx, args, at, config) })
}

// TraceBlockByNumber traces every transaction of a block.
func (d *debugAPI) TraceBlockByNumber(ctx context.Context, number ethrpc.BlockNumber, config *rpctypes.TraceConfig) (any, error) {
	return d.traceBlock(ctx, &ethrpc.BlockNumberOrHash{BlockNumber: &number}, config)
}

// TraceBlockByHash traces every transaction of a block.
func (d *debugAPI) TraceBlockByHash(ctx context.Context, hash common.Hash, config *rpctypes.TraceConfig) (any, error) {
	return d.traceBlock(ctx, &ethrpc.BlockNumberOrHash{BlockHash: &hash}, config)
}

func (d *debugAPI) traceBlock(ctx context.Context, block *ethrpc.BlockNumberOrHash, config *rpctypes.TraceConfig) (any, error) {
	config, err := bounded(config)
	if err != nil {
		return nil, err
	}
	at, err := d.eth.upstreamBlock(ctx, block)
	if err != nil {
		return nil, err
	}
	found, err := d.eth.backend.CometBlockByNumber(ctx, *at.BlockNumber)
	if err != nil || found == nil || found.Block == nil {
		return nil, errorf(codeServer, "block not found")
	}
	height := rpctypes.BlockNumber(found.Block.Height)
	return d.run(ctx, func(ctx context.Context) (any, error) { return d.eth.backend.TraceBlock(ctx, height, config, found) })
}

// run waits for a slot and gives up on a trace that takes too long. The work
// itself ends by its own bounds: the gas of the block and traceTime.
func (d *debugAPI) run(ctx context.Context, trace func(context.Context) (any, error)) (any, error) {
	ctx, cancel := context.WithTimeout(ctx, traceBlockTime)
	defer cancel()
	tooLong := errorf(codeLimitExceeded, "the trace was not ready within %s; at most %d run at a time", traceBlockTime, traceParallel)
	select {
	case d.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, tooLong
	}
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil { // a tracer's fault is the request's, not the node's
				done <- outcome{err: errorf(codeServer, "the tracer crashed: %v", r)}
			}
			<-d.slots
		}()
		result, err := trace(ctx)
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, plain(o.err)
	case <-ctx.Done():
		return nil, tooLong
	}
}

// bounded is the caller's configuration within our bounds.
func bounded(config *rpctypes.TraceConfig) (*rpctypes.TraceConfig, error) {
	out := rpctypes.TraceConfig{}
	if config != nil {
		out = *config
	}
	if out.Tracer != "" && !slices.Contains(tracerNames, out.Tracer) {
		return nil, errorf(codeInvalidParams, "tracer %.40q is not supported: use one of %s, or none for struct logs", out.Tracer, strings.Join(tracerNames, ", "))
	}
	timeout := traceTime
	if out.Timeout != "" {
		asked, err := time.ParseDuration(out.Timeout)
		if err != nil || asked <= 0 {
			return nil, errorf(codeInvalidParams, "timeout %.40q: want a positive duration such as \"5s\"", out.Timeout)
		}
		timeout = min(asked, traceTime)
	}
	out.Timeout = timeout.String()
	if out.Limit <= 0 || out.Limit > traceOutput {
		out.Limit = traceOutput
	}
	return &out, nil
}

// GetRawTransaction is eth_getRawTransactionByHash by its other name.
func (d *debugAPI) GetRawTransaction(ctx context.Context, hash common.Hash) (*hexutil.Bytes, error) {
	return d.eth.GetRawTransactionByHash(ctx, hash)
}
