// Package chaintest is a chain in memory for the tests of sidecars: real
// placement in the flow's tree (x/flow/merkle), real verification of mining
// proofs (x/pora/mine), blocks on demand. Prices and rewards are simple.
package chaintest

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/merkle"
)

// Params shape the chain; zero values mean the defaults.
type Params struct {
	ChainID          string
	BlocksPerEpoch   uint64        // 10
	BlockTime        time.Duration // between the times of two blocks, 1 s
	Difficulty       uint64        // mean tries of 4 KiB per proof, 64
	MiningRangeLoads uint64        // 2^25
	MaxProofs        int           // per epoch, 1
	PriceFloor       int64         // per sector and period, 1000
	PeriodSeconds    uint64        // 1 year
	MaxBatch         uint32        // 64
	MaxTagsBytes     uint32        // 1024
	MaxEntrySectors  uint64        // 2^24
	Reward           int64         // per proof, 1e6
	Fee              int64         // per transaction, 100
	Funds            int64         // of an account when it is first used, 1e18
}

func (p Params) withDefaults() Params {
	set := func(v *uint64, to uint64) {
		if *v == 0 {
			*v = to
		}
	}
	setInt := func(v *int64, to int64) {
		if *v == 0 {
			*v = to
		}
	}
	if p.ChainID == "" {
		p.ChainID = "zg-fake-1"
	}
	if p.BlockTime == 0 {
		p.BlockTime = time.Second
	}
	if p.MaxProofs == 0 {
		p.MaxProofs = 1
	}
	if p.MaxBatch == 0 {
		p.MaxBatch = 64
	}
	if p.MaxTagsBytes == 0 {
		p.MaxTagsBytes = 1024
	}
	set(&p.BlocksPerEpoch, 10)
	set(&p.Difficulty, 64)
	set(&p.MiningRangeLoads, 1<<25)
	set(&p.PeriodSeconds, 365*24*3600)
	set(&p.MaxEntrySectors, 1<<24)
	setInt(&p.PriceFloor, 1000)
	setInt(&p.Reward, 1_000_000)
	setInt(&p.Fee, 100)
	setInt(&p.Funds, 1_000_000_000_000_000_000)
	return p
}

// Chain is the fake. Safe for concurrent use.
type Chain struct {
	params Params

	mu       sync.Mutex
	down     bool
	block    chain.Block
	nextTurn int64 // the first block above opens a context
	frontier merkle.Frontier
	entries  []chain.Entry // entries[i] has txSeq i+1
	rewards  []chain.Reward
	contexts []chain.MiningContext // contexts[i] is epoch i+1
	proofsIn int                   // accepted in the running epoch
	target   chain.Hash
	miners   map[chain.Hash]*chain.Miner
	proofs   []chain.Proof
	outputs  map[chain.Hash]bool
	balances map[string]*big.Int
	refuse   error // the next transactions' fate
	beaten   bool  // the next proof comes after those that close the epoch
	watchers map[chan chain.Block]struct{}
}

var _ chain.Client = (*Chain)(nil)

// New returns a chain at height 1 with an empty flow and no context.
func New(params Params) *Chain {
	params = params.withDefaults()
	c := &Chain{
		params:   params,
		frontier: merkle.NewFrontier(),
		miners:   map[chain.Hash]*chain.Miner{},
		outputs:  map[chain.Hash]bool{},
		balances: map[string]*big.Int{},
		watchers: map[chan chain.Block]struct{}{},
	}
	c.SetDifficulty(params.Difficulty)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.makeBlock()
	c.nextTurn = c.block.Height + int64(params.BlocksPerEpoch) - 1
	return c
}

// SetDown makes every call fail with ErrUnavailable, and stops the feed of
// blocks, until it is set up again. Blocks can still be made.
func (c *Chain) SetDown(down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = down
}

// Refuse makes transactions fail with err until it is set to nil.
func (c *Chain) Refuse(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refuse = err
}

// BeatNext makes the next proof lose the race: those of others close the epoch
// in the block before it.
func (c *Chain) BeatNext() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.beaten = true
}

// SetDifficulty sets the target of the next search: mean tries of 4 KiB.
func (c *Chain) SetDifficulty(tries uint64) {
	most := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
	target := most.Div(most, new(big.Int).SetUint64(max(tries, 1)))
	c.mu.Lock()
	defer c.mu.Unlock()
	target.FillBytes(c.target[:])
}

// SetBalance sets what an account owns.
func (c *Chain) SetBalance(address string, amount int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.balances[address] = big.NewInt(amount)
}

// Advance makes n empty blocks and returns the last.
func (c *Chain) Advance(n int) chain.Block {
	c.mu.Lock()
	defer c.mu.Unlock()
	for range n {
		c.makeBlock()
	}
	return c.block
}

// NextEpoch makes one block that opens a context, and returns the context.
func (c *Chain) NextEpoch() chain.MiningContext {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.nextTurn = c.block.Height
	c.makeBlock()
	return c.contexts[len(c.contexts)-1]
}

// Run makes a block each interval until the context ends.
func (c *Chain) Run(ctx context.Context, interval time.Duration) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			c.Advance(1)
		}
	}
}

// makeBlock needs the lock.
func (c *Chain) makeBlock() {
	height := c.block.Height + 1
	if c.nextTurn > 0 && height > c.nextTurn {
		c.openContext(height)
		c.nextTurn = height + int64(c.params.BlocksPerEpoch) - 1
	}
	at := c.block.Time
	if at.IsZero() {
		at = time.Unix(1_700_000_000, 0).UTC()
	}
	seed := binary.BigEndian.AppendUint64([]byte(c.params.ChainID), uint64(height))
	c.block = chain.Block{Height: height, Hash: keccak.Sum256(seed), Time: at.Add(c.params.BlockTime)}
	if c.down {
		return
	}
	for watcher := range c.watchers {
		select {
		case <-watcher:
		default:
		}
		watcher <- c.block
	}
}

func (c *Chain) openContext(height int64) {
	opened := chain.MiningContext{
		Epoch: uint64(len(c.contexts)) + 1, StartHeight: height,
		FlowRoot: c.frontier.Root(), FlowLengthSectors: c.frontier.LengthSectors, PreviousLengthSectors: 1,
	}
	if len(c.contexts) == 0 {
		opened.PreviousLengthSectors = 0 // the dummy sector belongs to the first epoch
	} else {
		opened.PreviousLengthSectors = c.contexts[len(c.contexts)-1].FlowLengthSectors
	}
	var length [32]byte
	binary.BigEndian.PutUint64(length[24:], opened.FlowLengthSectors)
	opened.Digest = keccak.Sum256Concat(c.block.Hash[:], opened.FlowRoot[:], length[:])
	c.contexts = append(c.contexts, opened)
	c.proofsIn = 0
}

// Blocks feeds the newest block.
func (c *Chain) Blocks(ctx context.Context) <-chan chain.Block {
	watcher := make(chan chain.Block, 1)
	c.mu.Lock()
	c.watchers[watcher] = struct{}{}
	watcher <- c.block
	c.mu.Unlock()
	context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.watchers, watcher)
		close(watcher)
	})
	return watcher
}

// Close does nothing; the chain lives as long as its value.
func (c *Chain) Close() error { return nil }

// enter takes the lock, or fails as a node that is down does.
func (c *Chain) enter(ctx context.Context) (leave func(), err error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	c.mu.Lock()
	if c.down {
		c.mu.Unlock()
		return nil, fmt.Errorf("fake chain: %w: it was set down", chain.ErrUnavailable)
	}
	return c.mu.Unlock, nil
}
