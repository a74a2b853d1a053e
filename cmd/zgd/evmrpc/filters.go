package evmrpc

import (
	"context"
	"sync"
	"time"

	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/filters"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	evmfilters "github.com/cosmos/evm/rpc/namespaces/ethereum/eth/filters"
)

// maxFilters bounds the filters that are installed at a time; upstream has no
// bound, and one is kept for minutes after its last use.
const maxFilters = 10_000

// filterAPI counts upstream's filters, checks their criteria when they are made
// and bounds eth_getFilterLogs as eth_getLogs is.
type filterAPI struct {
	eth      *ethAPI
	upstream *evmfilters.PublicFilterAPI
	timeout  time.Duration // of an unused filter

	mu    sync.Mutex
	known map[ethrpc.ID]knownFilter // guarded by mu
}

type knownFilter struct {
	crit *filters.FilterCriteria // nil: blocks or pending transactions
	used time.Time
}

// newFilterAPI wraps the filters among upstream's services; nil when eth is not served.
func newFilterAPI(eth *ethAPI, apis []ethrpc.API) *filterAPI {
	timeout := eth.backend.Cfg.JSONRPC.FilterTimeout
	if timeout <= 0 {
		timeout = 5 * time.Minute // upstream's default
	}
	for _, api := range apis {
		if upstream, ok := api.Service.(*evmfilters.PublicFilterAPI); ok {
			return &filterAPI{eth: eth, upstream: upstream, timeout: timeout, known: make(map[ethrpc.ID]knownFilter)}
		}
	}
	return nil
}

// install makes a filter when there is room.
func (f *filterAPI) install(crit *filters.FilterCriteria, install func() (ethrpc.ID, error)) (ethrpc.ID, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.known) >= maxFilters {
		for id, filter := range f.known {
			if time.Since(filter.used) > f.timeout {
				delete(f.known, id) // upstream forgets it by itself
			}
		}
	}
	if len(f.known) >= maxFilters {
		return "", errorf(codeLimitExceeded, "%d filters are installed: uninstall some, or wait %s", len(f.known), f.timeout)
	}
	id, err := install()
	if err == nil {
		f.known[id] = knownFilter{crit: crit, used: time.Now()}
	}
	return id, err
}

// NewFilter installs a filter of logs.
func (f *filterAPI) NewFilter(crit filters.FilterCriteria) (ethrpc.ID, error) {
	if err := checkCriteria(crit); err != nil {
		return "", err
	}
	if crit.FromBlock != nil && crit.ToBlock != nil && crit.FromBlock.Sign() > 0 && crit.ToBlock.Sign() > 0 && crit.FromBlock.Cmp(crit.ToBlock) > 0 {
		return "", errorf(codeInvalidParams, "invalid block range params")
	}
	return f.install(&crit, func() (ethrpc.ID, error) { return f.upstream.NewFilter(crit) })
}

// NewBlockFilter installs a filter of blocks.
func (f *filterAPI) NewBlockFilter() (ethrpc.ID, error) {
	return f.install(nil, func() (ethrpc.ID, error) { return f.upstream.NewBlockFilter(), nil })
}

// NewPendingTransactionFilter installs a filter of what enters the pool.
func (f *filterAPI) NewPendingTransactionFilter() (ethrpc.ID, error) {
	return f.install(nil, func() (ethrpc.ID, error) { return f.upstream.NewPendingTransactionFilter(), nil })
}

// UninstallFilter says whether there was one.
func (f *filterAPI) UninstallFilter(id ethrpc.ID) bool {
	f.mu.Lock()
	delete(f.known, id)
	f.mu.Unlock()
	return f.upstream.UninstallFilter(id)
}

// GetFilterChanges gives what came since the last call.
func (f *filterAPI) GetFilterChanges(id ethrpc.ID) (any, error) {
	f.use(id)
	return f.upstream.GetFilterChanges(id)
}

// GetFilterLogs gives all logs of a filter, within the bounds of eth_getLogs.
func (f *filterAPI) GetFilterLogs(ctx context.Context, id ethrpc.ID) ([]*ethtypes.Log, error) {
	filter, ok := f.use(id)
	if !ok || filter.crit == nil {
		return nil, errorf(codeServer, "filter not found")
	}
	return f.eth.GetLogs(ctx, *filter.crit)
}

func (f *filterAPI) use(id ethrpc.ID) (knownFilter, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	filter, ok := f.known[id]
	if ok && time.Since(filter.used) > f.timeout {
		delete(f.known, id)
		return knownFilter{}, false
	}
	if ok {
		filter.used = time.Now()
		f.known[id] = filter
	}
	return filter, ok
}
