package integration_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// batch enters n one-sector files with one native message.
func (c *chain) batch(from apptest.Account, n int) *flowtypes.MsgSubmitBatch {
	c.tb.Helper()
	one := c.Submit(from, []byte("one"), []byte("some tags of an entry"))
	msg := &flowtypes.MsgSubmitBatch{Sender: from.Address.String()}
	for range n {
		msg.Items = append(msg.Items, flowtypes.SubmitItem{Submission: one.Submission, Endowment: one.Endowment})
	}
	return msg
}

// sendWithGas is send with a gas limit.
func (c *chain) sendWithGas(from apptest.Account, gas uint64, msg sdk.Msg) {
	c.tb.Helper()
	c.accepted(c.block(c.SignWith(from, apptest.TxOptions{GasLimit: gas}, msg)).TxResults[0], nil)
}

// TestTheGasTableCoversTheWork puts what a call is charged beside what its verb
// costs: gas of the stores as the SDK counts it for a native message, and time.
// go test -v prints the table of x/flow/README.md.
func TestTheGasTableCoversTheWork(t *testing.T) {
	c := newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.PayoutWindowLoads = 32768 }))
	alice, k := c.Accounts[0], c.App.FlowKeeper
	for range 4 {
		c.sendWithGas(alice, 50_000_000, c.batch(alice, 256))
	}
	for range 6 {
		c.block()
	}
	submit := func(size, tags int) func(sdk.Context) error {
		msg := c.Submit(alice, make([]byte, size), make([]byte, tags))
		return func(ctx sdk.Context) error {
			_, err := k.Append(ctx, 0, alice.Address, alice.Address, msg.Submission, msg.Endowment)
			return err
		}
	}
	for _, w := range []struct {
		name  string
		table uint64
		verb  func(sdk.Context) error
	}{
		{"submit, 1 node", 60_000 + 8_000, submit(200, 0)},
		{"submit, 3 nodes", 60_000 + 3*8_000, submit(256*11, 0)},
		{"submit, 1 node, 64 bytes of tags", 60_000 + 8_000 + 8*64, submit(200, 64)},
		{"submit, 1 node, 4096 bytes of tags", 60_000 + 8_000 + 8*4096, submit(200, 4096)},
		{"recharge", 60_000, func(ctx sdk.Context) error {
			_, err := k.Recharge(ctx, alice.Address, 0, 1, c.price())
			return err
		}},
		{"pricePerSector, paused, blocksPerEpoch", 2_000, func(ctx sdk.Context) error { _, err := k.Params.Get(ctx); return err }},
		{"numSubmissions, epoch, tree, computeFlowRoot", 3_000, func(ctx sdk.Context) error { _, err := k.Flow(ctx, 0); return err }},
		{"getContext", 5_000, func(ctx sdk.Context) error { _, err := k.Context(ctx, 0, 0); return err }},
		{"queryContextAtPosition", 5_000, func(ctx sdk.Context) error { _, err := k.ContextAt(ctx, 0, 1); return err }},
		{"getFlowRootByTxSeq, at", 5_000, func(ctx sdk.Context) error { _, err := k.Entry(ctx, 0, 1); return err }},
		{"entry", 20_000, func(ctx sdk.Context) error {
			entry, err := k.Entry(ctx, 0, 1)
			require.NoError(t, err)
			_, _, err = k.EntryReward(ctx, entry)
			return err
		}},
		{"contains", 1_500_000, func(ctx sdk.Context) error { return readLast(ctx, c, 1000) }},
	} {
		ctx := c.Ctx().WithGasMeter(storetypes.NewInfiniteGasMeter()).WithKVGasConfig(storetypes.KVGasConfig())
		require.NoError(t, w.verb(ctx), w.name)
		store := ctx.GasMeter().GasConsumed()
		start := time.Now()
		const runs = 10
		for range runs {
			require.NoError(t, w.verb(c.Ctx()), w.name)
		}
		t.Logf("%-46s table %7d  stores %7d  %v", w.name, w.table, store, (time.Since(start) / runs).Round(time.Microsecond))
		require.LessOrEqual(t, store, w.table, "%s costs the stores more than its table", w.name)
	}
}

// readLast reads the newest entries of the flow.
func readLast(ctx sdk.Context, c *chain, n int) error {
	iter, err := c.App.FlowKeeper.Entries.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](0).Descending())
	if err != nil {
		return err
	}
	defer iter.Close()
	for ; iter.Valid() && n > 0; n-- {
		if _, err := iter.Value(); err != nil {
			return err
		}
		iter.Next()
	}
	return nil
}

// TestWorkIsBoundedByWhatWasPaid: a reward window with very many ends to settle
// is settled by a message that pays for each, not by a call of fixed price.
func TestWorkIsBoundedByWhatWasPaid(t *testing.T) {
	c := newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.PayoutWindowLoads = 32768 }))
	alice := c.Accounts[0]
	for range 6 {
		c.sendWithGas(alice, 50_000_000, c.batch(alice, 256))
	}
	c.blockAfter(2000 * time.Second) // all are over
	one := c.Submit(alice, []byte("one"), nil)
	call := apptest.Call(flowAt, one.Endowment.BigInt(), calldata(t, flowABI, submitOld, submissionOf(one.Submission)))
	r := c.eth(alice, call)
	require.Contains(t, reason(r.Ret), "more work now than it pays for")
	require.Less(t, r.GasUsed, uint64(120_000), "the sender pays the table's price, not the bound")
	require.EqualValues(t, 6*256, c.entries())
	c.requireModuleAccounts()
	c.sendWithGas(alice, 20_000_000, one)
	c.mustEth(alice, call)
	c.requireModuleAccounts()
	require.True(t, c.balanceOf(flowAt).Equal(sdkmath.ZeroInt()))
}
