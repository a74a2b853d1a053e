// Package keeper is the state machine of x/flow: entries, contexts and the
// release of endowments. The verbs here are called by every door (messages,
// precompile, block hooks) and emit the events.
package keeper

import (
	"context"

	"cosmossdk.io/collections"
	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/zgd-network/zgd/x/flow/types"
)

// Keeper is the schema of x/flow. It is an immutable value: no caches.
type Keeper struct {
	bank      types.BankKeeper // moves endowments; nothing else
	authority string           // may update params

	Schema       collections.Schema
	Params       collections.Item[types.Params]
	PayoutWindow collections.Item[uint64] // loads per reward window; fixed in genesis

	Flows        collections.Map[uint64, types.Flow]                                            // flow id → flow
	Entries      collections.Map[collections.Pair[uint64, uint64], types.Entry]                 // flow, txSeq → entry
	EntryByStart collections.Map[collections.Pair[uint64, uint64], uint64]                      // flow, start sector → txSeq
	EntryByRoot  collections.KeySet[collections.Triple[[]byte, uint64, uint64]]                 // file root, flow, txSeq
	EntryByEnd   collections.KeySet[collections.Triple[uint64, int64, uint64]]                  // flow, end time, txSeq
	Contexts     collections.Map[collections.Pair[uint64, uint64], types.MiningContext]         // flow, epoch → context
	ByDigest     collections.Map[collections.Pair[[]byte, uint64], uint64]                      // digest, flow → epoch
	ByEnd        collections.Map[collections.Pair[uint64, uint64], uint64]                      // flow, length → epoch that added data
	Windows      collections.Map[collections.Pair[uint64, uint64], types.Window]                // flow, window → accrual
	Expiries     collections.Map[collections.Quad[uint64, uint64, int64, uint64], types.Expiry] // flow, window, end time, txSeq
	Totals       collections.Item[types.Totals]
	LastBlock    collections.Item[types.BlockDigest] // the block that began last
}

// NewKeeper builds the keeper; it panics on a wrong schema only, at start.
func NewKeeper(cdc codec.Codec, storeService store.KVStoreService, bank types.BankKeeper, authority string) Keeper {
	sb := collections.NewSchemaBuilder(storeService)
	pair := collections.PairKeyCodec(collections.Uint64Key, collections.Uint64Key)
	k := Keeper{
		bank:      bank,
		authority: authority,

		Params:       collections.NewItem(sb, types.ParamsPrefix, "params", codec.CollValue[types.Params](cdc)),
		PayoutWindow: collections.NewItem(sb, types.PayoutWindowPrefix, "payout_window", collections.Uint64Value),
		Flows:        collections.NewMap(sb, types.FlowsPrefix, "flows", collections.Uint64Key, codec.CollValue[types.Flow](cdc)),
		Entries:      collections.NewMap(sb, types.EntriesPrefix, "entries", pair, codec.CollValue[types.Entry](cdc)),
		EntryByStart: collections.NewMap(sb, types.EntryByStartPrefix, "entry_by_start", pair, collections.Uint64Value),
		EntryByRoot: collections.NewKeySet(sb, types.EntryByRootPrefix, "entry_by_root",
			collections.TripleKeyCodec(collections.BytesKey, collections.Uint64Key, collections.Uint64Key)),
		EntryByEnd: collections.NewKeySet(sb, types.EntryByEndPrefix, "entry_by_end",
			collections.TripleKeyCodec(collections.Uint64Key, collections.Int64Key, collections.Uint64Key)),
		Contexts: collections.NewMap(sb, types.ContextsPrefix, "contexts", pair, codec.CollValue[types.MiningContext](cdc)),
		ByDigest: collections.NewMap(sb, types.ContextByDigestPrefix, "context_by_digest",
			collections.PairKeyCodec(collections.BytesKey, collections.Uint64Key), collections.Uint64Value),
		ByEnd:   collections.NewMap(sb, types.ContextByEndPrefix, "context_by_end", pair, collections.Uint64Value),
		Windows: collections.NewMap(sb, types.WindowsPrefix, "windows", pair, codec.CollValue[types.Window](cdc)),
		Expiries: collections.NewMap(sb, types.ExpiriesPrefix, "expiries",
			collections.QuadKeyCodec(collections.Uint64Key, collections.Uint64Key, collections.Int64Key, collections.Uint64Key),
			codec.CollValue[types.Expiry](cdc)),
		Totals:    collections.NewItem(sb, types.TotalsPrefix, "totals", codec.CollValue[types.Totals](cdc)),
		LastBlock: collections.NewItem(sb, types.LastBlockPrefix, "last_block", codec.CollValue[types.BlockDigest](cdc)),
	}
	schema, err := sb.Build()
	if err != nil {
		panic(err)
	}
	k.Schema = schema
	return k
}

// Authority is the address that may update the parameters.
func (k Keeper) Authority() string { return k.authority }

// Flow returns a flow, or ErrFlowNotFound.
func (k Keeper) Flow(ctx context.Context, flowID uint64) (types.Flow, error) {
	flow, err := k.Flows.Get(ctx, flowID)
	return flow, notFound(err, types.ErrFlowNotFound, "flow %d", flowID)
}
