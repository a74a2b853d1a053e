package storage

import (
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
	"github.com/zgd-network/zgd/x/flow/layout"
)

// Segments may come before the transaction that pays for them (clients with
// files up to 256 KiB do so, protocol-storage.md 3.2). They wait here, in memory
// and not for long: anybody can make up a root that its data proves.
const (
	cacheBytes   = 4 << 20 // data of all segments
	cacheExpiry  = 300 * time.Second
	maxCacheFile = 10 << 20 // bytes of the file, as in the reference node
	cacheRowCost = 512      // bytes counted per segment beside its data
)

// cache holds segments by file root. The oldest root makes room for a new one:
// a flood of made-up roots costs its sender 4 MiB each time it wants to push an
// honest one out, in the seconds until that one's transaction is committed.
type cache struct {
	mu    sync.Mutex
	now   func() time.Time
	roots map[nodeapi.Hash]*cachedFile
	bytes int
	evict func(segments int)
}

type cachedFile struct {
	since    time.Time
	bytes    int
	sizes    uint64 // file size that its segments claim
	segments map[uint64]nodeapi.SegmentWithProof
}

func newCache(now func() time.Time, evicted func(segments int)) *cache {
	return &cache{now: now, roots: map[nodeapi.Hash]*cachedFile{}, evict: evicted}
}

// put keeps a copy of a verified segment. stored is false if there was one for
// this place already, ok false if the file alone fills the cache.
func (c *cache) put(s nodeapi.SegmentWithProof) (stored, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire()
	cost := len(s.Data) + cacheRowCost
	file := c.roots[s.Root]
	if file != nil {
		if _, there := file.segments[s.Index]; there {
			return false, true
		}
		if file.bytes+cost > cacheBytes {
			return false, false
		}
	}
	for c.bytes+cost > cacheBytes {
		c.dropOldest(s.Root)
	}
	if file == nil {
		file = &cachedFile{since: c.now(), sizes: s.FileSize, segments: map[uint64]nodeapi.SegmentWithProof{}}
		c.roots[s.Root] = file
	}
	s.Data = append([]byte(nil), s.Data...)
	file.segments[s.Index] = s
	file.bytes += cost
	c.bytes += cost
	return true, true
}

// take removes and returns what is there for a root.
func (c *cache) take(root nodeapi.Hash) []nodeapi.SegmentWithProof {
	c.mu.Lock()
	defer c.mu.Unlock()
	file := c.roots[root]
	if file == nil {
		return nil
	}
	c.drop(root, file)
	segments := make([]nodeapi.SegmentWithProof, 0, len(file.segments))
	for _, s := range file.segments {
		segments = append(segments, s)
	}
	return segments
}

// segments counts what waits for a root.
func (c *cache) count(root nodeapi.Hash) uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expire()
	if file := c.roots[root]; file != nil {
		return uint64(len(file.segments))
	}
	return 0
}

func (c *cache) drop(root nodeapi.Hash, file *cachedFile) {
	delete(c.roots, root)
	c.bytes -= file.bytes
}

func (c *cache) expire() {
	limit := c.now().Add(-cacheExpiry)
	for root, file := range c.roots {
		if file.since.Before(limit) {
			c.drop(root, file)
			c.evict(len(file.segments))
		}
	}
}

// dropOldest makes room, from another root than the one that needs it. There is
// one: a root alone never holds more than the cache.
func (c *cache) dropOldest(except nodeapi.Hash) {
	var oldest nodeapi.Hash
	var found *cachedFile
	for root, file := range c.roots {
		if root != except && (found == nil || file.since.Before(found.since)) {
			oldest, found = root, file
		}
	}
	if found != nil {
		c.drop(oldest, found)
		c.evict(len(found.segments))
	}
}

const _ = uint(cacheBytes - 2*layout.LoadSize) // room for more than one segment, so dropOldest ends
