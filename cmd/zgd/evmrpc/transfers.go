package evmrpc

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/tracing"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/crypto"
)

// Native value moves as logs of this address (ERC-7528) with the topic of
// ERC-20's Transfer when a simulation asks for traceTransfers.
var (
	nativeToken   = common.HexToAddress("0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE")
	transferTopic = crypto.Keccak256Hash([]byte("Transfer(address,address,uint256)"))
)

// transferTracer notes where among the logs of the call each transfer of value
// happened. A frame that reverts takes its transfers with it, as the state
// takes its logs.
type transferTracer struct {
	logs   func() []*ethtypes.Log // of the state, so far
	frames []int                  // per open frame: len(moves) when it opened
	moves  []move
}

type move struct {
	after int // logs that came before it
	log   *ethtypes.Log
}

func (t *transferTracer) hooks(wanted bool) *tracing.Hooks {
	if !wanted {
		return nil
	}
	return &tracing.Hooks{OnEnter: t.enter, OnExit: t.exit}
}

func (t *transferTracer) enter(_ int, opcode byte, from, to common.Address, _ []byte, _ uint64, value *big.Int) {
	t.frames = append(t.frames, len(t.moves))
	op := vm.OpCode(opcode)
	if op == vm.DELEGATECALL || op == vm.CALLCODE || value == nil || value.Sign() <= 0 {
		return
	}
	t.moves = append(t.moves, move{after: len(t.logs()), log: &ethtypes.Log{
		Address: nativeToken,
		Topics:  []common.Hash{transferTopic, common.BytesToHash(from.Bytes()), common.BytesToHash(to.Bytes())},
		Data:    common.BigToHash(value).Bytes(),
	}})
}

func (t *transferTracer) exit(_ int, _ []byte, _ uint64, _ error, reverted bool) {
	if len(t.frames) == 0 {
		return
	}
	opened := t.frames[len(t.frames)-1]
	t.frames = t.frames[:len(t.frames)-1]
	if reverted {
		t.moves = t.moves[:opened]
	}
}

// merge puts the transfers among the call's logs.
func (t *transferTracer) merge(logs []*ethtypes.Log) []*ethtypes.Log {
	out := make([]*ethtypes.Log, 0, len(logs)+len(t.moves))
	next := 0
	for i := 0; i <= len(logs); i++ {
		for ; next < len(t.moves) && t.moves[next].after <= i; next++ {
			out = append(out, t.moves[next].log)
		}
		if i < len(logs) {
			out = append(out, logs[i])
		}
	}
	return out
}
