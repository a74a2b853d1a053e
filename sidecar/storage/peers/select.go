package peers

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/zgd-network/zgd/sidecar/client/nodeapi"
)

// Orders in which nodes are tried; a decimal number is the fourth: nodes of
// exactly so many shards.
const (
	MethodMin    = "min"    // few shards first: few nodes
	MethodMax    = "max"    // many shards first: the load on many nodes
	MethodRandom = "random" // for reading, so that the load spreads
)

// Reasons why nothing was selected.
var (
	ErrMethod   = errors.New("unknown method of selection")
	ErrReplicas = errors.New("not enough replicas")
)

// Select takes nodes until every segment of the flow has so many owners among
// them, each one only if it adds something. The input stays as it is.
func Select(nodes []nodeapi.ShardedNode, replicas uint64, method string) ([]nodeapi.ShardedNode, error) {
	if replicas == 0 {
		return nil, fmt.Errorf("%w: 0 asked, want at least 1", ErrReplicas)
	}
	ordered, err := order(nodes, method)
	if err != nil {
		return nil, err
	}
	root := &cover{numShard: 1}
	var chosen []nodeapi.ShardedNode
	for _, n := range ordered {
		if root.insert(n.Config.NumShard, n.Config.ShardID, replicas) {
			chosen = append(chosen, n)
		}
		if root.replicas >= replicas {
			return chosen, nil
		}
	}
	return nil, fmt.Errorf("%w: %d nodes cover the flow %d times, %d asked", ErrReplicas, len(ordered), root.replicas, replicas)
}

// order sorts a copy of the nodes by method, "" being "min".
func order(nodes []nodeapi.ShardedNode, method string) ([]nodeapi.ShardedNode, error) {
	out := slices.Clone(nodes)
	direction := 1
	switch method {
	case MethodRandom:
		rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
		return out, nil
	case MethodMax:
		direction = -1
	case MethodMin, "":
	default:
		numShard, err := strconv.ParseUint(method, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%w: %.32q, want min, max, random or a number of shards", ErrMethod, method)
		}
		out = slices.DeleteFunc(out, func(n nodeapi.ShardedNode) bool { return n.Config.NumShard != numShard })
	}
	slices.SortStableFunc(out, func(a, b nodeapi.ShardedNode) int {
		return cmp.Or(direction*cmp.Compare(a.Config.NumShard, b.Config.NumShard), cmp.Compare(a.Config.ShardID, b.Config.ShardID))
	})
	return out, nil
}

// cover counts how often the shards below one node of a binary tree are covered.
// A shard id, read from its lowest bit, is the way down from the root; the tree
// grows only along the ways taken.
type cover struct {
	halves   [2]*cover // both or none
	numShard uint64
	replicas uint64 // of the worst covered shard below
	lazy     uint64 // copies of everything below, not handed down yet
}

// insert adds a shard unless everything it covers is covered well enough.
func (c *cover) insert(numShard, shardID, wanted uint64) bool {
	if c.replicas >= wanted {
		return false
	}
	if c.numShard >= numShard {
		c.replicas++
		c.lazy++
		return true
	}
	for i := range c.halves {
		if c.halves[i] == nil {
			c.halves[i] = &cover{numShard: c.numShard << 1}
		}
		c.halves[i].replicas += c.lazy
		c.halves[i].lazy += c.lazy
	}
	c.lazy = 0
	added := c.halves[shardID&1].insert(numShard, shardID>>1, wanted)
	c.replicas = min(c.halves[0].replicas, c.halves[1].replicas)
	return added
}
