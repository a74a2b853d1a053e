package contract

import (
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// Call is what a handler knows of its caller.
type Call struct {
	Ctx    sdk.Context
	Self   common.Address
	Caller common.Address // msg.sender
	Value  sdkmath.Int    // sent with the call, base units; it is the caller's again

	state vm.StateDB
}

// Sender is the caller as an account of the chain.
func (c Call) Sender() sdk.AccAddress { return sdk.AccAddress(c.Caller.Bytes()) }

// newCall hands the value of a payable call back to the caller, from whom the
// verb takes what it needs.
func (c *Contract) newCall(ctx sdk.Context, evm *vm.EVM, frame *vm.Contract) (Call, error) {
	call := Call{Ctx: ctx, Self: c.Address(), Caller: frame.Caller(), Value: sdkmath.ZeroInt(), state: evm.StateDB}
	value := frame.Value()
	if value == nil || value.IsZero() {
		return call, nil
	}
	call.Value = sdkmath.NewIntFromBigInt(value.ToBig())
	coins := sdk.NewCoins(sdk.NewCoin(c.denom, call.Value))
	if err := c.bank.SendCoins(ctx, sdk.AccAddress(call.Self.Bytes()), call.Sender(), coins); err != nil {
		return call, fmt.Errorf("hand the value back: %w", err)
	}
	return call, nil
}

// Emit writes an EVM log of the contract. Values are in the order of the event's
// inputs, indexed or not.
func (c Call) Emit(event abi.Event, values ...any) error {
	if len(values) != len(event.Inputs) {
		return fmt.Errorf("event %s: %d values, want %d", event.Name, len(values), len(event.Inputs))
	}
	topics, data := []common.Hash{event.ID}, []any(nil)
	for i, input := range event.Inputs {
		if !input.Indexed {
			data = append(data, values[i])
			continue
		}
		topic, err := abi.MakeTopics([]any{values[i]})
		if err != nil {
			return fmt.Errorf("event %s, %s: %w", event.Name, input.Name, err)
		}
		topics = append(topics, topic[0][0])
	}
	packed, err := event.Inputs.NonIndexed().Pack(data...)
	if err != nil {
		return fmt.Errorf("event %s: %w", event.Name, err)
	}
	c.state.AddLog(&ethtypes.Log{
		Address: c.Self, Topics: topics, Data: packed, BlockNumber: uint64(c.Ctx.BlockHeight()),
	})
	return nil
}
