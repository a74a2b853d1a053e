package evmrpc

import (
	"context"
	"sync"
	"time"

	"github.com/ethereum/go-ethereum/common"
	ethtypes "github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/eth/filters"
	ethrpc "github.com/ethereum/go-ethereum/rpc"

	evmfilters "github.com/cosmos/evm/rpc/namespaces/ethereum/eth/filters"
	"github.com/cosmos/evm/rpc/stream"
	rpctypes "github.com/cosmos/evm/rpc/types"
)

// subscriptions are the streams of eth_subscribe.
type subscriptions struct {
	eth    *ethAPI
	events *stream.RPCStream

	mu    sync.Mutex
	heads map[int64]map[string]any // guarded by mu; the last few, shared by all subscribers
}

// headsKept is how many heads are remembered: subscribers lag by a block or two.
const headsKept = 8

func newSubscriptions(eth *ethAPI, events *stream.RPCStream) *subscriptions {
	events.HeaderStream() // subscribes to the node's events; upstream does it unguarded at first use
	return &subscriptions{eth: eth, events: events, heads: make(map[int64]map[string]any)}
}

// NewHeads sends the header of every block as eth_getHeaderByNumber gives it:
// upstream's stream knows neither the block's hash nor its gas.
func (s *subscriptions) NewHeads(ctx context.Context) (*ethrpc.Subscription, error) {
	return follow(ctx, s.events.HeaderStream(), func(notify func(any) error, headers []stream.RPCHeader) error {
		for _, header := range headers {
			head, err := s.head(header.EthHeader.Number.Int64())
			if err != nil {
				return err
			}
			if err := notify(head); err != nil {
				return err
			}
		}
		return nil
	})
}

// head is the header at this height, computed once for all subscribers.
func (s *subscriptions) head(height int64) (map[string]any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if head, ok := s.heads[height]; ok {
		return head, nil
	}
	const tries = 100 // the event may be a moment ahead of the results and of the transaction index
	for range tries {
		head, err := s.eth.backend.GetHeaderByNumber(context.Background(), rpctypes.BlockNumber(height))
		if err == nil && head != nil {
			delete(s.heads, height-headsKept)
			s.heads[height] = head
			return head, nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil, errHeaderNotFound
}

// Logs sends the logs of new blocks that match.
func (s *subscriptions) Logs(ctx context.Context, crit filters.FilterCriteria) (*ethrpc.Subscription, error) {
	return follow(ctx, s.events.LogStream(), func(notify func(any) error, logs []*ethtypes.Log) error {
		for _, log := range evmfilters.FilterLogs(logs, crit.FromBlock, crit.ToBlock, crit.Addresses, crit.Topics) {
			if err := notify(log); err != nil {
				return err
			}
		}
		return nil
	})
}

// NewPendingTransactions sends the hash, or with full the whole transaction, of
// every transaction that enters the pool.
func (s *subscriptions) NewPendingTransactions(ctx context.Context, full *bool) (*ethrpc.Subscription, error) {
	return follow(ctx, s.events.PendingTxStream(), func(notify func(any) error, hashes []common.Hash) error {
		for _, hash := range hashes {
			var item any = hash
			if full != nil && *full {
				tx := s.entering(hash)
				if tx == nil {
					continue // was refused after all
				}
				item = tx
			}
			if err := notify(item); err != nil {
				return err
			}
		}
		return nil
	})
}

// entering waits for a transaction that the pool is about to have: the event
// comes from the check before it.
func (s *subscriptions) entering(hash common.Hash) *rpctypes.RPCTransaction {
	for range 20 {
		if tx, err := s.eth.GetTransactionByHash(context.Background(), hash); err == nil && tx != nil {
			return tx
		}
		time.Sleep(5 * time.Millisecond)
	}
	return nil
}

// Syncing sends false once: a node that answers JSON-RPC either has caught up
// or is asked by eth_syncing how far it is.
func (s *subscriptions) Syncing(ctx context.Context) (*ethrpc.Subscription, error) {
	notifier, supported := ethrpc.NotifierFromContext(ctx)
	if !supported {
		return &ethrpc.Subscription{}, ethrpc.ErrNotificationsUnsupported
	}
	state, err := s.eth.backend.Syncing(ctx)
	if err != nil {
		return nil, err
	}
	subscription := notifier.CreateSubscription()
	go func() { _ = notifier.Notify(subscription.ID, state) }()
	return subscription, nil
}

// follow makes a subscription that hands every item of a stream, from now on,
// to send, until the client leaves or send fails.
func follow[V any](ctx context.Context, source *stream.Stream[V], send func(notify func(any) error, items []V) error) (*ethrpc.Subscription, error) {
	notifier, supported := ethrpc.NotifierFromContext(ctx)
	if !supported {
		return &ethrpc.Subscription{}, ethrpc.ErrNotificationsUnsupported
	}
	subscription := notifier.CreateSubscription()
	running, cancel := context.WithCancel(context.Background())
	go func() {
		defer cancel()
		<-subscription.Err() // the client unsubscribed or its connection is gone
	}()
	notify := func(item any) error { return notifier.Notify(subscription.ID, item) }
	go func() {
		defer cancel()
		_ = source.Subscribe(running, func(items []V, _ int) error { return send(notify, items) })
	}()
	return subscription, nil
}
