package keeper_test

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/types"
)

type vectorNode struct {
	Height uint32 `json:"height"`
	Root   string `json:"root"`
}

func (n vectorNode) node(tb testing.TB) types.Node {
	tb.Helper()
	root, err := hex.DecodeString(strings.TrimPrefix(n.Root, "0x"))
	require.NoError(tb, err)
	return types.Node{Root: root, Height: n.Height}
}

// flowVectors is what this room reads of the vectors of the reference contract;
// the tree package asserts the rest.
type flowVectors struct {
	Submissions []struct {
		Size       uint64       `json:"size"`
		Nodes      []vectorNode `json:"nodes"`
		StartIndex uint64       `json:"startIndex"`
		Length     uint64       `json:"currentLength"`
		FlowRoot   string       `json:"flowRoot"`
	} `json:"submissions"`
	Validity []struct {
		Name       string `json:"name"`
		Submission struct {
			Length uint64       `json:"length"`
			Nodes  []vectorNode `json:"nodes"`
		} `json:"submission"`
		Valid bool `json:"valid"`
	} `json:"validity"`
}

func readVectors(tb testing.TB) (v flowVectors) {
	tb.Helper()
	raw, err := os.ReadFile("../merkle/testdata/flow_tree.json")
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(raw, &v))
	require.Len(tb, v.Submissions, 14)
	require.Len(tb, v.Validity, 15)
	return v
}

// mission S04 S07 S17
func TestEntriesLandWhereTheReferenceContractPutsThem(t *testing.T) {
	f := newFixture(t)
	for i, want := range readVectors(t).Submissions {
		s := types.Submission{SizeBytes: want.Size}
		for _, node := range want.Nodes {
			s.Nodes = append(s.Nodes, node.node(t))
		}
		got := f.submit(s, 40_000_000_000)
		require.Equal(t, uint64(i+1), got.TxSeq, "txSeq starts at 1")
		require.Equal(t, want.StartIndex, got.StartSector)
		flow, err := f.queries.Flow(f.ctx, &types.QueryFlowRequest{})
		require.NoError(t, err)
		require.Equal(t, want.Length, flow.Flow.LengthSectors)
		require.Equal(t, want.FlowRoot, "0x"+hex.EncodeToString(flow.Root))
		entry, err := f.keeper.Entry(f.ctx, 0, got.TxSeq)
		require.NoError(t, err)
		require.Equal(t, flow.Root, entry.FlowRoot, "the root after each entry is kept for its readers")
	}
}

// mission S16
func TestSubmissionsAreJudgedAsTheReferenceContractDoes(t *testing.T) {
	for _, c := range readVectors(t).Validity {
		t.Run(c.Name, func(t *testing.T) {
			f := newFixture(t)
			s := types.Submission{SizeBytes: c.Submission.Length}
			for _, node := range c.Submission.Nodes {
				s.Nodes = append(s.Nodes, node.node(t))
			}
			_, err := f.keeper.Append(f.ctx, 0, alice, alice, s, sdkmath.NewInt(1e18).MulRaw(1e9))
			if c.Valid {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, types.ErrInvalidSubmission)
		})
	}
}

