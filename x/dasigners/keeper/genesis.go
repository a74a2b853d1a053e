package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// InitGenesis writes a validated state. The account of the module must hold what
// it owes. The quorums of a new chain are drawn as its first block begins, when
// the validators' stake is there, from the beacon before it.
func (k Keeper) InitGenesis(ctx context.Context, g types.GenesisState) error {
	if err := g.Validate(); err != nil {
		return err
	}
	if err := k.checkParams(ctx, g.Params); err != nil {
		return err
	}
	if err := k.initStart(ctx, g); err != nil {
		return err
	}
	for _, step := range []func(context.Context, types.GenesisState) error{
		k.initSigners, k.initKeys, k.initQuorums, k.initBlobs, k.initAmounts, k.initChallenges,
	} {
		if err := step(ctx, g); err != nil {
			return err
		}
	}
	owed, err := k.Liabilities(ctx)
	if err != nil {
		return err
	}
	if held := k.Bank.GetBalance(ctx, types.ModuleAddress, types.Denom).Amount; held.LT(owed) {
		return types.ErrInvalidGenesis.Wrapf("account %s of the module holds %s azg, want %s: give it that in the bank's genesis", types.ModuleAddress, held, owed)
	}
	return nil
}

func (k Keeper) initStart(ctx context.Context, g types.GenesisState) error {
	epoch := types.Epoch{Blocks: g.Params.EpochBlocks}
	value := beacon.Genesis(k.EVMChainID, [32]byte(g.GenesisSeed))
	state := types.Beacon{Value: value[:], Previous: value[:], Height: -1}
	if g.Epoch != nil {
		epoch, state = *g.Epoch, *g.Beacon
	}
	return errors.Join(k.Params.Set(ctx, g.Params), k.Epoch.Set(ctx, epoch), k.Beacon.Set(ctx, state),
		k.SampleRound.Set(ctx, g.SampleRound), k.Unsettled.Set(ctx, g.NextUnsettledEpoch), k.NextBlobID.Set(ctx, g.NextBlobId),
		k.NextChallengeID.Set(ctx, g.NextChallengeId))
}

