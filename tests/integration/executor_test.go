package integration_test

import (
	"encoding/hex"
	"runtime"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
)

// TestEveryExecutorReachesTheSameState takes the same random blocks of storage
// messages, native and Ethereum transfers through the sequential executor, BlockSTM
// with one and with many workers and with estimates, on another database and on
// one processor: every block has one app hash and one list of results.
// Threat B19.
func TestEveryExecutorReachesTheSameState(t *testing.T) {
	stm := func(workers int, estimate bool) apptest.Options {
		return apptest.Options{AppOptions: map[string]any{
			"block-executor": "block-stm", "block-stm-workers": workers, "block-stm-pre-estimate": estimate,
		}}
	}
	disk, err := dbm.NewDB("application", dbm.GoLevelDBBackend, t.TempDir())
	require.NoError(t, err)
	followers := map[string]*chain{
		"block-stm, 8 workers":               newChainWith(t, stm(8, false)),
		"block-stm, 8 workers and estimates": newChainWith(t, stm(8, true)),
		"block-stm, 1 worker":                newChainWith(t, stm(1, false)),
		"sequential, goleveldb, 1 processor": newChainWith(t, apptest.Options{DB: disk}),
	}
	lead := newChain(t)
	h := newHistory(lead, 21)
	for range 40 {
		txs, want := h.next(24)
		for name, c := range followers {
			processors := runtime.GOMAXPROCS(0)
			if name == "sequential, goleveldb, 1 processor" {
				runtime.GOMAXPROCS(1)
			}
			got := c.block(txs...)
			runtime.GOMAXPROCS(processors)
			for i := range txs {
				require.Equal(t, want.TxResults[i].String(), got.TxResults[i].String(), "%s: transaction %d at height %d", name, i, lead.Height)
			}
			require.Equal(t, hex.EncodeToString(want.AppHash), hex.EncodeToString(got.AppHash), "%s: height %d", name, lead.Height)
		}
	}
	h.requireVariety()
}
