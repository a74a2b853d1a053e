package contract

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/core/tracing"
	"github.com/ethereum/go-ethereum/core/vm"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract/calldata"
)

// Run is called by the EVM once RequiredGas has been paid.
func (c *Contract) Run(evm *vm.EVM, frame *vm.Contract, readOnly bool) ([]byte, error) {
	f, args, err := c.decode(frame, readOnly)
	if err != nil {
		return revert(evm, err)
	}
	paid := c.RequiredGas(frame.Input)
	if f.Gas.Extra != nil {
		extra := f.Gas.Extra(args)
		if !frame.UseGas(extra, nil, tracing.GasChangeCallPrecompiledContract) {
			return nil, vm.ErrOutOfGas
		}
		paid += extra
	}
	var failure error
	output, err := c.native.RunNativeAction(evm, frame, func(ctx sdk.Context) (out []byte, err error) {
		out, err = c.act(bounded(ctx, paid), evm, frame, f, args)
		failure = err
		return out, err
	})
	if failure != nil && errors.Is(err, vm.ErrExecutionReverted) {
		return revert(evm, failure)
	}
	return output, err
}

// decode checks everything that can be checked without state.
func (c *Contract) decode(frame *vm.Contract, readOnly bool) (function, []any, error) {
	input := frame.Input
	f, ok := c.lookup(input)
	if !ok {
		if len(input) < 4 {
			return f, nil, fmt.Errorf("calldata has %d bytes, want a function selector of 4: this contract takes no plain transfers", len(input))
		}
		return f, nil, fmt.Errorf("unknown function selector 0x%x", input[:4])
	}
	if readOnly && !f.method.IsConstant() {
		return f, nil, fmt.Errorf("%s writes: it cannot be called by STATICCALL, DELEGATECALL or CALLCODE", f.method.RawName)
	}
	if value := frame.Value(); value != nil && !value.IsZero() && !f.method.IsPayable() {
		return f, nil, fmt.Errorf("%s is not payable: send no value", f.method.RawName)
	}
	if err := calldata.Check(f.method.Inputs, input[4:]); err != nil {
		return f, nil, fmt.Errorf("calldata of %s: %w", f.method.RawName, err)
	}
	args, err := f.method.Inputs.Unpack(input[4:])
	if err != nil {
		return f, nil, fmt.Errorf("calldata of %s: %w", f.method.RawName, err)
	}
	return f, args, nil
}

// storeGasPerGas bounds the work of a call: a verb may use this much gas of the
// stores, as a native message would pay it, for each gas that the table charged.
// Tables are about right on average (the modules' READMEs measure them); the
// bound is for state that has grown odd, so that no call is nearly free.
const storeGasPerGas = 16

// bounded is a context whose stores stop a call at its bound.
func bounded(ctx sdk.Context, paid uint64) sdk.Context {
	return ctx.WithGasMeter(storetypes.NewGasMeter(storeGasPerGas * paid)).WithKVGasConfig(storetypes.KVGasConfig())
}

// act runs the handler inside the journal. A panic of a verb becomes a revert:
// the journal undoes the stores, and one transaction cannot stop a block.
func (c *Contract) act(ctx sdk.Context, evm *vm.EVM, frame *vm.Contract, f function, args []any) (out []byte, err error) {
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case storetypes.ErrorOutOfGas:
			out, err = nil, fmt.Errorf("%s would do more work now than it pays for: send it as a native message, which pays for all of it", f.method.RawName)
		default:
			ctx.Logger().Error("contract panicked", "contract", c.Address(), "function", f.method.Sig, "reason", reason)
			out, err = nil, fmt.Errorf("%s failed inside: this is a defect of the chain", f.method.RawName)
		}
	}()
	inner, write := branched(ctx)
	call, err := c.newCall(inner, evm, frame)
	if err != nil {
		return nil, err
	}
	results, err := f.Run(call, args)
	if err != nil {
		return nil, err
	}
	if out, err = f.method.Outputs.Pack(results...); err != nil {
		return nil, err
	}
	write()
	return out, nil
}
