package encoder

import (
	"container/list"
	"sync"
)

// cache keeps payloads for readers, those not asked for longest go first.
type cache struct {
	mu    sync.Mutex
	size  uint64
	used  uint64
	order *list.List // of cached, newest first
	of    map[Root]*list.Element
}

type cached struct {
	root    Root
	payload []byte
}

func newCache(size uint64) *cache {
	return &cache{size: size, order: list.New(), of: make(map[Root]*list.Element)}
}

func (c *cache) get(root Root) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.of[root]
	if !ok {
		return nil, false
	}
	c.order.MoveToFront(element)
	return element.Value.(cached).payload, true
}

// put keeps a payload, which nobody changes any more.
func (c *cache) put(root Root, payload []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.of[root]; known || uint64(len(payload)) > c.size {
		return
	}
	c.of[root] = c.order.PushFront(cached{root, payload})
	c.used += uint64(len(payload))
	for c.used > c.size {
		oldest := c.order.Back()
		gone := c.order.Remove(oldest).(cached)
		delete(c.of, gone.root)
		c.used -= uint64(len(gone.payload))
	}
}
