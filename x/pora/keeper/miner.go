package keeper

import (
	"context"
	"encoding/binary"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/flow/keccak"
	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

// MinerID derives an id: keccak256(blockHash | owner | uint64 seed), packed. The
// block hash keeps anyone from sealing data for an id before it is registered.
func MinerID(blockHash []byte, owner sdk.AccAddress, seed uint64) mine.Hash {
	return keccak.Sum256Concat(blockHash, owner, binary.BigEndian.AppendUint64(nil, seed))
}

// RegisterMiner makes a miner id: one per owner and seed, as an owner of many
// disks needs an id per range.
func (k Keeper) RegisterMiner(ctx context.Context, owner, beneficiary sdk.AccAddress, seed uint64) (mine.Hash, error) {
	key := collections.Join(owner, seed)
	used, err := k.OwnerSeeds.Has(ctx, key)
	if err != nil {
		return mine.Hash{}, err
	}
	if used {
		return mine.Hash{}, types.ErrSeedUsed.Wrapf("owner %s, seed %d: take another seed", owner, seed)
	}
	blockHash, err := k.flow.LastBlockDigest(ctx)
	if err != nil {
		return mine.Hash{}, err
	}
	id := MinerID(blockHash, owner, seed)
	miner := types.Miner{
		MinerId: id[:], Owner: owner.String(), Beneficiary: beneficiary.String(), Seed: seed, Rewards: sdkmath.ZeroInt(),
	}
	if err := k.Miners.Set(ctx, id[:], miner); err != nil {
		return mine.Hash{}, err
	}
	if err := k.OwnerSeeds.Set(ctx, key, id[:]); err != nil {
		return mine.Hash{}, err
	}
	return id, emit(ctx, &types.EventNewMiner{MinerId: id[:], Owner: miner.Owner, Beneficiary: miner.Beneficiary})
}

// SetBeneficiary changes who is paid. The owner may, and so may the beneficiary,
// who hands its own income on.
func (k Keeper) SetBeneficiary(ctx context.Context, sender sdk.AccAddress, minerID []byte, beneficiary sdk.AccAddress) error {
	miner, err := k.Miner(ctx, minerID)
	if err != nil {
		return err
	}
	if by := sender.String(); by != miner.Owner && by != miner.Beneficiary {
		return types.ErrNotOwner.Wrapf("%s is neither owner %s nor beneficiary %s", by, miner.Owner, miner.Beneficiary)
	}
	miner.Beneficiary = beneficiary.String()
	if err := k.Miners.Set(ctx, minerID, miner); err != nil {
		return err
	}
	return emit(ctx, &types.EventSetBeneficiary{MinerId: minerID, Beneficiary: miner.Beneficiary})
}

// Miner returns a miner, or ErrMinerNotFound.
func (k Keeper) Miner(ctx context.Context, minerID []byte) (types.Miner, error) {
	miner, err := k.Miners.Get(ctx, minerID)
	return miner, notFound(err, types.ErrMinerNotFound, "miner %x", minerID)
}

// ownMiner returns a miner that the owner may change.
func (k Keeper) ownMiner(ctx context.Context, owner sdk.AccAddress, minerID []byte) (types.Miner, error) {
	miner, err := k.Miner(ctx, minerID)
	if err != nil {
		return types.Miner{}, err
	}
	if miner.Owner != owner.String() {
		return types.Miner{}, types.ErrNotOwner.Wrapf("miner %x belongs to %s", minerID, miner.Owner)
	}
	return miner, nil
}
