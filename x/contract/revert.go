package contract

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/core/vm"

	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Revert is an error that a caller sees as a custom error of the ABI.
type Revert struct {
	Data []byte // selector and arguments
	Text string // for logs
}

// Error names the custom error.
func (r *Revert) Error() string { return r.Text }

// NewRevert packs a custom error.
func NewRevert(e abi.Error, args ...any) error {
	data, err := e.Inputs.Pack(args...)
	if err != nil {
		return fmt.Errorf("custom error %s: %w", e.Name, err)
	}
	return &Revert{Data: append(append([]byte{}, e.ID[:4]...), data...), Text: fmt.Sprintf("%s%v", e.Name, args)}
}

// revert answers a call with an error: the data of a custom error, else
// Error(string).
func revert(evm *vm.EVM, err error) ([]byte, error) {
	var custom *Revert
	if errors.As(err, &custom) {
		evm.SetReturnData(custom.Data)
		return custom.Data, vm.ErrExecutionReverted
	}
	data, packErr := evmtypes.RevertReasonBytes(err.Error())
	if packErr != nil {
		return nil, vm.ErrExecutionReverted
	}
	evm.SetReturnData(data)
	return data, vm.ErrExecutionReverted
}
