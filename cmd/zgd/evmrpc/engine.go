package evmrpc

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/tracing"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	cmttypes "github.com/cometbft/cometbft/types"

	"github.com/cosmos/evm/rpc/backend"
	rpctypes "github.com/cosmos/evm/rpc/types"
	evmkeeper "github.com/cosmos/evm/x/vm/keeper"
	"github.com/cosmos/evm/x/vm/statedb"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// engine executes messages on a committed state with the chain's own keeper, in
// this process. Upstream's query carries no block context and crosses a socket.
type engine struct {
	state   func(height int64) (sdk.Context, error) // of a height that is not 0
	last    func() int64                            // the latest height
	keeper  *evmkeeper.Keeper
	backend *backend.Backend
	gasCap  uint64 // of one call; of all calls of a simulation together

	header atomic.Pointer[cmttypes.Header] // of the block asked for last
}

// scene is the state after a block and the surroundings in which a message runs.
type scene struct {
	ctx    sdk.Context
	keeper *evmkeeper.Keeper
	config *statedb.EVMConfig
	gasCap uint64
}

// height resolves a block that a client names: 0 stands for the latest.
func (e *engine) height(ctx context.Context, block *ethrpc.BlockNumberOrHash) (int64, error) {
	if block == nil {
		return 0, nil
	}
	if hash, ok := block.Hash(); ok {
		number, err := e.backend.BlockNumberFromCometByHash(ctx, hash)
		if err != nil {
			return 0, errHeaderNotFound
		}
		return number.Int64(), nil
	}
	number, _ := block.Number()
	switch {
	case number == ethrpc.EarliestBlockNumber:
		status, err := e.backend.ClientCtx.Client.Status(ctx)
		if err != nil {
			return 0, err
		}
		return status.SyncInfo.EarliestBlockHeight, nil
	case number < 0: // latest, pending, safe and finalized are one block here
		return 0, nil
	case number == 0:
		return 1, nil // as upstream: the first block stands for the genesis
	}
	return number.Int64(), nil
}

// open is the state after this block, and its height.
func (e *engine) open(ctx context.Context, block *ethrpc.BlockNumberOrHash) (sdk.Context, int64, error) {
	height, err := e.height(ctx, block)
	if err != nil {
		return sdk.Context{}, 0, err
	}
	if height == 0 {
		height = e.last()
	}
	state, err := e.state(height)
	if err != nil && isFuture(err) {
		return sdk.Context{}, 0, errHeaderNotFound
	} else if err != nil {
		return sdk.Context{}, 0, fmt.Errorf("no state at block %d: %w", height, err)
	}
	return state, height, nil
}

// at is the scene after this block.
func (e *engine) at(ctx context.Context, block *ethrpc.BlockNumberOrHash) (scene, error) {
	state, height, err := e.open(ctx, block)
	if err != nil {
		return scene{}, err
	}
	header, err := e.headerAt(ctx, height)
	if err != nil {
		return scene{}, err
	}
	state = state.WithBlockTime(header.Time).WithProposer(sdk.ConsAddress(header.ProposerAddress))
	config, err := e.keeper.EVMConfig(state, sdk.ConsAddress(header.ProposerAddress))
	if err != nil {
		return scene{}, err
	}
	return scene{ctx: e.keeper.SetConsensusParamsInCtx(state), keeper: e.keeper, config: config, gasCap: e.gasCap}, nil
}

// headerAt is CometBFT's header. The state's own is that of a block that is being
// made, so time and proposer come from here.
func (e *engine) headerAt(ctx context.Context, height int64) (*cmttypes.Header, error) {
	if header := e.header.Load(); header != nil && header.Height == height {
		return header, nil
	}
	found, err := e.backend.RPCClient.Header(ctx, &height)
	if err != nil || found == nil || found.Header == nil {
		return nil, errHeaderNotFound
	}
	e.header.Store(found.Header)
	return found.Header, nil
}

// run executes a message and throws its writes away. Hooks and overrides may be nil.
func (s scene) run(args evmtypes.TransactionArgs, overrides *rpctypes.StateOverride, hooks *tracing.Hooks) (res *evmtypes.MsgEthereumTxResponse, err error) {
	defer crash(&err)
	if args.Nonce == nil || args.To == nil {
		nonce := s.keeper.GetNonce(s.ctx, args.GetFrom())
		args.Nonce = (*hexutil.Uint64)(&nonce)
	}
	if err := args.CallDefaults(s.gasCap, s.config.BaseFee, evmtypes.GetEthChainConfig().ChainID); err != nil {
		return nil, errorf(codeInvalidParams, "%s", err)
	}
	msg := args.ToMessage(s.config.BaseFee, false, false)
	if msg.Value.BitLen() > 256 || msg.Value.Sign() < 0 {
		return nil, errorf(codeInvalidParams, "value %s does not fit 256 bits", args.Value)
	}
	txConfig := statedb.NewEmptyTxConfig()
	db := statedb.New(s.ctx, s.keeper, txConfig)
	return s.keeper.ApplyMessageWithConfig(s.ctx, db, *msg, hooks, false, false, s.config, txConfig, false, overrides)
}

// crash turns a panic of the EVM into an error. One is known: BLOBBASEFEE, for
// which upstream's block context has no value; a transaction with it fails.
func crash(err *error) {
	if r := recover(); r != nil {
		*err = errorf(codeServer, "the EVM crashed: %v", r)
	}
}

// coinbase, blockNumber and timeSeconds read the surroundings.
func (s scene) coinbase() common.Address { return s.config.CoinBase }
func (s scene) blockNumber() int64       { return s.ctx.BlockHeight() }
func (s scene) timeSeconds() uint64      { return uint64(s.ctx.BlockTime().Unix()) }

// gasLimit is that of the block.
func (s scene) gasLimit() uint64 {
	block := s.ctx.ConsensusParams().Block
	if block == nil || block.MaxGas < 0 {
		return math.MaxInt64
	}
	return uint64(block.MaxGas)
}
