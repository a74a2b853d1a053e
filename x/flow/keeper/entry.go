package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/flow/types"
)

// Append enters a submission into a flow: price check, placement, endowment,
// event. Of the offered endowment the largest multiple of the sectors is taken.
func (k Keeper) Append(
	ctx context.Context, flowID uint64, payer, submitter sdk.AccAddress, s types.Submission, offered sdkmath.Int,
) (types.Entry, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return types.Entry{}, err
	}
	if params.Paused {
		return types.Entry{}, types.ErrPaused
	}
	nodes, unitPrice, err := priced(params, s, offered)
	if err != nil {
		return types.Entry{}, err
	}
	entry, err := k.place(ctx, flowID, nodes)
	if err != nil {
		return types.Entry{}, err
	}
	endowment := unitPrice.MulRaw(int64(entry.Sectors))
	if err := k.deposit(ctx, payer, endowment); err != nil {
		return types.Entry{}, err
	}
	describe(ctx, &entry, s, payer, submitter, params)
	entry.UnitPrice = unitPrice
	entry.Intervals = []types.ActiveInterval{firstInterval(ctx, params, endowment)}
	if err := k.store(ctx, entry); err != nil {
		return types.Entry{}, err
	}
	if err := k.addInterval(ctx, entry, entry.Intervals[0]); err != nil {
		return types.Entry{}, err
	}
	return entry, emitSubmit(ctx, entry, s, nodes)
}

// priced validates a submission against the parameters and prices it. The unit
// price is per charged sector; paying the floor exactly is enough.
func priced(params types.Params, s types.Submission, offered sdkmath.Int) ([]merkle.Node, sdkmath.Int, error) {
	nodes, err := s.MerkleNodes()
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	if len(s.Tags) > int(params.MaxTagsBytes) {
		return nil, sdkmath.Int{}, types.ErrInvalidSubmission.Wrapf("tags have %d bytes, want at most %d", len(s.Tags), params.MaxTagsBytes)
	}
	sectors := merkle.ChargedSectors(nodes)
	if sectors > params.MaxEntrySectors {
		return nil, sdkmath.Int{}, types.ErrInvalidSubmission.Wrapf("%d sectors, want at most %d: split the file", sectors, params.MaxEntrySectors)
	}
	if err := types.ValidateAmount("endowment", offered); err != nil {
		return nil, sdkmath.Int{}, err
	}
	unitPrice := offered.Quo(sdkmath.NewIntFromUint64(sectors))
	if unitPrice.LT(params.PriceFloor) {
		return nil, sdkmath.Int{}, types.ErrUnderpaid.Wrapf("endowment %s%s for %d sectors is %s each, want at least %s: pay %s",
			offered, types.Denom, sectors, unitPrice, params.PriceFloor, params.PriceFloor.Mul(sdkmath.NewIntFromUint64(sectors)))
	}
	return nodes, unitPrice, nil
}

// place appends the nodes to the flow's tree and takes the next txSeq.
func (k Keeper) place(ctx context.Context, flowID uint64, nodes []merkle.Node) (types.Entry, error) {
	flow, err := k.Flow(ctx, flowID)
	if err != nil {
		return types.Entry{}, err
	}
	frontier, err := flow.Frontier()
	if err != nil {
		return types.Entry{}, err
	}
	start, err := frontier.Append(nodes)
	if err != nil {
		return types.Entry{}, types.ErrFlowFull.Wrapf("flow %d: %s", flowID, err)
	}
	root, fileRoot := frontier.Root(), merkle.FileRoot(nodes)
	entry := types.Entry{
		FlowId: flowID, TxSeq: flow.NextTxSeq,
		Root: fileRoot[:], FlowRoot: root[:],
		StartSector: start, Sectors: merkle.ChargedSectors(nodes),
	}
	flow.SetFrontier(frontier)
	flow.NextTxSeq++
	return entry, k.Flows.Set(ctx, flowID, flow)
}

