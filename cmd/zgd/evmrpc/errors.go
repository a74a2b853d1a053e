package evmrpc

import (
	"errors"
	"fmt"

	"github.com/ethereum/go-ethereum/core/vm"
	"google.golang.org/grpc/status"

	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Codes of JSON-RPC (EIP-1474) and of eth_simulateV1 (execution-apis) that a
// client may act on.
const (
	codeInvalidParams = -32602
	codeServer        = -32000
	codeLimitExceeded = -32005
	codeVM            = -32015
	codeTimeout       = -32016
	codeReverted      = 3
	codeNonceTooLow   = -38010
	codeNonceTooHigh  = -38011
	codeFeeTooLow     = -38012
	codeIntrinsicGas  = -38013
	codeFunds         = -38014
	codeBlockGas      = -38015
	codeBlockNumber   = -38020
	codeBlockTime     = -38021
	codeTooMany       = -38026
)

// rpcError is an error with the code that a client sees.
type rpcError struct {
	code    int
	message string
}

func (e rpcError) Error() string  { return e.message }
func (e rpcError) ErrorCode() int { return e.code }

func errorf(code int, format string, args ...any) error {
	return rpcError{code: code, message: fmt.Sprintf(format, args...)}
}

// Errors whose text clients match; the words are geth's.
var (
	errHeaderNotFound = errors.New("header not found")
	errUnknownBlock   = errors.New("unknown block")
)

// plain takes the gRPC frame "rpc error: code = ... desc = ..." off an error
// that came through a query; other errors pass, with their codes.
func plain(err error) error {
	if err == nil {
		return nil
	}
	if _, coded := err.(interface{ ErrorCode() int }); coded {
		return err
	}
	if s, ok := status.FromError(err); ok {
		return errors.New(s.Message())
	}
	return err
}

// executionError is what eth_call answers for a call that failed: code 3 with
// the returned bytes for a revert, geth's words for anything else.
func executionError(res *evmtypes.MsgEthereumTxResponse) error {
	switch {
	case res.VmError == "":
		return nil
	case res.VmError != vm.ErrExecutionReverted.Error():
		return errors.New(res.VmError)
	case len(res.Ret) == 0:
		return errorf(codeReverted, "%s", res.VmError)
	}
	return evmtypes.NewExecErrorWithReason(res.Ret)
}
