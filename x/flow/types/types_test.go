package types_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/flow/types"
)

// mission C17
func TestParamsRefuseEveryBoundBroken(t *testing.T) {
	require.NoError(t, types.DefaultParams().Validate())
	for _, share := range []uint32{100, 9900, 10_000} {
		params := types.DefaultParams()
		params.MaxBlockShareBps = share
		require.NoError(t, params.Validate())
	}
	for name, spoil := range map[string]func(*types.Params){
		"no price floor":          func(p *types.Params) { p.PriceFloor = sdkmath.Int{} },
		"a price floor of 0":      func(p *types.Params) { p.PriceFloor = sdkmath.ZeroInt() },
		"a negative price floor":  func(p *types.Params) { p.PriceFloor = sdkmath.NewInt(-1) },
		"a price floor of 2^128":  func(p *types.Params) { p.PriceFloor = sdkmath.NewIntWithDecimal(4, 38) },
		"a period of 59 s":        func(p *types.Params) { p.PeriodSeconds = 59 },
		"a period beyond a life":  func(p *types.Params) { p.PeriodSeconds = 101 * 365 * 86400 },
		"tags above 64 KiB":       func(p *types.Params) { p.MaxTagsBytes = 65537 },
		"stored tags above 1 KiB": func(p *types.Params) { p.MaxStoredTagsBytes = 1025 },
		"batches of none":         func(p *types.Params) { p.MaxBatch = 0 },
		"entries of none":         func(p *types.Params) { p.MaxEntrySectors = 0 },
		"entries above 16 TiB":    func(p *types.Params) { p.MaxEntrySectors = 1<<36 + 1 },
		"epochs of no block":      func(p *types.Params) { p.BlocksPerEpoch = 0 },
		"no context history":      func(p *types.Params) { p.ContextHistory = 0 },
		"a grace beyond a life":   func(p *types.Params) { p.RechargeGraceSeconds = 1 << 40 },
		"recharges of 0 s":        func(p *types.Params) { p.MinRechargeSeconds = 0 },
		"a block share of 99":     func(p *types.Params) { p.MaxBlockShareBps = 99 },
		"a block share of 9901":   func(p *types.Params) { p.MaxBlockShareBps = 9901 },
		"a block share of 10001":  func(p *types.Params) { p.MaxBlockShareBps = 10_001 },
	} {
		t.Run(name, func(t *testing.T) {
			params := types.DefaultParams()
			spoil(&params)
			require.ErrorIs(t, params.Validate(), types.ErrInvalidParams)
		})
	}
}

func TestGenesisRefuses(t *testing.T) {
	require.NoError(t, types.DefaultGenesis().Validate())
	for name, spoil := range map[string]func(*types.GenesisState){
		"a window that is no power of two": func(g *types.GenesisState) { g.PayoutWindowLoads = 3 },
		"a window of 0":                    func(g *types.GenesisState) { g.PayoutWindowLoads = 0 },
		"no main flow":                     func(g *types.GenesisState) { g.Flows = nil },
		"a flow twice":                     func(g *types.GenesisState) { g.Flows = append(g.Flows, g.Flows[0]) },
		"a flow with a peak too many":      func(g *types.GenesisState) { g.Flows[0].Peaks = append(g.Flows[0].Peaks, make([]byte, 32)) },
		"a flow with a short peak":         func(g *types.GenesisState) { g.Flows[0].Peaks[0] = make([]byte, 31) },
		"a flow that starts at txSeq 0":    func(g *types.GenesisState) { g.Flows[0].NextTxSeq = 0 },
		"an entry of the future":           func(g *types.GenesisState) { g.Entries = []types.Entry{{TxSeq: 1}} },
		"more paid than deposited":         func(g *types.GenesisState) { g.Totals.Paid = sdkmath.OneInt() },
	} {
		t.Run(name, func(t *testing.T) {
			g := types.DefaultGenesis()
			spoil(g)
			require.Error(t, g.Validate())
		})
	}
}

// FuzzSubmission: no bytes make the decoder or the validator panic, and what is
// valid encodes to itself and adds up.
func FuzzSubmission(f *testing.F) {
	root := merkle.ZeroRoot(3)
	good := types.Submission{SizeBytes: 2048, Nodes: []types.Node{{Root: root[:], Height: 3}}}
	raw, err := good.Marshal()
	require.NoError(f, err)
	f.Add(raw)
	f.Fuzz(func(t *testing.T, raw []byte) {
		var s types.Submission
		if s.Unmarshal(raw) != nil {
			return
		}
		nodes, err := s.MerkleNodes()
		if err != nil {
			require.ErrorIs(t, err, types.ErrInvalidSubmission)
			return
		}
		require.LessOrEqual(t, s.SizeBytes, merkle.ChargedSectors(nodes)*256)
		again, err := s.Marshal()
		require.NoError(t, err)
		var back types.Submission
		require.NoError(t, back.Unmarshal(again))
		require.Equal(t, s, back)
	})
}
