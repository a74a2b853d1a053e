package precompile

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/types"
)

// entryState is what entry() returns; the names are those of the ABI.
type entryState struct {
	SubmissionIndex *big.Int
	Submitter       common.Address
	Root            [32]byte
	Length          *big.Int
	StartIndex      *big.Int
	Sectors         *big.Int
	UnitPrice       *big.Int
	EndTime         *big.Int
	Endowment       *big.Int
	Paid            *big.Int
	Accrued         *big.Int
}

// recharging is the table of what concerns one entry.
func (c contracts) recharging() table {
	return table{
		"recharge(uint256)": reads(gasRecharge, func(call contract.Call, args []any) ([]any, error) {
			return c.recharge(call, args[0].(*big.Int), call.Value)
		}),
		"recharge(uint256,uint256)": reads(gasRecharge, func(call contract.Call, args []any) ([]any, error) {
			return c.recharge(call, args[0].(*big.Int), sdkmath.NewIntFromBigInt(args[1].(*big.Int)))
		}),
		"entry(uint256)": reads(gasReward, c.entry),
	}
}

func (c contracts) recharge(call contract.Call, index *big.Int, amount sdkmath.Int) ([]any, error) {
	if !index.IsUint64() {
		return nil, c.flowError("UnknownEntry", index)
	}
	entry, err := c.keeper.Recharge(call.Ctx, call.Sender(), types.MainFlowID, index.Uint64(), amount)
	switch {
	case errors.Is(err, types.ErrPaused):
		return nil, c.flowError("EnforcedPause")
	case errors.Is(err, types.ErrEntryNotFound):
		return nil, c.flowError("UnknownEntry", index)
	case errors.Is(err, types.ErrExpired):
		return nil, c.expired(call, index)
	case err != nil:
		return nil, err
	}
	end := big.NewInt(entry.EndTime())
	return []any{end}, call.Emit(c.flow.Events["Recharge"], call.Caller, index, amount.BigInt(), end)
}

func (c contracts) expired(call contract.Call, index *big.Int) error {
	entry, err := c.keeper.Entry(call.Ctx, types.MainFlowID, index.Uint64())
	if err != nil {
		return err
	}
	return c.flowError("EntryExpired", index, big.NewInt(entry.EndTime()))
}

func (c contracts) entry(call contract.Call, args []any) ([]any, error) {
	index := args[0].(*big.Int)
	if !index.IsUint64() {
		return nil, c.flowError("UnknownEntry", index)
	}
	entry, err := c.keeper.Entry(call.Ctx, types.MainFlowID, index.Uint64())
	if errors.Is(err, types.ErrEntryNotFound) {
		return nil, c.flowError("UnknownEntry", index)
	}
	if err != nil {
		return nil, err
	}
	paid, accrued, err := c.keeper.EntryReward(call.Ctx, entry)
	if err != nil {
		return nil, err
	}
	submitter, err := sdk.AccAddressFromBech32(entry.Submitter)
	if err != nil {
		return nil, err
	}
	return []any{entryState{
		SubmissionIndex: index, Submitter: common.BytesToAddress(submitter), Root: [32]byte(entry.Root),
		Length: number(entry.SizeBytes), StartIndex: number(entry.StartSector), Sectors: number(entry.Sectors),
		UnitPrice: entry.UnitPrice.BigInt(), EndTime: big.NewInt(entry.EndTime()), Endowment: entry.Endowment().BigInt(),
		Paid: paid.BigInt(), Accrued: accrued.BigInt(),
	}}, nil
}