// mission S16 P01
func TestSubmitRefuses(t *testing.T) {
	good := func() *types.MsgSubmit {
		return &types.MsgSubmit{Sender: alice.String(), Submission: submission(t, 300), Endowment: sdkmath.NewInt(20)}
	}
	for name, c := range map[string]struct {
		spoil func(*fixture, *types.MsgSubmit)
		want  error
	}{
		"a file of no bytes":            {func(_ *fixture, m *types.MsgSubmit) { m.Submission.SizeBytes = 0 }, types.ErrInvalidSubmission},
		"no nodes":                      {func(_ *fixture, m *types.MsgSubmit) { m.Submission.Nodes = nil }, types.ErrInvalidSubmission},
		"a root of 31 bytes":            {func(_ *fixture, m *types.MsgSubmit) { m.Submission.Nodes[0].Root = make([]byte, 31) }, types.ErrInvalidSubmission},
		"a height of 64":                {func(_ *fixture, m *types.MsgSubmit) { m.Submission.Nodes[0].Height = 64 }, types.ErrInvalidSubmission},
		"a height that wraps to 1":      {func(_ *fixture, m *types.MsgSubmit) { m.Submission.Nodes[0].Height = 257 }, types.ErrInvalidSubmission},
		"a size one byte too large":     {func(_ *fixture, m *types.MsgSubmit) { m.Submission.SizeBytes = 513 }, types.ErrInvalidSubmission},
		"tags one byte too long":        {func(_ *fixture, m *types.MsgSubmit) { m.Submission.Tags = make([]byte, 4097) }, types.ErrInvalidSubmission},
		"an entry one sector too large": {func(f *fixture, _ *types.MsgSubmit) { f.setParams(func(p *types.Params) { p.MaxEntrySectors = 1 }) }, types.ErrInvalidSubmission},
		"nothing paid":                  {func(_ *fixture, m *types.MsgSubmit) { m.Endowment = sdkmath.ZeroInt() }, types.ErrInvalidSubmission},
		"no amount":                     {func(_ *fixture, m *types.MsgSubmit) { m.Endowment = sdkmath.Int{} }, types.ErrInvalidSubmission},
		"a negative amount":             {func(_ *fixture, m *types.MsgSubmit) { m.Endowment = sdkmath.NewInt(-20) }, types.ErrInvalidSubmission},
		"an amount of 129 bits":         {func(_ *fixture, m *types.MsgSubmit) { m.Endowment = sdkmath.NewInt(1 << 62).MulRaw(1 << 62).MulRaw(16) }, types.ErrInvalidSubmission},
		"one base unit below the floor": {func(_ *fixture, m *types.MsgSubmit) { m.Endowment = sdkmath.NewInt(19) }, types.ErrUnderpaid},
		"more than the sender has":      {func(_ *fixture, m *types.MsgSubmit) { m.Sender, m.Endowment = bob.String(), sdkmath.NewInt(2e18) }, nil},
		"an unknown flow":               {func(_ *fixture, m *types.MsgSubmit) { m.FlowId = 1 }, types.ErrFlowNotFound},
		"a sender that is no address":   {func(_ *fixture, m *types.MsgSubmit) { m.Sender = "alice" }, types.ErrInvalidSubmission},
		"a submitter that is none":      {func(_ *fixture, m *types.MsgSubmit) { m.Submitter = "0x12" }, types.ErrInvalidSubmission},
		"while paused":                  {func(f *fixture, _ *types.MsgSubmit) { f.setParams(func(p *types.Params) { p.Paused = true }) }, types.ErrPaused},
	} {
		t.Run(name, func(t *testing.T) {
			f, msg := newFixture(t, cheap), good()
			c.spoil(f, msg)
			before, _ := f.keeper.Flow(f.ctx, 0)
			cacheCtx, _ := f.ctx.CacheContext() // as baseapp does for a failing message
			_, err := f.msgs.Submit(cacheCtx, msg)
			require.Error(t, err)
			if c.want != nil {
				require.ErrorIs(t, err, c.want)
			}
			after, _ := f.keeper.Flow(f.ctx, 0)
			require.Equal(t, before, after)
			require.True(t, f.moduleBalance().IsZero())
		})
	}
	f := newFixture(t, cheap)
	_, err := f.msgs.Submit(f.ctx, good())
	require.NoError(t, err, "the unspoiled message passes")
}

func (f *fixture) setParams(change func(*types.Params)) {
	f.tb.Helper()
	params, err := f.keeper.Params.Get(f.ctx)
	require.NoError(f.tb, err)
	change(&params)
	require.NoError(f.tb, f.keeper.Params.Set(f.ctx, params))
}

// mission P02
func TestUnitPriceIsEndowmentBySectorsAndTheRestStaysWithTheSender(t *testing.T) {
	for _, c := range []struct{ offered, sectors, unit, taken int64 }{
		{10, 1, 10, 10},
		{11, 1, 11, 11},
		{33, 3, 11, 33},
		{35, 3, 11, 33},
		{1<<62 + 1, 2, 1 << 61, 1 << 62},
	} {
		f := newFixture(t, cheap)
		s := submission(t, int(c.sectors)*256)
		before := f.bank.balance(string(alice))
		got, err := f.msgs.Submit(f.ctx, &types.MsgSubmit{Sender: alice.String(), Submission: s, Endowment: sdkmath.NewInt(c.offered)})
		require.NoError(t, err)
		require.Equal(t, sdkmath.NewInt(c.taken), got.Endowment)
		require.Equal(t, sdkmath.NewInt(c.taken), before.Sub(f.bank.balance(string(alice))))
		entry, err := f.keeper.Entry(f.ctx, 0, 1)
		require.NoError(t, err)
		require.Equal(t, sdkmath.NewInt(c.unit), entry.UnitPrice)
	}
}

