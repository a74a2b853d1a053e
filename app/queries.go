package app

import (
	"fmt"
	"sync/atomic"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/store/v2/cachemulti"
	"github.com/cosmos/cosmos-sdk/store/v2/iavl"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// queryStore answers queries at the latest height, which nearly all are: every
// JSON-RPC call and every transaction that enters the pool asks for a context.
// BaseApp on its own hashes the commit of all stores to learn the height, twice,
// and loads the root of each store from disk, for each of them. Here both happen
// once a block. Older heights, proofs and blocks take BaseApp's way.
type queryStore struct {
	storetypes.CommitMultiStore
	keys   []storetypes.StoreKey
	latest atomic.Pointer[latestState] // nil: ask the stores themselves
}

// latestState is the committed state of one height; its stores cannot be written.
type latestState struct {
	height int64
	stores map[storetypes.StoreKey]storetypes.CacheWrapper // looked up only
}

// setQueryStore puts it between queries and the stores. Stores are mounted.
func (app *App) setQueryStore() {
	app.queries = &queryStore{CommitMultiStore: app.CommitMultiStore(), keys: app.stores.tracked}
	app.SetQueryMultiStore(app.queries)
	// Between here and the end of App.Commit the height changes: the stores know.
	app.SetPrecommiter(func(sdk.Context) { app.queries.latest.Store(nil) })
}

// Commit is BaseApp's; queries then read the new height.
func (app *App) Commit() (*abci.ResponseCommit, error) {
	response, err := app.BaseApp.Commit()
	if err == nil && app.queries != nil {
		app.queries.open()
	}
	return response, err
}

// open loads the roots of the height just committed. When one does not load, the
// stores keep answering themselves, and say why.
func (q *queryStore) open() {
	height := q.CommitMultiStore.LatestVersion()
	stores := make(map[storetypes.StoreKey]storetypes.CacheWrapper, len(q.keys))
	for _, key := range q.keys {
		switch store := q.GetStore(key).(type) {
		case *iavl.Store:
			immutable, err := store.GetImmutable(height)
			if err != nil {
				return
			}
			stores[key] = immutable
		case storetypes.CacheWrapper:
			stores[key] = store
		}
	}
	q.latest.Store(&latestState{height, stores})
}

// LatestVersion is the committed height.
func (q *queryStore) LatestVersion() int64 {
	if latest := q.latest.Load(); latest != nil {
		return latest.height
	}
	return q.CommitMultiStore.LatestVersion()
}

// CacheMultiStoreWithVersion branches the state of a height. A branch opens the
// stores it touches and no others.
func (q *queryStore) CacheMultiStoreWithVersion(height int64) (storetypes.CacheMultiStore, error) {
	latest := q.latest.Load()
	if latest == nil || latest.height != height {
		return q.CommitMultiStore.CacheMultiStoreWithVersion(height)
	}
	return cachemulti.NewFromParent(func(key storetypes.StoreKey) storetypes.CacheWrapper {
		store, ok := latest.stores[key]
		if !ok {
			panic(fmt.Sprintf("store %s is not mounted", key.Name())) // as the stores themselves do
		}
		return store
	}), nil
}
