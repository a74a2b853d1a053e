package contract_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cosmos/evm/x/vm/store/snapshotmulti"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
)

var key, name = storetypes.NewKVStoreKey("money"), []byte("alice")

// nativeCall is the context of a native call of cosmos/evm, and its snapshots.
func nativeCall(t *testing.T) (sdk.Context, *snapshotmulti.Store) {
	t.Helper()
	ctx := testutil.DefaultContextWithDB(t, key, storetypes.NewTransientStoreKey("unused")).Ctx
	ctx, _ = ctx.CacheContext()
	snapshots := snapshotmulti.NewStore(ctx.MultiStore(), map[string]storetypes.StoreKey{key.Name(): key})
	return ctx.WithMultiStore(snapshots), snapshots
}

func holds(ctx sdk.Context) string { return string(ctx.KVStore(key).Get(name)) }

// What a keeper drops is gone, what it keeps is there, and an outer frame can
// still undo all of it. mission B18
func TestACallWorksOnABranch(t *testing.T) {
	ctx, snapshots := nativeCall(t)
	ctx.KVStore(key).Set(name, []byte("before"))
	frame := snapshots.Snapshot()
	inner, write := contract.Branched(ctx)

	dropped, _ := inner.CacheContext()
	dropped.KVStore(key).Set(name, []byte("dropped"))
	require.Equal(t, "before", holds(inner))

	kept, keep := inner.CacheContext()
	kept.KVStore(key).Set(name, []byte("kept"))
	keep()
	require.Equal(t, "kept", holds(inner))
	require.Equal(t, "before", holds(ctx), "a handler that fails wrote nothing")

	write()
	require.Equal(t, "kept", holds(ctx))
	snapshots.RevertToSnapshot(frame)
	require.Equal(t, "before", holds(ctx))
}

// Why branch.go is there. When an upgrade of cosmos/evm makes this fail, it can go.
func TestCachedContextsOfNativeCallsDoNotBranchUpstream(t *testing.T) {
	ctx, snapshots := nativeCall(t)
	ctx.KVStore(key).Set(name, []byte("before"))
	dropped, _ := ctx.CacheContext()
	dropped.KVStore(key).Set(name, []byte("dropped"))
	require.Equal(t, "dropped", holds(ctx))

	frame := snapshots.Snapshot()
	_, keep := ctx.CacheContext()
	keep()
	require.Panics(t, func() { snapshots.RevertToSnapshot(frame) })
}
