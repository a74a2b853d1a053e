package types

import (
	"math/bits"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/merkle"
)

// DefaultPayoutWindowLoads is 8 GiB in loads of 256 KiB, the granule of claims.
const DefaultPayoutWindowLoads = 32768

// DefaultGenesis is an empty main flow.
func DefaultGenesis() *GenesisState {
	return &GenesisState{
		Params:            DefaultParams(),
		PayoutWindowLoads: DefaultPayoutWindowLoads,
		Flows:             []Flow{NewFlow(MainFlowID)},
		Totals:            Totals{Deposited: sdkmath.ZeroInt(), Paid: sdkmath.ZeroInt()},
	}
}

// NewFlow is a flow without entries.
func NewFlow(flowID uint64) Flow {
	flow := Flow{FlowId: flowID, NextTxSeq: 1}
	flow.SetFrontier(merkle.NewFrontier())
	return flow
}

// Frontier is the flow's tree in the words of the tree package.
func (f Flow) Frontier() (merkle.Frontier, error) {
	frontier := merkle.Frontier{LengthSectors: f.LengthSectors, Peaks: make([]merkle.Hash, len(f.Peaks))}
	for i, peak := range f.Peaks {
		if len(peak) != len(merkle.Hash{}) {
			return merkle.Frontier{}, ErrInvalidState.Wrapf("peak %d of flow %d has %d bytes, want 32", i, f.FlowId, len(peak))
		}
		frontier.Peaks[i] = merkle.Hash(peak)
	}
	if err := frontier.Validate(); err != nil {
		return merkle.Frontier{}, ErrInvalidState.Wrapf("flow %d: %s", f.FlowId, err)
	}
	return frontier, nil
}

// SetFrontier stores the tree.
func (f *Flow) SetFrontier(frontier merkle.Frontier) {
	f.LengthSectors = frontier.LengthSectors
	f.Peaks = make([][]byte, len(frontier.Peaks))
	for i := range frontier.Peaks {
		f.Peaks[i] = frontier.Peaks[i][:]
	}
}

// Validate checks everything that one record shows by itself.
func (g GenesisState) Validate() error {
	if err := g.Params.Validate(); err != nil {
		return err
	}
	if bits.OnesCount64(g.PayoutWindowLoads) != 1 || g.PayoutWindowLoads > 1<<30 {
		return ErrInvalidGenesis.Wrapf("payout_window_loads %d, want a power of two up to 2^30", g.PayoutWindowLoads)
	}
	known := map[uint64]uint64{} // flow → next txSeq; only looked up, never ranged over
	for _, flow := range g.Flows {
		if _, err := flow.Frontier(); err != nil {
			return ErrInvalidGenesis.Wrap(err.Error())
		}
		if _, twice := known[flow.FlowId]; twice || flow.NextTxSeq == 0 {
			return ErrInvalidGenesis.Wrapf("flow %d: listed twice or next_tx_seq 0, want once and from 1", flow.FlowId)
		}
		known[flow.FlowId] = flow.NextTxSeq
	}
	if _, ok := known[MainFlowID]; !ok {
		return ErrInvalidGenesis.Wrap("main flow 0 is missing")
	}
	for _, entry := range g.Entries {
		if err := entry.Validate(known[entry.FlowId]); err != nil {
			return err
		}
	}
	if g.Totals.Deposited.IsNil() || g.Totals.Paid.IsNil() || g.Totals.Paid.GT(g.Totals.Deposited) || g.Totals.Paid.IsNegative() {
		return ErrInvalidGenesis.Wrap("totals: want 0 <= paid <= deposited")
	}
	return nil
}

// Validate checks an entry of a flow whose next txSeq is nextTxSeq.
func (e Entry) Validate(nextTxSeq uint64) error {
	if e.TxSeq == 0 || e.TxSeq >= nextTxSeq {
		return ErrInvalidGenesis.Wrapf("entry %d of flow %d, want 1 to %d", e.TxSeq, e.FlowId, nextTxSeq)
	}
	if len(e.Root) != 32 || len(e.FlowRoot) != 32 || len(e.TagsHash) != 32 {
		return ErrInvalidGenesis.Wrapf("entry %d: roots and tags hash want 32 bytes each", e.TxSeq)
	}
	if _, err := (Submission{SizeBytes: e.SizeBytes, Nodes: e.Nodes}).MerkleNodes(); err != nil {
		return ErrInvalidGenesis.Wrapf("entry %d: %s", e.TxSeq, err)
	}
	if len(e.Intervals) == 0 || len(e.Intervals) > MaxIntervals {
		return ErrInvalidGenesis.Wrapf("entry %d has %d intervals, want 1 to %d", e.TxSeq, len(e.Intervals), MaxIntervals)
	}
	for i, interval := range e.Intervals {
		if interval.EndTime <= interval.StartTime || interval.RateSeconds <= 0 ||
			interval.Endowment.IsNil() || !interval.Endowment.IsPositive() ||
			interval.RateBase.IsNil() || !interval.RateBase.IsPositive() {
			return ErrInvalidGenesis.Wrapf("entry %d: interval %d is empty", e.TxSeq, i)
		}
	}
	return nil
}
