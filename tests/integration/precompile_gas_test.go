package integration_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// TestTheGasTableCoversTheWork puts what a call is charged beside what its verb
// costs: gas of the stores as the SDK counts it for a native message, and time.
// go test -v prints the table of x/flow/README.md.
func TestTheGasTableCoversTheWork(t *testing.T) {
	c := newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.PayoutWindowLoads = 32768 }))
	alice := c.Accounts[0]
	for i := range 40 {
		c.mustSend(alice, c.Submit(alice, make([]byte, 256*(1+i*7)), []byte("some tags of an earlier entry")), nil)
	}
	for _, w := range []struct {
		name  string
		table uint64
		tags  int
		size  int
	}{
		{"submit, 1 node", 60_000 + 8_000, 0, 200},
		{"submit, 3 nodes", 60_000 + 3*8_000, 0, 256 * 11},
		{"submit, 1 node, 64 bytes of tags", 60_000 + 8_000 + 8*64, 64, 200},
		{"submit, 1 node, 4096 bytes of tags", 60_000 + 8_000 + 8*4096, 4096, 200},
	} {
		msg := c.Submit(alice, make([]byte, w.size), make([]byte, w.tags))
		ctx := c.Ctx().WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(storetypes.KVGasConfig())
		_, err := c.App.FlowKeeper.Append(ctx, 0, alice.Address, alice.Address, msg.Submission, msg.Endowment)
		require.NoError(t, err)
		store := ctx.GasMeter().GasConsumed()
		const runs = 20
		start := time.Now()
		for range runs {
			_, err := c.App.FlowKeeper.Append(c.Ctx(), 0, alice.Address, alice.Address, msg.Submission, msg.Endowment)
			require.NoError(t, err)
		}
		data := calldata(t, flowABI, submitOld, submissionOf(msg.Submission))
		r := c.mustEth(alice, apptest.Call(flowAt, msg.Endowment.BigInt(), data))
		t.Log(fmt.Sprintf("%-36s table %6d  transaction %6d  stores %6d  %v", w.name, w.table, r.GasUsed, store, time.Since(start)/runs))
	}
}
