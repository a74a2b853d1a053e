package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/zgd-network/zgd/x/flow/types"
)

// InitGenesis writes a validated state.
func (k Keeper) InitGenesis(ctx context.Context, g types.GenesisState) error {
	if err := k.Params.Set(ctx, g.Params); err != nil {
		return err
	}
	if err := k.PayoutWindow.Set(ctx, g.PayoutWindowLoads); err != nil {
		return err
	}
	if err := k.Totals.Set(ctx, g.Totals); err != nil {
		return err
	}
	if err := k.LastBlock.Set(ctx, g.LastBlock); err != nil {
		return err
	}
	return k.initRecords(ctx, g)
}

func (k Keeper) initRecords(ctx context.Context, g types.GenesisState) error {
	for _, flow := range g.Flows {
		if err := k.Flows.Set(ctx, flow.FlowId, flow); err != nil {
			return err
		}
	}
	for _, entry := range g.Entries {
		if err := k.store(ctx, entry); err != nil {
			return err
		}
	}
	for _, c := range g.Contexts {
		if err := k.setContext(ctx, c); err != nil {
			return err
		}
	}
	for _, w := range g.Windows {
		if err := k.Windows.Set(ctx, collections.Join(w.FlowId, w.Window), w.State); err != nil {
			return err
		}
	}
	for _, e := range g.Expiries {
		if err := k.Expiries.Set(ctx, collections.Join4(e.FlowId, e.Window, e.EndTime, e.TxSeq), e.State); err != nil {
			return err
		}
	}
	return nil
}

// ExportGenesis reads the whole state; the indexes follow from it.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{}
	var err error
	if g.Params, err = k.Params.Get(ctx); err != nil {
		return nil, err
	}
	if g.PayoutWindowLoads, err = k.PayoutWindow.Get(ctx); err != nil {
		return nil, err
	}
	if g.Totals, err = k.Totals.Get(ctx); err != nil {
		return nil, err
	}
	if g.LastBlock, err = k.LastBlock.Get(ctx); err != nil {
		return nil, err
	}
	return g, k.exportRecords(ctx, g)
}

func (k Keeper) exportRecords(ctx context.Context, g *types.GenesisState) error {
	err := k.Flows.Walk(ctx, nil, func(_ uint64, flow types.Flow) (bool, error) {
		g.Flows = append(g.Flows, flow)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Entries.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], entry types.Entry) (bool, error) {
		g.Entries = append(g.Entries, entry)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Contexts.Walk(ctx, nil, func(_ collections.Pair[uint64, uint64], c types.MiningContext) (bool, error) {
		g.Contexts = append(g.Contexts, c)
		return false, nil
	})
	if err != nil {
		return err
	}
	err = k.Windows.Walk(ctx, nil, func(key collections.Pair[uint64, uint64], w types.Window) (bool, error) {
		g.Windows = append(g.Windows, types.GenesisWindow{FlowId: key.K1(), Window: key.K2(), State: w})
		return false, nil
	})
	if err != nil {
		return err
	}
	return k.Expiries.Walk(ctx, nil, func(key expiryKey, e types.Expiry) (bool, error) {
		g.Expiries = append(g.Expiries, types.GenesisExpiry{FlowId: key.K1(), Window: key.K2(), EndTime: key.K3(), TxSeq: key.K4(), State: e})
		return false, nil
	})
}
