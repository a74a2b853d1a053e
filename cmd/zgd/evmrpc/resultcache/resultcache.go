// Package resultcache remembers the results of blocks for JSON-RPC. They never
// change, upstream's backend only reads them, and decoding a whole block for one
// receipt, or sixteen for one eth_getLogs, is most of what such a call costs.
package resultcache

import (
	"container/list"
	"context"
	"sync"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtclient "github.com/cometbft/cometbft/rpc/client"
	cmtrpctypes "github.com/cometbft/cometbft/rpc/core/types"
)

// DefaultBytes bounds what decoded results take, roughly; a block of 700
// transfers is about 2 MiB.
const DefaultBytes = 64 << 20

// Client is a CometBFT client that remembers the results of the blocks asked for
// last. Any number of goroutines may use it.
type Client struct {
	cmtclient.SignClient
	maxBytes int

	mu     sync.Mutex
	bytes  int
	recent *list.List // of cachedResults, the last used in front
	at     map[int64]*list.Element
}

type cachedResults struct {
	height  int64
	results *cmtrpctypes.ResultBlockResults
	bytes   int
}

// New puts a cache of at most maxBytes, as sizeOf counts, before a client.
func New(client cmtclient.SignClient, maxBytes int) *Client {
	return &Client{SignClient: client, maxBytes: maxBytes, recent: list.New(), at: map[int64]*list.Element{}}
}

// BlockResults answers from memory where it can. The latest height (nil) and
// errors are asked for anew.
func (c *Client) BlockResults(ctx context.Context, height *int64) (*cmtrpctypes.ResultBlockResults, error) {
	if height == nil {
		return c.SignClient.BlockResults(ctx, nil)
	}
	if known := c.get(*height); known != nil {
		return known, nil
	}
	results, err := c.SignClient.BlockResults(ctx, height)
	if err == nil && results != nil && results.Height == *height {
		c.put(results)
	}
	return results, err
}

func (c *Client) get(height int64) *cmtrpctypes.ResultBlockResults {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.at[height]
	if !ok {
		return nil
	}
	c.recent.MoveToFront(element)
	return element.Value.(cachedResults).results
}

func (c *Client) put(results *cmtrpctypes.ResultBlockResults) {
	size := sizeOf(results)
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.at[results.Height]; known || size > c.maxBytes {
		return
	}
	c.at[results.Height] = c.recent.PushFront(cachedResults{results.Height, results, size})
	for c.bytes += size; c.bytes > c.maxBytes; {
		oldest := c.recent.Remove(c.recent.Back()).(cachedResults)
		delete(c.at, oldest.height)
		c.bytes -= oldest.bytes
	}
}

// What a decoded transaction result, event and attribute take besides their text.
const (
	resultOverheadBytes    = 200
	eventOverheadBytes     = 64
	attributeOverheadBytes = 48
)

// sizeOf estimates the memory of decoded results.
func sizeOf(results *cmtrpctypes.ResultBlockResults) int {
	size := resultOverheadBytes + eventBytes(results.FinalizeBlockEvents)
	for _, tx := range results.TxsResults {
		size += resultOverheadBytes + len(tx.Data) + len(tx.Log) + len(tx.Info) + eventBytes(tx.Events)
	}
	return size
}

// Bytes is what the cache holds, as sizeOf counts.
func (c *Client) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

func eventBytes(events []abci.Event) int {
	size := 0
	for _, event := range events {
		size += eventOverheadBytes + len(event.Type)
		for _, a := range event.Attributes {
			size += attributeOverheadBytes + len(a.Key) + len(a.Value)
		}
	}
	return size
}
