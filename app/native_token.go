package app

import (
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	corevm "github.com/ethereum/go-ethereum/core/vm"

	cmn "github.com/cosmos/evm/precompiles/common"
	"github.com/cosmos/evm/precompiles/werc20"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// nativeTokens puts nativeToken in the place of upstream's ERC-20 face of azg.
type nativeTokens struct{ evmtypes.Erc20Keeper }

// GetERC20PrecompileInstance is upstream's, guarded if it is the native token's.
func (k nativeTokens) GetERC20PrecompileInstance(ctx sdk.Context, address common.Address) (corevm.PrecompiledContract, bool, error) {
	token, found, err := k.Erc20Keeper.GetERC20PrecompileInstance(ctx, address)
	if upstream, ok := token.(*werc20.Precompile); ok && found && err == nil {
		return nativeToken{upstream}, true, nil
	}
	return token, found, err
}

// Reasons by which nativeToken refuses a call.
var (
	errValueNotTaken   = errors.New("the function takes no value: it would be lost; deposit() gives it back")
	errUnknownFunction = errors.New("no such function, there is no permit: approve, or pay with a transaction")
)

// nativeToken refuses what cosmos/evm's ERC-20 of the native token takes and
// should not: value beside a function that is not payable, which stays at the
// token's address for good, and unknown functions, which it answers like a
// deposit of nothing, so that a caller believes that permit() has succeeded. A
// transfer of nothing it refuses, this one does not.
type nativeToken struct{ *werc20.Precompile }

// Run checks the call before upstream sees it.
func (t nativeToken) Run(evm *corevm.EVM, call *corevm.Contract, readonly bool) ([]byte, error) {
	if err := checkTokenCall(call); err != nil {
		return cmn.ReturnRevertError(evm, err)
	}
	if from, to, ok := emptyTransfer(call); ok && !readonly {
		topics := []common.Hash{werc20.ABI.Events["Transfer"].ID, common.BytesToHash(from.Bytes()), common.BytesToHash(to.Bytes())}
		evm.StateDB.AddLog(&ethtypes.Log{Address: t.Address(), Topics: topics, Data: make([]byte, 32), BlockNumber: evm.Context.BlockNumber.Uint64()})
		return common.BigToHash(common.Big1).Bytes(), nil
	}
	return t.Precompile.Run(evm, call, readonly)
}

// emptyTransfer reads a transfer of nothing, which ERC-20 wants to be one like
// others and the bank refuses.
func emptyTransfer(call *corevm.Contract) (from, to common.Address, ok bool) {
	if len(call.Input) < 4 {
		return from, to, false
	}
	method, err := werc20.ABI.MethodById(call.Input[:4])
	if err != nil || (method.Name != "transfer" && method.Name != "transferFrom") {
		return from, to, false
	}
	args, err := method.Inputs.Unpack(call.Input[4:])
	if err != nil || args[len(args)-1].(*big.Int).Sign() != 0 {
		return from, to, false
	}
	if from = call.Caller(); method.Name == "transferFrom" {
		from = args[0].(common.Address)
	}
	return from, args[len(args)-2].(common.Address), true
}

func checkTokenCall(call *corevm.Contract) error {
	if len(call.Input) == 0 {
		return nil // a payment, given back
	}
	if len(call.Input) < 4 {
		return errUnknownFunction
	}
	method, err := werc20.ABI.MethodById(call.Input[:4])
	if err != nil {
		return errUnknownFunction
	}
	if value := call.Value(); value != nil && !value.IsZero() && method.Name != werc20.DepositMethod {
		return errValueNotTaken
	}
	return nil
}
