package app

import (
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
	stores map[storetypes.StoreKey]storetypes.CacheWrapper // never changed
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

// LastBlockHeight is BaseApp's, without hashing every store to learn it.
func (app *App) LastBlockHeight() int64 {
	if app.queries == nil {
		return app.BaseApp.LastBlockHeight()
	}
	return app.queries.LatestVersion()
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

// CacheMultiStoreWithVersion branches the state of a height. Every store is opened
// at once: a branch that opened them when touched would be cheaper, but the pool
// reads one context from several goroutines.
func (q *queryStore) CacheMultiStoreWithVersion(height int64) (storetypes.CacheMultiStore, error) {
	if latest := q.latest.Load(); latest != nil && latest.height == height {
		return cachemulti.NewStore(latest.stores), nil
	}
	return q.CommitMultiStore.CacheMultiStoreWithVersion(height)
}
