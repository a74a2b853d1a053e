package contract

import (
	"github.com/cosmos/cosmos-sdk/store/v2/cachemulti"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// branched gives a handler stores that branch, and a function that writes them
// back.
//
// In a native call of cosmos/evm v0.7.3 ctx.CacheContext() does not branch: its
// snapshot store pushes a layer onto itself and returns itself. What a keeper
// wrote into a cached context that it then dropped stays, and a write() of one
// flushes the layers of all calls of the transaction, after which a revert of an
// outer frame cannot undo them. Keepers use cached contexts (x/flow where a
// payout may fail, x/bank and others of the SDK), so the whole call works on a
// branch of its own here, and reaches the snapshot store in one write.
func branched(ctx sdk.Context) (inner sdk.Context, write func()) {
	parent := ctx.MultiStore()
	branch := cachemulti.NewFromParent(func(key storetypes.StoreKey) storetypes.CacheWrapper {
		if _, object := key.(*storetypes.ObjectStoreKey); object {
			return parent.GetObjKVStore(key)
		}
		return parent.GetKVStore(key)
	})
	return ctx.WithMultiStore(branch), branch.Write
}
