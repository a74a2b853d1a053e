//go:build e2e

package rpc

import (
	"testing"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

// nativeContracts: calls reach the chain's own contracts whichever way they are
// asked for: plain, with a state override, with a block override, in a
// simulation.
func nativeContracts(t *testing.T, w *world) {
	w = w.in(t)
	const market = "0x0000000000000000000000000000000000001021"
	call := map[string]any{"to": market, "data": hexutil.Encode(crypto.Keccak256([]byte("pricePerSector()"))[:4])}
	elsewhere := map[string]any{nobody: map[string]any{"balance": "0x1"}}
	var want string
	w.zgd.must(&want, "eth_call", call, "latest")
	if len(want) != 66 {
		t.Fatalf("pricePerSector() is %s", want)
	}
	for name, params := range map[string][]any{
		"a state override": {call, "latest", elsewhere},
		"a block override": {call, "latest", map[string]any{}, map[string]any{"time": "0x77777777"}},
		"both":             {call, "latest", elsewhere, map[string]any{"number": "0x77777777"}},
	} {
		var got string
		if w.zgd.must(&got, "eth_call", params...); got != want {
			t.Errorf("with %s: %s, without %s", name, got, want)
		}
	}
	var blocks []struct {
		Calls []struct{ ReturnData, Status string }
	}
	w.zgd.must(&blocks, "eth_simulateV1", map[string]any{"blockStateCalls": []any{map[string]any{"stateOverrides": elsewhere, "calls": []any{call}}}}, "latest")
	if got := blocks[0].Calls[0]; got.Status != "0x1" || got.ReturnData != want {
		t.Errorf("in a simulation: %+v, want %s", got, want)
	}
}