// describe fills in what the submission says of the entry. Short tags are kept
// in state, so that a reader of the chain alone can tell what kind of file it is.
func describe(ctx context.Context, entry *types.Entry, s types.Submission, payer, submitter sdk.AccAddress, params types.Params) {
	tagsHash := keccak.Sum256(s.Tags)
	entry.Payer, entry.Submitter = payer.String(), submitter.String()
	entry.Nodes, entry.SizeBytes = s.Nodes, s.SizeBytes
	entry.TagsHash = tagsHash[:]
	if len(s.Tags) <= int(params.MaxStoredTagsBytes) {
		entry.Tags = s.Tags
	}
	entry.Height = sdk.UnwrapSDKContext(ctx).BlockHeight()
}

func firstInterval(ctx context.Context, params types.Params, endowment sdkmath.Int) types.ActiveInterval {
	now := sdk.UnwrapSDKContext(ctx).BlockTime().Unix()
	period := int64(params.PeriodSeconds)
	return types.ActiveInterval{StartTime: now, EndTime: now + period, Endowment: endowment, RateBase: endowment, RateSeconds: period}
}

// store writes a new entry and its indexes.
func (k Keeper) store(ctx context.Context, entry types.Entry) error {
	if err := k.Entries.Set(ctx, collections.Join(entry.FlowId, entry.TxSeq), entry); err != nil {
		return err
	}
	if err := k.EntryByStart.Set(ctx, collections.Join(entry.FlowId, entry.StartSector), entry.TxSeq); err != nil {
		return err
	}
	if err := k.EntryByRoot.Set(ctx, collections.Join3(entry.Root, entry.FlowId, entry.TxSeq)); err != nil {
		return err
	}
	return k.EntryByEnd.Set(ctx, collections.Join3(entry.FlowId, entry.EndTime(), entry.TxSeq))
}

func emitSubmit(ctx context.Context, entry types.Entry, s types.Submission, nodes []merkle.Node) error {
	identity := merkle.Identity(nodes)
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventSubmit{
		FlowId: entry.FlowId, TxSeq: entry.TxSeq, Submitter: entry.Submitter, Root: entry.Root, Identity: identity[:],
		StartSector: entry.StartSector, Sectors: entry.Sectors, Submission: s,
		Endowment: entry.Endowment().String(), EndTime: entry.EndTime(),
	})
}

// Entry returns an entry, or ErrEntryNotFound.
func (k Keeper) Entry(ctx context.Context, flowID, txSeq uint64) (types.Entry, error) {
	entry, err := k.Entries.Get(ctx, collections.Join(flowID, txSeq))
	return entry, notFound(err, types.ErrEntryNotFound, "entry %d of flow %d", txSeq, flowID)
}

// EntryBefore returns the entry with the greatest start below a sector, or
// ErrEntryNotFound. Entries never overlap, so it is the only one that can reach
// past the sector before.
func (k Keeper) EntryBefore(ctx context.Context, flowID, sector uint64) (types.Entry, error) {
	iter, err := k.EntryByStart.Iterate(ctx,
		collections.NewPrefixedPairRange[uint64, uint64](flowID).EndExclusive(sector).Descending())
	if err != nil {
		return types.Entry{}, err
	}
	defer iter.Close()
	if !iter.Valid() {
		return types.Entry{}, types.ErrEntryNotFound.Wrapf("no entry of flow %d starts before sector %d", flowID, sector)
	}
	txSeq, err := iter.Value()
	if err != nil {
		return types.Entry{}, err
	}
	return k.Entry(ctx, flowID, txSeq)
}

// LoadHoldsData says whether some entry has a data sector in a load. Gap and
// padding are zeros that nobody stores; a proof over nothing else is void.
func (k Keeper) LoadHoldsData(ctx context.Context, flowID, load uint64) (bool, error) {
	first := load * layout.SectorsPerLoad
	entry, err := k.EntryBefore(ctx, flowID, first+layout.SectorsPerLoad)
	if errors.Is(err, types.ErrEntryNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return entry.StartSector+layout.DataSectors(entry.SizeBytes) > first, nil
}