func (k Keeper) initSigners(ctx context.Context, g types.GenesisState) error {
	for _, signer := range g.Signers {
		address, err := types.Address("signer", signer.Address)
		if err != nil {
			return err
		}
		if err := errors.Join(k.Signers.Set(ctx, address, signer), k.UsedKeys.Set(ctx, signer.Key.G1)); err != nil {
			return err
		}
		if signer.NextKey != nil {
			if err := k.UsedKeys.Set(ctx, signer.NextKey.G1); err != nil {
				return err
			}
		}
		if signer.Leaving {
			if err := k.Leaving.Set(ctx, collections.Join(signer.LockedUntilEpoch, address)); err != nil {
				return err
			}
		}
	}
	for _, r := range g.Registrations {
		address, err := types.Address("registration", r.Address)
		if err != nil {
			return err
		}
		if err := k.register(ctx, r.Epoch, address, r.Votes); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initKeys(ctx context.Context, g types.GenesisState) error {
	for _, key := range g.BeaconKeys {
		if err := k.BeaconKeys.Set(ctx, key.ConsensusAddress, key); err != nil {
			return err
		}
	}
	for _, key := range g.UsedKeys {
		if err := k.UsedKeys.Set(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initQuorums(ctx context.Context, g types.GenesisState) error {
	for _, s := range g.Snapshots {
		if err := k.Snapshots.Set(ctx, s.Epoch, s); err != nil {
			return err
		}
	}
	for _, f := range g.Frozen {
		address, err := types.Address("frozen", f.Entry.Address)
		if err != nil {
			return err
		}
		if err := k.Frozen.Set(ctx, collections.Join(f.Epoch, address), f.Entry); err != nil {
			return err
		}
	}
	for _, q := range g.Quorums {
		if err := k.Quorums.Set(ctx, collections.Join(q.Epoch, q.QuorumId), q); err != nil {
			return err
		}
	}
	for _, t := range g.Tallies {
		if err := k.Tallies.Set(ctx, collections.Join(t.Epoch, t.QuorumId), t); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initBlobs(ctx context.Context, g types.GenesisState) error {
	for _, b := range g.Blobs {
		submitter, err := types.Address("submitter", b.Submitter)
		if err != nil {
			return err
		}
		err = errors.Join(k.Blobs.Set(ctx, b.BlobId, b), k.BlobBySubmitter.Set(ctx, collections.Join(b.DataRoot, submitter), b.BlobId))
		if err == nil && b.Status == types.BLOB_STATUS_CONFIRMED {
			err = k.BlobByRoot.Set(ctx, b.DataRoot, b.BlobId)
		}
		if err == nil && b.Status == types.BLOB_STATUS_SUBMITTED {
			err = k.Pending.Set(ctx, collections.Join(uint64(b.DeadlineHeight), b.BlobId))
		}
		if err != nil {
			return err
		}
	}
	for _, r := range g.ConfirmedRoots {
		if err := k.ConfirmedRoots.Set(ctx, r.Height, r); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initAmounts(ctx context.Context, g types.GenesisState) error {
	for _, p := range g.Pools {
		if err := k.Pools.Set(ctx, p.Epoch, p); err != nil {
			return err
		}
	}
	for _, r := range g.Rewards {
		address, err := types.Address("reward", r.Address)
		if err != nil {
			return err
		}
		if err := k.Rewards.Set(ctx, address, r.Amount); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) initChallenges(ctx context.Context, g types.GenesisState) error {
	for _, c := range g.Challenges {
		if err := k.storeChallenge(ctx, c); err != nil {
			return err
		}
	}
	for _, key := range g.SampleHits {
		if err := k.SampleHits.Set(ctx, key); err != nil {
			return err
		}
	}
	return nil
}

// checkParams is what the parameters must fulfil on this chain. What promises last
// is compared with the unbonding time everywhere but on development chains, whose
// stake is worth nothing.
func (k Keeper) checkParams(ctx context.Context, params types.Params) error {
	chainID := sdk.UnwrapSDKContext(ctx).ChainID()
	if err := params.ValidateFor(chainID, k.IsDevelopment); err != nil {
		return err
	}
	if params.SlashValidatorBps > 0 && k.Slasher == nil {
		return types.ErrNotAvailable.Wrap("slash_validator_bps: want 0")
	}
	if k.IsDevelopment(chainID) {
		return nil
	}
	if k.Set == nil {
		return types.ErrNotAvailable.Wrapf("chain %q: no unbonding time to compare retention with", chainID)
	}
	unbonding, err := k.Set.UnbondingTime(ctx)
	if err != nil {
		return err
	}
	return params.CheckPromise(unbonding)
}

// ExportGenesis reads the live window, which is all that is kept.
func (k Keeper) ExportGenesis(ctx context.Context) (*types.GenesisState, error) {
	g := &types.GenesisState{GenesisSeed: make([]byte, 32)}
	err := k.exportStart(ctx, g)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		k.Signers.Walk(ctx, nil, func(_ sdk.AccAddress, s types.Signer) (bool, error) {
			g.Signers = append(g.Signers, s)
			return false, nil
		}),
		k.Registrations.Walk(ctx, nil, func(key epochAddress, votes uint32) (bool, error) {
			g.Registrations = append(g.Registrations, types.Registration{Epoch: key.K1(), Address: key.K2().String(), Votes: votes})
			return false, nil
		}),
		k.UsedKeys.Walk(ctx, nil, func(key []byte) (bool, error) {
			g.UsedKeys = append(g.UsedKeys, key)
			return false, nil
		}),
		k.Frozen.Walk(ctx, nil, func(key epochAddress, e types.SnapshotEntry) (bool, error) {
			g.Frozen = append(g.Frozen, types.FrozenSigner{Epoch: key.K1(), Entry: e})
			return false, nil
		}),
		k.Rewards.Walk(ctx, nil, func(address sdk.AccAddress, amount sdkmath.Int) (bool, error) {
			g.Rewards = append(g.Rewards, types.Reward{Address: address.String(), Amount: amount})
			return false, nil
		}),
		gather(ctx, k.BeaconKeys, &g.BeaconKeys), gather(ctx, k.Snapshots, &g.Snapshots), gather(ctx, k.Quorums, &g.Quorums),
		gather(ctx, k.Tallies, &g.Tallies), gather(ctx, k.Pools, &g.Pools), gather(ctx, k.Blobs, &g.Blobs),
		gather(ctx, k.ConfirmedRoots, &g.ConfirmedRoots), gather(ctx, k.Challenges, &g.Challenges),
		k.SampleHits.Walk(ctx, nil, func(key []byte) (bool, error) {
			g.SampleHits = append(g.SampleHits, key)
			return false, nil
		}),
	)
	return g, err
}

// gather appends all values of a map, by key.
func gather[K, V any](ctx context.Context, m collections.Map[K, V], into *[]V) error {
	return m.Walk(ctx, nil, func(_ K, value V) (bool, error) {
		*into = append(*into, value)
		return false, nil
	})
}

func (k Keeper) exportStart(ctx context.Context, g *types.GenesisState) (err error) {
	if g.Params, err = k.Params.Get(ctx); err != nil {
		return err
	}
	if g.SampleRound, err = k.SampleRound.Get(ctx); err != nil {
		return err
	}
	if g.NextUnsettledEpoch, err = k.Unsettled.Get(ctx); err != nil {
		return err
	}
	if g.NextBlobId, err = k.NextBlobID.Peek(ctx); err != nil {
		return err
	}
	if g.NextChallengeId, err = k.NextChallengeID.Peek(ctx); err != nil {
		return err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return err
	}
	state, err := k.Beacon.Get(ctx)
	if len(epoch.Seed) > 0 { // else no block has begun: a new chain
		g.Epoch, g.Beacon = &epoch, &state
	}
	return err
}