func TestBatchIsAllOrNothing(t *testing.T) {
	f := newFixture(t, cheap)
	item := func(size int) types.SubmitItem {
		s := submission(t, size)
		return types.SubmitItem{Submission: s, Endowment: sdkmath.NewInt(10).MulRaw(sectors(s))}
	}
	bad := item(256)
	bad.Endowment = bad.Endowment.SubRaw(1)
	_, err := f.msgs.SubmitBatch(f.ctx, &types.MsgSubmitBatch{Sender: alice.String()})
	require.ErrorIs(t, err, types.ErrBatchTooLarge)
	cacheCtx, _ := f.ctx.CacheContext()
	_, err = f.msgs.SubmitBatch(cacheCtx, &types.MsgSubmitBatch{Sender: alice.String(), Items: []types.SubmitItem{item(1), bad}})
	require.ErrorContains(t, err, "item 1")
	got, err := f.msgs.SubmitBatch(f.ctx, &types.MsgSubmitBatch{
		Sender: alice.String(), Submitter: bob.String(), Items: []types.SubmitItem{item(1), item(1), item(70_000)},
	})
	require.NoError(t, err)
	require.Len(t, got.Results, 3)
	require.Equal(t, got.Results[0].Root, got.Results[1].Root, "a root may be entered twice")
	byRoot, err := f.queries.EntriesByRoot(f.ctx, &types.QueryEntriesByRootRequest{Root: "0x" + hex.EncodeToString(got.Results[0].Root)})
	require.NoError(t, err)
	require.Len(t, byRoot.Entries, 2)
	require.Equal(t, bob.String(), byRoot.Entries[0].Submitter)
	require.Equal(t, alice.String(), byRoot.Entries[0].Payer)
}

// mission S10 S11
func TestLocateFindsEverySectorAndNamesGapsAndPadding(t *testing.T) {
	f := newFixture(t, cheap)
	f.submit(submission(t, 4097), 10)    // 17 data sectors, 18 charged, at 16
	f.submit(submission(t, 262_144), 10) // a whole load, at 1024
	locate := func(sector uint64) (*types.QueryLocateResponse, error) {
		return f.queries.Locate(f.ctx, &types.QueryLocateRequest{Sector: sector})
	}
	for sector := uint64(0); sector < 2048; sector++ {
		got, err := locate(sector)
		switch {
		case sector >= 16 && sector < 34:
			require.NoError(t, err)
			require.Equal(t, uint64(1), got.Entry.TxSeq)
			require.Equal(t, (sector-16)*256, got.OffsetBytes)
			require.Equal(t, sector == 33, got.Padding)
		case sector >= 1024:
			require.NoError(t, err)
			require.Equal(t, uint64(2), got.Entry.TxSeq)
			require.False(t, got.Padding)
		default:
			require.Error(t, err, "sector %d is a gap", sector)
		}
	}
}

func TestLoadHoldsDataOnlyWhereSomeEntryHasADataSector(t *testing.T) {
	f := newFixture(t, cheap)
	holds := func(load uint64) bool {
		got, err := f.keeper.LoadHoldsData(f.ctx, 0, load)
		require.NoError(t, err)
		return got
	}
	require.False(t, holds(0), "an empty flow")
	f.submit(submission(t, 1), 10)
	require.True(t, holds(0))
	big := submission(t, 17*262_144+1) // 18 data loads, padded to 20, aligned to 16 loads
	placed := f.submit(big, 10)
	first := placed.StartSector / 1024
	require.Equal(t, uint64(16), first)
	require.False(t, holds(first-1), "the gap before a large file")
	require.True(t, holds(first))
	require.True(t, holds(first+17), "the last data sector")
	require.False(t, holds(first+18), "padding only")
	require.False(t, holds(first+20), "behind the end")
}

func TestSubmitWritesAtMostTenKeysWhateverItsSize(t *testing.T) {
	f := newFixture(t)
	for _, height := range []uint32{0, 3, 10, 17, 24} { // 256 B to 4 GiB
		*f.writes = 0
		f.submit(subtree(height), 40_000_000_000)
		require.LessOrEqual(t, *f.writes, 10, "2^%d sectors", height)
	}
}
