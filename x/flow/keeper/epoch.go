package keeper

import (
	"context"
	"encoding/binary"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/flow/types"
)

// BeginBlock opens a context for every flow whose epoch is over, then notes the
// hash of the block that begins. Contexts are seeded by the hash of the block
// before, and taken before any message of this one, so that all nodes agree.
func (k Keeper) BeginBlock(ctx context.Context) error {
	last, err := k.LastBlock.Get(ctx)
	if err != nil {
		return err
	}
	flow, err := k.Flow(ctx, types.MainFlowID)
	if err != nil {
		return err
	}
	if err := k.turnEpoch(ctx, flow, last); err != nil {
		return err
	}
	sdkCtx := sdk.UnwrapSDKContext(ctx)
	return k.LastBlock.Set(ctx, types.BlockDigest{Height: sdkCtx.BlockHeight(), Hash: digest32(sdkCtx.HeaderHash())})
}

// turnEpoch opens the next context of a flow when its time has come. The first
// block of a chain only fixes when that is.
func (k Keeper) turnEpoch(ctx context.Context, flow types.Flow, last types.BlockDigest) error {
	height := sdk.UnwrapSDKContext(ctx).BlockHeight()
	if flow.NextEpochHeight > 0 && height <= flow.NextEpochHeight {
		return nil
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	if flow.NextEpochHeight > 0 {
		if err := k.openContext(ctx, &flow, height, last.Hash); err != nil {
			return err
		}
		if err := k.pruneContext(ctx, flow, params.ContextHistory); err != nil {
			return err
		}
	}
	flow.NextEpochHeight = height + int64(params.BlocksPerEpoch) - 1
	return k.Flows.Set(ctx, flow.FlowId, flow)
}

func (k Keeper) openContext(ctx context.Context, flow *types.Flow, height int64, blockDigest []byte) error {
	frontier, err := flow.Frontier()
	if err != nil {
		return err
	}
	root := frontier.Root()
	flow.Epoch++
	opened := types.MiningContext{
		FlowId: flow.FlowId, Epoch: flow.Epoch, StartHeight: height,
		FlowRoot: root[:], FlowLengthSectors: flow.LengthSectors, PreviousLengthSectors: flow.EpochStartSectors,
		BlockDigest: digest32(blockDigest),
	}
	opened.Digest = ContextDigest(opened.BlockDigest, opened.FlowRoot, opened.FlowLengthSectors)
	flow.EpochStartSectors = flow.LengthSectors
	if err := k.setContext(ctx, opened); err != nil {
		return err
	}
	return sdk.UnwrapSDKContext(ctx).EventManager().EmitTypedEvent(&types.EventNewContext{Context: opened})
}

// setContext writes a context and its indexes.
func (k Keeper) setContext(ctx context.Context, c types.MiningContext) error {
	if err := k.Contexts.Set(ctx, collections.Join(c.FlowId, c.Epoch), c); err != nil {
		return err
	}
	if err := k.ByDigest.Set(ctx, collections.Join(c.Digest, c.FlowId), c.Epoch); err != nil {
		return err
	}
	if !addedData(c) {
		return nil
	}
	return k.ByEnd.Set(ctx, collections.Join(c.FlowId, c.FlowLengthSectors), c.Epoch)
}

func addedData(c types.MiningContext) bool { return c.FlowLengthSectors > c.PreviousLengthSectors }

// pruneContext forgets the one context that has become too old. Contexts of
// epochs that added data stay: sealing needs them as long as the data lives.
func (k Keeper) pruneContext(ctx context.Context, flow types.Flow, history uint64) error {
	if flow.Epoch <= history {
		return nil
	}
	key := collections.Join(flow.FlowId, flow.Epoch-history)
	old, err := k.Contexts.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return nil // pruned before, while the history was shorter
	}
	if err != nil || addedData(old) {
		return err
	}
	if err := k.ByDigest.Remove(ctx, collections.Join(old.Digest, old.FlowId)); err != nil {
		return err
	}
	return k.Contexts.Remove(ctx, key)
}

// ContextDigest is keccak256(abi.encode(blockDigest, flowRoot, flowLength)).
func ContextDigest(blockDigest, flowRoot []byte, flowLengthSectors uint64) []byte {
	var length [32]byte
	binary.BigEndian.PutUint64(length[24:], flowLengthSectors)
	digest := keccak.Sum256Concat(blockDigest, flowRoot, length[:])
	return digest[:]
}

// digest32 is a hash of 32 bytes: zeros where there is none, as at genesis.
func digest32(hash []byte) []byte {
	out := make([]byte, 32)
	copy(out, hash)
	return out
}

// LastBlockDigest is the hash of the block that is being executed.
func (k Keeper) LastBlockDigest(ctx context.Context) ([]byte, error) {
	last, err := k.LastBlock.Get(ctx)
	return digest32(last.Hash), err
}

// Context returns the context of an epoch, of the newest if epoch is 0.
func (k Keeper) Context(ctx context.Context, flowID, epoch uint64) (types.MiningContext, error) {
	if epoch == 0 {
		flow, err := k.Flow(ctx, flowID)
		if err != nil {
			return types.MiningContext{}, err
		}
		epoch = flow.Epoch
	}
	c, err := k.Contexts.Get(ctx, collections.Join(flowID, epoch))
	return c, notFound(err, types.ErrContextNotFound, "context of epoch %d of flow %d", epoch, flowID)
}

// ContextByDigest returns the context with a digest.
func (k Keeper) ContextByDigest(ctx context.Context, digest []byte) (types.MiningContext, error) {
	iter, err := k.ByDigest.Iterate(ctx, collections.NewPrefixedPairRange[[]byte, uint64](digest))
	if err != nil {
		return types.MiningContext{}, err
	}
	defer iter.Close()
	if !iter.Valid() {
		return types.MiningContext{}, types.ErrContextNotFound.Wrapf("no context has digest %x", digest)
	}
	found, err := iter.KeyValue()
	if err != nil {
		return types.MiningContext{}, err
	}
	return k.Context(ctx, found.Key.K2(), found.Value)
}

// ContextAt returns the context whose epoch added a sector.
func (k Keeper) ContextAt(ctx context.Context, flowID, sector uint64) (types.MiningContext, error) {
	iter, err := k.ByEnd.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](flowID).StartExclusive(sector))
	if err != nil {
		return types.MiningContext{}, err
	}
	defer iter.Close()
	if !iter.Valid() {
		return types.MiningContext{}, types.ErrContextNotFound.Wrapf("sector %d of flow %d is in no context yet", sector, flowID)
	}
	epoch, err := iter.Value()
	if err != nil {
		return types.MiningContext{}, err
	}
	return k.Context(ctx, flowID, epoch)
}

// RestartHeights makes every flow count its epochs anew from the next block on,
// for a chain that starts again at height zero.
func (k Keeper) RestartHeights(ctx context.Context) error {
	var flows []types.Flow
	err := k.Flows.Walk(ctx, nil, func(_ uint64, flow types.Flow) (bool, error) {
		flows = append(flows, flow)
		return false, nil
	})
	if err != nil {
		return err
	}
	for _, flow := range flows {
		flow.NextEpochHeight = 0
		if err := k.Flows.Set(ctx, flow.FlowId, flow); err != nil {
			return err
		}
	}
	return nil
}
