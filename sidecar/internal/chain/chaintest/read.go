package chaintest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/mine"
)

// Status tells the head.
func (c *Chain) Status(ctx context.Context) (chain.Status, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Status{}, err
	}
	defer leave()
	return chain.Status{ChainID: c.params.ChainID, EVMChainID: 7260001, Height: c.block.Height, BlockHash: c.block.Hash, BlockTime: c.block.Time}, nil
}

// Limits tells the parameters.
func (c *Chain) Limits(ctx context.Context) (chain.Limits, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Limits{}, err
	}
	defer leave()
	return chain.Limits{
		MaxTagsBytes: c.params.MaxTagsBytes, MaxBatch: c.params.MaxBatch, MaxEntrySectors: c.params.MaxEntrySectors,
		BlocksPerEpoch: c.params.BlocksPerEpoch, PayoutWindowLoads: 1 << 15,
		MiningRangeLoads: c.params.MiningRangeLoads,
	}, nil
}

// Flow tells the state of flow 0.
func (c *Chain) Flow(ctx context.Context, flowID uint64) (chain.Flow, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Flow{}, err
	}
	defer leave()
	if flowID != 0 {
		return chain.Flow{}, fmt.Errorf("flow %d: %w", flowID, chain.ErrNotFound)
	}
	return chain.Flow{
		LengthSectors: c.frontier.LengthSectors, NextTxSeq: c.nextTxSeq(),
		Epoch: uint64(len(c.contexts)), Root: c.frontier.Root(),
	}, nil
}

func (c *Chain) nextTxSeq() uint64 { return uint64(len(c.entries)) + 1 }

// Entries pages the feed.
func (c *Chain) Entries(ctx context.Context, _, fromTxSeq uint64, limit uint32) ([]chain.Entry, uint64, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, 0, err
	}
	defer leave()
	if limit == 0 {
		limit = 100
	}
	from := min(max(fromTxSeq, 1)-1, uint64(len(c.entries)))
	to := min(from+uint64(min(limit, 1000)), uint64(len(c.entries)))
	return slices.Clone(c.entries[from:to]), c.nextTxSeq(), nil
}

// Entry tells one entry.
func (c *Chain) Entry(ctx context.Context, _, txSeq uint64) (chain.Entry, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Entry{}, err
	}
	defer leave()
	if txSeq == 0 || txSeq >= c.nextTxSeq() {
		return chain.Entry{}, fmt.Errorf("entry %d: %w", txSeq, chain.ErrNotFound)
	}
	return c.entries[txSeq-1], nil
}

// EntriesByRoot finds entries of a file.
func (c *Chain) EntriesByRoot(ctx context.Context, root chain.Hash) ([]chain.Entry, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var found []chain.Entry
	for _, entry := range c.entries {
		if entry.Root == root && len(found) < 16 {
			found = append(found, entry)
		}
	}
	return found, nil
}

// Context tells the context of an epoch, 0 the newest.
func (c *Chain) Context(ctx context.Context, _, epoch uint64) (chain.MiningContext, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.MiningContext{}, err
	}
	defer leave()
	if epoch == 0 {
		epoch = uint64(len(c.contexts))
	}
	if epoch == 0 || epoch > uint64(len(c.contexts)) {
		return chain.MiningContext{}, fmt.Errorf("context of epoch %d: %w", epoch, chain.ErrNotFound)
	}
	return c.contexts[epoch-1], nil
}

// ContextAt tells the context that added a sector.
func (c *Chain) ContextAt(ctx context.Context, _, sector uint64) (chain.MiningContext, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.MiningContext{}, err
	}
	defer leave()
	for _, context := range c.contexts {
		if sector < context.FlowLengthSectors {
			return context, nil
		}
	}
	return chain.MiningContext{}, fmt.Errorf("context of sector %d: %w", sector, chain.ErrNotFound)
}

// Price is the floor's.
func (c *Chain) Price(ctx context.Context, sectors uint64) (chain.Price, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Price{}, err
	}
	defer leave()
	unit := big.NewInt(c.params.PriceFloor)
	return chain.Price{
		Endowment: new(big.Int).Mul(unit, new(big.Int).SetUint64(sectors)), UnitPrice: unit, PeriodSeconds: c.params.PeriodSeconds,
	}, nil
}

