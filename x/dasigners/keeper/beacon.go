package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// SetBeaconKey sets the beacon key of the validator that an account operates. It
// takes over two epochs from now, so that nobody can choose a value with the
// present one in sight.
func (k Keeper) SetBeaconKey(ctx context.Context, operator sdk.AccAddress, key types.Key, possession []byte) (uint64, error) {
	consensus, err := k.Validators.ConsensusAddress(ctx, operator)
	if err != nil || len(consensus) != 20 {
		return 0, types.ErrNotValidator.Wrapf("%s: %v", operator, err)
	}
	if err := k.useKey(ctx, key, k.beaconPossession(consensus, possession)); err != nil {
		return 0, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return 0, err
	}
	effective := epoch.Number + 2
	record, err := k.BeaconKeys.Get(ctx, consensus)
	if err == nil && len(record.NextG2) > 0 {
		err = mayReplace(epoch.Number, record.NextEpoch)
	}
	switch {
	case errors.Is(err, collections.ErrNotFound):
		record = types.BeaconKey{ConsensusAddress: consensus, G2: key.G2, EffectiveEpoch: effective}
	case err != nil:
		return 0, err
	default:
		if len(record.NextG2) > 0 && epoch.Number >= record.NextEpoch {
			record.G2, record.EffectiveEpoch = record.NextG2, record.NextEpoch
		}
		record.NextG2, record.NextEpoch = key.G2, effective
	}
	if err := k.BeaconKeys.Set(ctx, consensus, record); err != nil {
		return 0, err
	}
	return effective, emit(ctx, &types.EventBeaconKey{ConsensusAddress: consensus, G2: key.G2, EffectiveEpoch: effective})
}

func (k Keeper) beaconPossession(consensus, signature []byte) func(bls.PublicKey) error {
	return func(public bls.PublicKey) error {
		point, err := bls.DecodeG1(signature)
		if err == nil {
			err = bls.Verify(&public.G2, bls.DomainBeacon, beacon.PossessionMessage(k.EVMChainID, [20]byte(consensus), &public.G2), &point)
		}
		if err != nil {
			return types.ErrInvalidSignature.Wrapf("proof of possession: %s", err)
		}
		return nil
	}
}

// BeaconKeyFor is the key that the proposer of a height must sign with, 128 bytes;
// nil: it has none and must propose without a value. The height is that of this
// state or the next one, whose epoch may be another.
func (k Keeper) BeaconKeyFor(ctx context.Context, consensus []byte, proposalHeight int64) ([]byte, error) {
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return nil, err
	}
	number := epoch.Number
	if proposalHeight >= epoch.NextHeight() {
		number++
	}
	record, err := k.BeaconKeys.Get(ctx, consensus)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, nil
	}
	return record.KeyAt(number), err
}

// BeaconValue is the beacon of the last block that was mixed, for use within that
// block. What the next block builds on is BeaconAfter.
func (k Keeper) BeaconValue(ctx context.Context) (beacon.Value, error) {
	state, err := k.Beacon.Get(ctx)
	if err != nil {
		return beacon.Value{}, err
	}
	return types.Hash32("beacon", state.Value)
}

// BeaconAfter is the beacon that the next block builds on, when the last one was
// decided in a round: what was signed in a later round than the first counts for
// nothing. Else hostile proposers that stand in a row could give rounds up to one
// another until a value suits them: S of them have S! sequences of signers for S
// heights, but only 2^S of signing or not (tests/integration measures it).
func (k Keeper) BeaconAfter(ctx context.Context, round int32) (beacon.Value, error) {
	state, err := k.Beacon.Get(ctx)
	if err != nil {
		return beacon.Value{}, err
	}
	if round <= 0 {
		return types.Hash32("beacon", state.Value)
	}
	previous, err := types.Hash32("beacon", state.Previous)
	return beacon.Mix(previous, nil), err
}

// MixBlock mixes a proposer's signature into the beacon, before the block's
// transactions; the block before was decided in its first round.
func (k Keeper) MixBlock(ctx context.Context, signature []byte) error {
	return k.MixBlockAfter(ctx, signature, 0)
}

// MixBlockAfter is MixBlock when the block before was decided in any round. It
// does not verify: two thirds of the validators have. Anything but a signature's
// length mixes the constant of an empty one.
func (k Keeper) MixBlockAfter(ctx context.Context, signature []byte, lastRound int32) error {
	value, err := k.BeaconAfter(ctx, lastRound)
	if err != nil {
		return err
	}
	if len(signature) != bls.SignatureSize {
		signature = nil
	}
	mixed := beacon.Mix(value, signature)
	return k.Beacon.Set(ctx, types.Beacon{Value: mixed[:], Previous: value[:], Height: height(ctx)})
}

// beaconBefore is the beacon of the block before this one: the present one is
// known to its proposer when the block begins, and mixed already.
func (k Keeper) beaconBefore(ctx context.Context) (beacon.Value, error) {
	state, err := k.Beacon.Get(ctx)
	if err != nil {
		return beacon.Value{}, err
	}
	if state.Height == height(ctx) {
		return types.Hash32("beacon", state.Previous)
	}
	return types.Hash32("beacon", state.Value)
}

// CheckBeaconKeys refuses a start with validators that have no beacon key, where
// the parameters want them all to have one.
func (k Keeper) CheckBeaconKeys(ctx context.Context, consensus [][]byte) error {
	params, err := k.Params.Get(ctx)
	if err != nil || !params.RequireBeaconKey {
		return err
	}
	for _, address := range consensus {
		key, err := k.BeaconKeyFor(ctx, address, height(ctx))
		if err != nil {
			return err
		}
		if key == nil {
			return types.ErrInvalidGenesis.Wrapf("validator %x has no beacon key: add one, or set require_beacon_key to false", address)
		}
	}
	return nil
}
