//go:build e2e

package rpc

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// One network for all: starting it takes longer than most of what it is asked.
//
// mission E02 (result shapes of execution-apis, anvil side by side, subscriptions, errors, bounds)
func TestE02_JSONRPCAsWalletsExpectIt(t *testing.T) {
	w := newWorld(t)
	t.Run("every method has the outcome that the matrix states", func(t *testing.T) {
		values := matrix(t, w)
		t.Run("and every result the shape of execution-apis", func(t *testing.T) { shapes(t, values) })
	})
	t.Run("frames over HTTP", func(t *testing.T) { httpFrames(t, w) })
	t.Run("WebSocket", func(t *testing.T) { websockets(t, w) })
	t.Run("pool", func(t *testing.T) { pool(t, w) })
	t.Run("a burst without waiting", func(t *testing.T) { burst(t, w) })
	t.Run("a transaction that dies at commit leaves its block readable", func(t *testing.T) { deadAtCommit(t, w) })
	t.Run("the chain's own contracts in every kind of call", func(t *testing.T) { nativeContracts(t, w) })
	t.Run("the beacon's transaction is nobody's", func(t *testing.T) { injected(t, w) })
	t.Run("a trace begins after its predecessors", func(t *testing.T) { predecessors(t, w) })
	t.Run("viem and ethers", func(t *testing.T) { t.Log(w.net.Node(2*time.Minute, "clients.mjs")) })
	t.Run("bounds", func(t *testing.T) { bounds(t, w) })
}

// shapes holds values against schemas/eth.json.
func shapes(t *testing.T, values []observed) {
	text, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "values.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Log(runNode(t, "check.mjs", path))
}