// Reward tells an entry's endowment; nothing of it is ever paid here.
func (c *Chain) Reward(ctx context.Context, _, txSeq uint64) (chain.Reward, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Reward{}, err
	}
	defer leave()
	if txSeq == 0 || txSeq >= c.nextTxSeq() {
		return chain.Reward{}, fmt.Errorf("entry %d: %w", txSeq, chain.ErrNotFound)
	}
	return c.rewards[txSeq-1], nil
}

// Miner tells one miner.
func (c *Chain) Miner(ctx context.Context, minerID chain.Hash) (chain.Miner, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Miner{}, err
	}
	defer leave()
	miner, ok := c.miners[minerID]
	if !ok {
		return chain.Miner{}, fmt.Errorf("miner %x: %w", minerID, chain.ErrNotFound)
	}
	return copyMiner(miner), nil
}

func copyMiner(m *chain.Miner) chain.Miner {
	out := *m
	out.Rewards = new(big.Int).Set(m.Rewards)
	if m.Claim != nil {
		claim := *m.Claim
		out.Claim = &claim
	}
	return out
}

// MinersOf lists an owner's miners by id.
func (c *Chain) MinersOf(ctx context.Context, owner string) ([]chain.Miner, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	var miners []chain.Miner
	for _, miner := range c.miners {
		if miner.Owner == owner {
			miners = append(miners, copyMiner(miner))
		}
	}
	slices.SortFunc(miners, func(a, b chain.Miner) int { return bytes.Compare(a.MinerID[:], b.MinerID[:]) })
	return miners, nil
}

// Work tells what a miner may search for.
func (c *Chain) Work(ctx context.Context, minerID chain.Hash) (chain.Work, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return chain.Work{}, err
	}
	defer leave()
	miner, ok := c.miners[minerID]
	if !ok {
		return chain.Work{}, fmt.Errorf("miner %x: %w", minerID, chain.ErrNotFound)
	}
	return c.work(miner), nil
}

// work needs the lock.
func (c *Chain) work(miner *chain.Miner) chain.Work {
	out := chain.Work{Height: c.block.Height, Epoch: uint64(len(c.contexts))}
	switch {
	case miner.Claim == nil:
		out.Reason = "no_claim"
	case miner.Claim.ActiveFromEpoch > out.Epoch:
		out.Reason = "claim_not_active"
	case c.proofsIn >= c.params.MaxProofs:
		out.Reason = "epoch_closed"
	}
	if out.Reason != "" {
		return out
	}
	context := c.contexts[len(c.contexts)-1]
	claim := mine.Claim{StartLoad: miner.Claim.StartLoad, NumShard: uint64(miner.Claim.NumShard), ShardID: uint64(miner.Claim.ShardID)}
	span, err := mine.EffectiveRange(claim, context.FlowLengthSectors/layout.SectorsPerLoad, c.params.MiningRangeLoads)
	switch {
	case errors.Is(err, mine.ErrFlowTooShort):
		out.Reason = "flow_too_short"
	case err != nil:
		out.Reason = "range_short"
	default:
		out.Open = true
		out.ContextDigest, out.FlowRoot, out.FlowLengthSectors = context.Digest, context.FlowRoot, context.FlowLengthSectors
		out.StartLoad, out.LengthLoads = span.StartLoad, span.LengthLoads
		out.NumShard, out.ShardID = miner.Claim.NumShard, miner.Claim.ShardID
		out.Target = mine.ShardTarget(c.target, span, context.FlowLengthSectors, c.params.MiningRangeLoads)
	}
	return out
}

// Proofs lists accepted proofs, newest first.
func (c *Chain) Proofs(ctx context.Context, _, startLoad, endLoad uint64, limit uint32) ([]chain.Proof, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	if limit == 0 {
		limit = 100
	}
	var found []chain.Proof
	for _, proof := range slices.Backward(c.proofs) {
		load := proof.RecallSector / layout.SectorsPerLoad
		if load >= startLoad && (endLoad == 0 || load < endLoad) && len(found) < int(limit) {
			found = append(found, proof)
		}
	}
	return found, nil
}

// Balance tells what an account owns.
func (c *Chain) Balance(ctx context.Context, address string) (*big.Int, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return new(big.Int).Set(c.balance(address)), nil
}

// balance needs the lock; it gives a new account its funds.
func (c *Chain) balance(address string) *big.Int {
	if c.balances[address] == nil {
		c.balances[address] = big.NewInt(c.params.Funds)
	}
	return c.balances[address]
}
