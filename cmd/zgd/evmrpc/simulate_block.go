package evmrpc

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/tracing"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"

	"github.com/cosmos/evm/x/vm/statedb"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// simulation is the part of a run that its blocks share.
type simulation struct {
	options SimulateOptions
	gasLeft uint64 // of all calls together
}

// callResult is one call's outcome in the form of execution-apis.
type callResult struct {
	ReturnData hexutil.Bytes   `json:"returnData"`
	Logs       []*ethtypes.Log `json:"logs"`
	GasUsed    hexutil.Uint64  `json:"gasUsed"`
	MaxUsedGas hexutil.Uint64  `json:"maxUsedGas"`
	Status     hexutil.Uint64  `json:"status"`
	Error      *callError      `json:"error,omitempty"`
}

type callError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
	Data    string `json:"data,omitempty"`
}

// block applies the overrides, runs the calls and writes what they changed into
// the scene's state, which nobody commits.
func (r *simulation) block(ctx context.Context, base scene, b SimulatedBlock, parent common.Hash) (map[string]any, common.Hash, error) {
	s, err := base.under(b.BlockOverrides)
	if err != nil {
		return nil, common.Hash{}, err
	}
	if b.BlockOverrides.BaseFeePerGas == nil && !r.options.Validation {
		config := *s.config
		config.BaseFee, s.config = new(big.Int), &config
	}
	if b.StateOverrides != nil {
		db := statedb.New(s.ctx, s.keeper, statedb.NewEmptyTxConfig())
		rules := evmtypes.GetEthChainConfig().Rules(big.NewInt(s.blockNumber()), true, s.timeSeconds())
		if err := b.StateOverrides.Apply(db, vm.ActivePrecompiledContracts(rules)); err != nil {
			return nil, common.Hash{}, errorf(codeInvalidParams, "state override: %s", err)
		}
		if err := db.Commit(); err != nil {
			return nil, common.Hash{}, errorf(codeInvalidParams, "state override: %s", err)
		}
	}
	built := simulatedBlock{scene: s, parent: parent}
	for i, args := range b.Calls {
		if ctx.Err() != nil {
			return nil, common.Hash{}, errorf(codeTimeout, "the simulation took too long: %s, in block %d before call %d", ctx.Err(), s.blockNumber(), i)
		}
		if err := r.call(&built, args); err != nil {
			return nil, common.Hash{}, err
		}
	}
	fields, hash := built.fields(r.options.ReturnFullTransactions)
	return fields, hash, nil
}

