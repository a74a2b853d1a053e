package chain

import (
	"context"
	"encoding/hex"
	"fmt"
	"math/big"

	"google.golang.org/protobuf/encoding/protowire"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// Limits reads the parameters of x/flow and x/pora.
func (r *Remote) Limits(ctx context.Context) (Limits, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Params(ctx, &flowtypes.QueryParamsRequest{})
	if err != nil {
		return Limits{}, mapError(ctx, "read flow parameters", err)
	}
	mining, err := r.pora.Params(ctx, &poratypes.QueryParamsRequest{})
	if err != nil {
		return Limits{}, mapError(ctx, "read mining parameters", err)
	}
	p := answer.Params
	return Limits{
		MiningRangeLoads: mining.Params.MiningRangeLoads,
		MaxTagsBytes:     p.MaxTagsBytes, MaxBatch: p.MaxBatch, MaxEntrySectors: p.MaxEntrySectors,
		BlocksPerEpoch: p.BlocksPerEpoch, PayoutWindowLoads: answer.PayoutWindowLoads, Paused: p.Paused,
	}, nil
}

// Flow reads the state of one flow.
func (r *Remote) Flow(ctx context.Context, flowID uint64) (Flow, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Flow(ctx, &flowtypes.QueryFlowRequest{FlowId: flowID})
	if err != nil {
		return Flow{}, mapError(ctx, fmt.Sprintf("read flow %d", flowID), err)
	}
	f := answer.Flow
	out := Flow{FlowID: f.FlowId, LengthSectors: f.LengthSectors, NextTxSeq: f.NextTxSeq, Epoch: f.Epoch}
	return out, decodeHashes(hashField{&out.Root, "flow root", answer.Root})
}

// Entries reads a page of the feed.
func (r *Remote) Entries(ctx context.Context, flowID, fromTxSeq uint64, limit uint32) ([]Entry, uint64, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Entries(ctx, &flowtypes.QueryEntriesRequest{FlowId: flowID, FromTxSeq: fromTxSeq, Limit: limit})
	if err != nil {
		return nil, 0, mapError(ctx, fmt.Sprintf("read entries of flow %d from %d", flowID, fromTxSeq), err)
	}
	entries, err := decodeEntries(answer.Entries)
	return entries, answer.NextTxSeq, err
}

// Entry reads one entry.
func (r *Remote) Entry(ctx context.Context, flowID, txSeq uint64) (Entry, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Entry(ctx, &flowtypes.QueryEntryRequest{FlowId: flowID, TxSeq: txSeq})
	if err != nil {
		return Entry{}, mapError(ctx, fmt.Sprintf("read entry %d of flow %d", txSeq, flowID), err)
	}
	return decodeEntry(&answer.Entry)
}

// EntriesByRoot reads the first entries with a file root.
func (r *Remote) EntriesByRoot(ctx context.Context, root Hash) ([]Entry, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.EntriesByRoot(ctx, &flowtypes.QueryEntriesByRootRequest{Root: hexOf(root)})
	if err != nil {
		return nil, mapError(ctx, "find entries of root "+hexOf(root), err)
	}
	return decodeEntries(answer.Entries)
}

// Context reads the context of an epoch.
func (r *Remote) Context(ctx context.Context, flowID, epoch uint64) (MiningContext, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Context(ctx, &flowtypes.QueryContextRequest{FlowId: flowID, Epoch: epoch})
	if err != nil {
		return MiningContext{}, mapError(ctx, fmt.Sprintf("read context of epoch %d", epoch), err)
	}
	return decodeContext(&answer.Context)
}

// ContextAt reads the context whose epoch added a sector.
func (r *Remote) ContextAt(ctx context.Context, flowID, sector uint64) (MiningContext, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.ContextAt(ctx, &flowtypes.QueryContextAtRequest{FlowId: flowID, Sector: sector})
	if err != nil {
		return MiningContext{}, mapError(ctx, fmt.Sprintf("read context of sector %d", sector), err)
	}
	return decodeContext(&answer.Context)
}

// Price reads the least endowment for some sectors.
func (r *Remote) Price(ctx context.Context, sectors uint64) (Price, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.Price(ctx, &flowtypes.QueryPriceRequest{Sectors: sectors})
	if err != nil {
		return Price{}, mapError(ctx, fmt.Sprintf("price %d sectors", sectors), err)
	}
	return Price{Endowment: amountOf(answer.Endowment), UnitPrice: amountOf(answer.UnitPrice), PeriodSeconds: answer.PeriodSeconds}, nil
}

// Reward reads where an entry's endowment is.
func (r *Remote) Reward(ctx context.Context, flowID, txSeq uint64) (Reward, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.flow.EntryReward(ctx, &flowtypes.QueryEntryRewardRequest{FlowId: flowID, TxSeq: txSeq})
	if err != nil {
		return Reward{}, mapError(ctx, fmt.Sprintf("read reward of entry %d", txSeq), err)
	}
	return Reward{
		Endowment: amountOf(answer.Endowment), Paid: amountOf(answer.Paid),
		Accrued: amountOf(answer.Accrued), Left: amountOf(answer.Left), EndTime: answer.EndTime,
	}, nil
}

// Miner reads one miner.
func (r *Remote) Miner(ctx context.Context, minerID Hash) (Miner, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.pora.Miner(ctx, &poratypes.QueryMinerRequest{MinerId: hexOf(minerID)})
	if err != nil {
		return Miner{}, mapError(ctx, "read miner "+hexOf(minerID), err)
	}
	return decodeMiner(&answer.Miner)
}

// MinersOf reads all miners of an owner, a page of 1000 at a time.
func (r *Remote) MinersOf(ctx context.Context, owner string) ([]Miner, error) {
	const page = 1000
	ctx, cancel := bounded(ctx)
	defer cancel()
	var miners []Miner
	after := ""
	for {
		answer, err := r.pora.Miners(ctx, &poratypes.QueryMinersRequest{Owner: owner, AfterMinerId: after, Limit: page})
		if err != nil {
			return nil, mapError(ctx, "read miners of "+owner, err)
		}
		for i := range answer.Miners {
			miner, err := decodeMiner(&answer.Miners[i])
			if err != nil {
				return nil, err
			}
			miners = append(miners, miner)
		}
		if len(answer.Miners) < page {
			return miners, nil
		}
		after = hexOf(miners[len(miners)-1].MinerID)
	}
}

// Work reads what a miner searches for.
func (r *Remote) Work(ctx context.Context, minerID Hash) (Work, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.pora.Work(ctx, &poratypes.QueryWorkRequest{MinerId: hexOf(minerID)})
	if err != nil {
		return Work{}, mapError(ctx, "read work of miner "+hexOf(minerID), err)
	}
	return decodeWork(answer)
}

// Proofs lists accepted proofs.
func (r *Remote) Proofs(ctx context.Context, flowID, startLoad, endLoad uint64, limit uint32) ([]Proof, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	answer, err := r.pora.Proofs(ctx, &poratypes.QueryProofsRequest{FlowId: flowID, StartLoad: startLoad, EndLoad: endLoad, Limit: limit})
	if err != nil {
		return nil, mapError(ctx, "read proofs", err)
	}
	proofs := make([]Proof, len(answer.Proofs))
	for i := range answer.Proofs {
		if proofs[i], err = decodeProof(&answer.Proofs[i]); err != nil {
			return nil, err
		}
	}
	return proofs, nil
}

// Balance reads an account's balance of the fee denom.
func (r *Remote) Balance(ctx context.Context, address string) (*big.Int, error) {
	request := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), address)
	request = protowire.AppendString(protowire.AppendTag(request, 2, protowire.BytesType), r.options.Denom)
	answer, err := r.invokeRaw(ctx, "/cosmos.bank.v1beta1.Query/Balance", request)
	if err != nil {
		return nil, err
	}
	coin, err := wireMessage(answer, 1)
	if err != nil || coin == nil {
		return new(big.Int), err
	}
	amount, err := wireMessage(coin, 2)
	if err != nil || amount == nil {
		return new(big.Int), err
	}
	return parseAmount(string(amount))
}

func hexOf(h Hash) string { return "0x" + hex.EncodeToString(h[:]) }
