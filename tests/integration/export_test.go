package integration_test

import (
	"context"
	"encoding/hex"
	"regexp"
	"testing"

	gogoproto "github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// TestAnExportedChainGoesOnAsIfNothingHadHappened exports a chain in the middle
// of its life and starts another from it. Both answer all queries alike, then
// take the same 100 blocks of submissions and proofs, and export the same state.
// Threat B21.
func TestAnExportedChainGoesOnAsIfNothingHadHappened(t *testing.T) {
	old := newChain(t)
	h := newHistory(old, 11)
	for range 60 {
		h.next(6)
	}
	for flow := old.flowState().Flows[0]; flow.NextEpochHeight-old.Height < 3; flow = old.flowState().Flows[0] {
		h.next(0) // the first block of the new chain has a hash of its own: keep it out of a context
	}
	exported := old.Export(false)
	fresh := &chain{Chain: apptest.New(t, apptest.Options{State: &exported, AppOptions: home(t, nil)}), tb: t}
	old.Deliver()
	require.Equal(t, old.Height, fresh.Height)
	requireSameAnswers(t, old, fresh, h)

	before := h.done["proof"]
	for range 100 {
		txs, want := h.next(5)
		got := fresh.block(txs...)
		require.Equal(t, len(want.TxResults), len(got.TxResults))
		for i := range want.TxResults {
			require.Equal(t, want.TxResults[i].Code, got.TxResults[i].Code, "%s\n%s", want.TxResults[i].Log, got.TxResults[i].Log)
			require.Equal(t, want.TxResults[i].Data, got.TxResults[i].Data)
		}
		fresh.requireModuleAccounts()
	}
	require.Greater(t, h.done["proof"], before+10)
	requireSameAnswers(t, old, fresh, h)
	for name := range old.App.ModuleManager.Modules {
		if name == stakingtypes.ModuleName {
			continue // keeps headers, and those name an app hash
		}
		require.JSONEq(t, sameOnBoth(old.state(name)), sameOnBoth(fresh.state(name)), "state of %s", name)
	}
}

// TestAChainRestartedAtHeightZeroGoesOnMining exports for a new chain that counts
// its blocks anew: epochs turn on time there, and proofs are paid. Threat B21.
func TestAChainRestartedAtHeightZeroGoesOnMining(t *testing.T) {
	old := newChain(t)
	h := newHistory(old, 12)
	for range 60 {
		h.next(6)
	}
	require.NotEmpty(t, h.miners)
	exported := old.Export(true)
	require.Zero(t, exported.Height)
	h.move(&chain{Chain: apptest.New(t, apptest.Options{State: &exported, AppOptions: home(t, nil)}), tb: t})
	epoch, before := h.c.flowState().Flows[0].Epoch, h.done["proof"]
	for range 40 {
		h.next(6)
		h.c.requireModuleAccounts()
	}
	require.GreaterOrEqual(t, h.c.flowState().Flows[0].Epoch, epoch+7, "40 blocks are 8 epochs")
	require.Greater(t, h.done["proof"], before+3)
}

// madeNumber is the number of an account that was made after genesis. The SDK
// derives it from the block header, which names the app hash of its own chain.
var madeNumber = regexp.MustCompile(`"account_number": *"\d{19,20}"`)

// sameOnBoth is a module's state without what belongs to one chain's headers.
func sameOnBoth(raw []byte) string {
	if raw == nil {
		return "null" // a module without state
	}
	return madeNumber.ReplaceAllString(string(raw), `"account_number":"made"`)
}

// requireSameAnswers asks both chains every query of our modules.
func requireSameAnswers(t *testing.T, a, b *chain, h *history) {
	t.Helper()
	want, got := answers(t, a, h), answers(t, b, h)
	require.Equal(t, len(want), len(got))
	for i := range want {
		require.Equal(t, want[i].String(), got[i].String(), "answer %d, a %T", i, want[i])
	}
}

func answers(t *testing.T, c *chain, h *history) (list []gogoproto.Message) {
	t.Helper()
	ctx := context.Background()
	add := func(response gogoproto.Message, err error) {
		t.Helper()
		require.NoError(t, err)
		list = append(list, response)
	}
	addFlow(add, ctx, c)
	pora := c.pora()
	add(pora.Params(ctx, &poratypes.QueryParamsRequest{}))
	add(pora.Miners(ctx, &poratypes.QueryMinersRequest{}))
	add(pora.Epoch(ctx, &poratypes.QueryEpochRequest{}))
	add(pora.Proofs(ctx, &poratypes.QueryProofsRequest{Limit: 1000}))
	for _, m := range h.miners {
		add(pora.Miner(ctx, &poratypes.QueryMinerRequest{MinerId: hex.EncodeToString(m.id)}))
		add(pora.Work(ctx, &poratypes.QueryWorkRequest{MinerId: hex.EncodeToString(m.id)}))
	}
	for _, a := range c.Accounts {
		add(pora.Credit(ctx, &poratypes.QueryCreditRequest{Beneficiary: a.Address.String()}))
	}
	return list
}

func addFlow(add func(gogoproto.Message, error), ctx context.Context, c *chain) {
	flow, state := c.flow(), c.flowState()
	add(flow.Params(ctx, &flowtypes.QueryParamsRequest{}))
	add(flow.Flow(ctx, &flowtypes.QueryFlowRequest{}))
	add(flow.Totals(ctx, &flowtypes.QueryTotalsRequest{}))
	add(flow.Price(ctx, &flowtypes.QueryPriceRequest{Sectors: 1024}))
	add(flow.Entries(ctx, &flowtypes.QueryEntriesRequest{Limit: 1000}))
	add(flow.Expiring(ctx, &flowtypes.QueryExpiringRequest{BeforeTime: 1 << 40, Limit: 1000}))
	for _, entry := range state.Entries {
		add(flow.Entry(ctx, &flowtypes.QueryEntryRequest{TxSeq: entry.TxSeq}))
		add(flow.EntryReward(ctx, &flowtypes.QueryEntryRewardRequest{TxSeq: entry.TxSeq}))
		add(flow.Locate(ctx, &flowtypes.QueryLocateRequest{Sector: entry.StartSector}))
		add(flow.EntriesByRoot(ctx, &flowtypes.QueryEntriesByRootRequest{Root: hex.EncodeToString(entry.Root)}))
	}
	for _, w := range state.Windows {
		add(flow.Accrued(ctx, &flowtypes.QueryAccruedRequest{Window: w.Window}))
	}
	for _, opened := range state.Contexts {
		add(flow.Context(ctx, &flowtypes.QueryContextRequest{Epoch: opened.Epoch}))
		if opened.FlowLengthSectors > opened.PreviousLengthSectors {
			add(flow.ContextAt(ctx, &flowtypes.QueryContextAtRequest{Sector: opened.FlowLengthSectors - 1}))
		}
	}
}
