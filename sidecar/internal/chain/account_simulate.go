package chain

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"strings"

	"github.com/cosmos/cosmos-sdk/types/tx"
	"github.com/cosmos/gogoproto/proto"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// wrongSequence is what the SDK says of a number that is not the state's next;
// gRPC drops the code.
const wrongSequence = "account sequence mismatch"

// maxSimulations bounds the search for the number that a simulation runs with.
const maxSimulations = 5

// simulate returns the gas to offer: what a run on the node's state took and 30 %.
//
// The run has the number that the node's state wants, not the one the transaction
// will have: a node with a pool of the app's keeps waiting transactions out of
// the state that simulations run on, and refuses the number after them. With
// CometBFT's pool (mempool.max-txs below 0) that state does count them. Both say
// which number they want, also when a block came in between.
//
// What is under way has not run in that state. A message that needs it is refused
// here, so its sender waits for what it needs; one that takes more gas after it
// has the 30 %, then twice the gas.
func (a *Account) simulate(ctx context.Context, chainID string, msg proto.Message) (uint64, error) {
	number, sequence, err := a.remote.account(ctx, a.Address())
	if err != nil {
		return 0, err
	}
	for attempt := 1; ; attempt++ {
		// A fee of 1 base unit makes the run pay for moving the fee as well.
		bytes, err := a.signTx(msg, envelope{chainID, number, sequence, 0, big.NewInt(1), 0})
		if err != nil {
			return 0, err
		}
		gas, err := a.remote.simulate(ctx, bytes)
		if wanted, ok := wantedSequence(err); ok && attempt < maxSimulations {
			sequence = wanted
			continue
		}
		if err != nil {
			return 0, err
		}
		return gas/10*13 + 10_000, nil
	}
}

func (r *Remote) simulate(ctx context.Context, bytes []byte) (uint64, error) {
	call, cancel := bounded(ctx)
	defer cancel()
	answer, err := tx.NewServiceClient(r.conn).Simulate(call, &tx.SimulateRequest{TxBytes: bytes})
	if err != nil {
		mapped := mapError(ctx, "simulate", err)
		if code := status.Code(err); !errors.Is(mapped, ErrUnavailable) && (code == codes.Unknown || code == codes.InvalidArgument) {
			return 0, r.whyRefused(ctx, bytes, status.Convert(err).Message())
		}
		return 0, mapped
	}
	if answer.GasInfo == nil || answer.GasInfo.GasUsed == 0 {
		return 0, fmt.Errorf("%w: simulation without gas", ErrMalformed)
	}
	return answer.GasInfo.GasUsed, nil
}

// wantedSequence is the number that a node names when it refuses another.
func wantedSequence(err error) (uint64, bool) {
	var refused *Rejection
	if !isCode(err, codeWrongSequence) || !errors.As(err, &refused) {
		return 0, false
	}
	var wanted, got uint64
	_, said, _ := strings.Cut(refused.Log, wrongSequence)
	n, _ := fmt.Sscanf(said, ", expected %d, got %d", &wanted, &got)
	return wanted, n == 2 && wanted != got
}

// whyRefused finds codespace and code of a failed simulation, which gRPC drops.
func (r *Remote) whyRefused(ctx context.Context, bytes []byte, log string) error {
	refused := &Rejection{Log: log}
	if strings.Contains(log, wrongSequence) {
		refused.Codespace, refused.Code = sdkCodespace, codeWrongSequence
		return refused
	}
	var answer struct {
		Response struct {
			Code      uint32 `json:"code"`
			Codespace string `json:"codespace"`
			Log       string `json:"log"`
		} `json:"response"`
	}
	params := map[string]any{"path": "/app/simulate", "data": hex.EncodeToString(bytes)}
	if r.comet(ctx, "abci_query", params, &answer) == nil && answer.Response.Code != 0 {
		refused.Codespace, refused.Code, refused.Log = answer.Response.Codespace, answer.Response.Code, answer.Response.Log
	}
	return refused
}