// call runs one call and adds its result to the block. An error ends the whole
// simulation: the call could not be a transaction of that block.
func (r *simulation) call(b *simulatedBlock, args evmtypes.TransactionArgs) (err error) {
	defer crash(&err)
	s, from := b.scene, args.GetFrom()
	account := s.keeper.GetNonce(s.ctx, from)
	if args.Nonce == nil {
		args.Nonce = (*hexutil.Uint64)(&account)
	}
	room := s.gasLimit() - b.gasUsed
	if args.Gas == nil {
		args.Gas = (*hexutil.Uint64)(&room)
	}
	if uint64(*args.Gas) > room {
		return errorf(codeBlockGas, "block gas limit reached: remaining: %d, required: %d", room, uint64(*args.Gas))
	}
	if r.gasLeft < params.TxGas {
		return errorf(codeTooMany, "the calls before used up the gas of a simulation: %d of json-rpc.gas-cap are left", r.gasLeft)
	}
	gas := min(uint64(*args.Gas), r.gasLeft)
	args.Gas = (*hexutil.Uint64)(&gas)
	if err := args.CallDefaults(0, s.config.BaseFee, evmtypes.GetEthChainConfig().ChainID); err != nil {
		return errorf(codeInvalidParams, "%s", err)
	}
	msg := args.ToMessage(s.config.BaseFee, false, false)
	if msg.Value.BitLen() > 256 || msg.GasFeeCap.BitLen() > 256 {
		return errorf(codeInvalidParams, "value or fee does not fit 256 bits")
	}
	if r.options.Validation {
		if err := validate(s, *msg, account); err != nil {
			return err
		}
	}
	tx := args.ToTransaction(ethtypes.DynamicFeeTxType)
	txConfig := statedb.NewTxConfig(tx.Hash(), uint(len(b.txs)))
	db := statedb.New(s.ctx, s.keeper, txConfig)
	if msg.To != nil { // the ante handler does this before the EVM runs
		db.SetNonce(from, msg.Nonce+1, tracing.NonceChangeEoACall)
	}
	transfers := &transferTracer{logs: db.Logs}
	res, err := s.keeper.ApplyMessageWithConfig(s.ctx, db, *msg, transfers.hooks(r.options.TraceTransfers), false, false, s.config, txConfig, false, nil)
	if err != nil {
		return messageError(err)
	}
	r.gasLeft -= min(r.gasLeft, res.GasUsed)
	if fee, overflow := uint256.FromBig(new(big.Int).Mul(msg.GasPrice, new(big.Int).SetUint64(res.GasUsed))); !overflow && !fee.IsZero() {
		if db.GetBalance(from).Lt(fee) {
			return errorf(codeFunds, "insufficient funds for gas * price + value: address %s", from)
		}
		db.SubBalance(from, fee, tracing.BalanceDecreaseGasBuy)
	}
	result := newCallResult(res, transfers.merge(evmtypes.LogsToEthereum(res.Logs)))
	if err := db.Commit(); err != nil { // e.g. value for an account that the bank keeps closed
		result = callResult{ReturnData: hexutil.Bytes{}, Logs: []*ethtypes.Log{}, GasUsed: hexutil.Uint64(gas), MaxUsedGas: hexutil.Uint64(gas),
			Error: &callError{Code: codeVM, Message: "vm execution error: " + err.Error()}}
	}
	b.add(tx, from, result)
	return nil
}

// validate is what the ante handler would check of a transaction.
func validate(s scene, msg core.Message, account uint64) error {
	switch {
	case msg.Nonce < account:
		return errorf(codeNonceTooLow, "nonce too low: address %s, tx: %d state: %d", msg.From, msg.Nonce, account)
	case msg.Nonce > account:
		return errorf(codeNonceTooHigh, "nonce too high: address %s, tx: %d state: %d", msg.From, msg.Nonce, account)
	case s.config.BaseFee != nil && msg.GasFeeCap.Cmp(s.config.BaseFee) < 0:
		return errorf(codeFeeTooLow, "max fee per gas less than block base fee: address %s, maxFeePerGas: %s, baseFee: %s", msg.From, msg.GasFeeCap, s.config.BaseFee)
	}
	cost := new(big.Int).Mul(msg.GasFeeCap, new(big.Int).SetUint64(msg.GasLimit))
	cost.Add(cost, msg.Value)
	if have := s.keeper.GetBalance(s.ctx, msg.From); have.ToBig().Cmp(cost) < 0 {
		return errorf(codeFunds, "insufficient funds for gas * price + value: address %s have %s want %s", msg.From, have, cost)
	}
	return nil
}

// messageError gives the refusal of a message its code.
func messageError(err error) error {
	if errors.Is(err, core.ErrIntrinsicGas) || errors.Is(err, core.ErrFloorDataGas) {
		return errorf(codeIntrinsicGas, "%s", err)
	}
	return fmt.Errorf("call refused: %w", err)
}

func newCallResult(res *evmtypes.MsgEthereumTxResponse, logs []*ethtypes.Log) callResult {
	out := callResult{ReturnData: res.Ret, Logs: logs, GasUsed: hexutil.Uint64(res.GasUsed), MaxUsedGas: hexutil.Uint64(res.MaxUsedGas), Status: 1}
	if out.ReturnData == nil {
		out.ReturnData = hexutil.Bytes{}
	}
	if err := executionError(res); err != nil {
		out.Status, out.Logs = 0, []*ethtypes.Log{}
		out.Error = &callError{Code: codeVM, Message: "vm execution error: " + err.Error()}
		if res.VmError == vm.ErrExecutionReverted.Error() {
			out.Error = &callError{Code: codeReverted, Message: err.Error(), Data: hexutil.Encode(res.Ret)}
		}
	}
	return out
}
