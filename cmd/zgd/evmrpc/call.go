package evmrpc

import (
	"context"
	"encoding/json"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/tracers/logger"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	rpctypes "github.com/cosmos/evm/rpc/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Call is eth_call with state overrides and with block overrides.
func (e *ethAPI) Call(ctx context.Context, args evmtypes.TransactionArgs, block *ethrpc.BlockNumberOrHash,
	stateOverrides *json.RawMessage, blockOverrides *BlockOverrides,
) (hexutil.Bytes, error) {
	overrides, err := parseStateOverrides(stateOverrides)
	if err != nil {
		return nil, err
	}
	s, err := e.engine.at(ctx, block)
	if err != nil {
		return nil, err
	}
	if s, err = s.under(blockOverrides); err != nil {
		return nil, err
	}
	res, err := s.run(args, overrides, nil)
	if err != nil {
		return nil, plain(err)
	}
	return res.Ret, executionError(res)
}

// EstimateGas is upstream's, with every name of a block.
func (e *ethAPI) EstimateGas(ctx context.Context, args evmtypes.TransactionArgs, block *ethrpc.BlockNumberOrHash, overrides *json.RawMessage) (hexutil.Uint64, error) {
	if _, err := parseStateOverrides(overrides); err != nil {
		return 0, err
	}
	at, err := e.upstreamBlock(ctx, block)
	if err != nil {
		return 0, err
	}
	gas, err := e.backend.EstimateGas(ctx, args, &at, overrides)
	return gas, plain(err)
}

// accessListRounds bounds the search for a list that no longer changes; each
// round can only add to it.
const accessListRounds = 16

// CreateAccessList runs the call until the list of what it touches stays the
// same. The sender, the callee and precompiles are not on it, as in geth.
func (e *ethAPI) CreateAccessList(ctx context.Context, args evmtypes.TransactionArgs, block *ethrpc.BlockNumberOrHash,
	stateOverrides *json.RawMessage,
) (*rpctypes.AccessListResult, error) {
	overrides, err := parseStateOverrides(stateOverrides)
	if err != nil {
		return nil, err
	}
	s, err := e.engine.at(ctx, block)
	if err != nil {
		return nil, err
	}
	excluded := s.excludedFromAccessList(args)
	var list ethtypes.AccessList
	if args.AccessList != nil {
		list = *args.AccessList
	}
	previous := logger.NewAccessListTracer(list, excluded)
	for range accessListRounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		list = previous.AccessList()
		args.AccessList = &list
		tracer := logger.NewAccessListTracer(list, excluded)
		res, err := s.run(args, overrides, tracer.Hooks())
		if err != nil {
			return nil, fmt.Errorf("failed to apply transaction: %w", plain(err))
		}
		if tracer.Equal(previous) {
			return &rpctypes.AccessListResult{AccessList: &list, GasUsed: (*hexutil.Uint64)(&res.GasUsed), Error: res.VmError}, nil
		}
		previous = tracer
	}
	return nil, errorf(codeServer, "the access list still changes after %d rounds", accessListRounds)
}

func (s scene) excludedFromAccessList(args evmtypes.TransactionArgs) map[common.Address]struct{} {
	from := args.GetFrom()
	excluded := map[common.Address]struct{}{from: {}}
	if args.To != nil {
		excluded[*args.To] = struct{}{}
	} else {
		excluded[crypto.CreateAddress(from, s.keeper.GetNonce(s.ctx, from))] = struct{}{}
	}
	rules := evmtypes.GetEthChainConfig().Rules(big.NewInt(s.blockNumber()), true, s.timeSeconds())
	for _, address := range vm.ActivePrecompiles(rules) {
		excluded[address] = struct{}{}
	}
	for _, address := range s.config.Params.ActiveStaticPrecompiles {
		excluded[common.HexToAddress(address)] = struct{}{}
	}
	for _, authorization := range args.AuthorizationList {
		if authority, err := authorization.Authority(); err == nil {
			excluded[authority] = struct{}{}
		}
	}
	return excluded
}
