package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

const (
	maxDelegations = 16 // of one signer that count, by validator address
	// maxRegistrations bounds the work of the freeze; beyond it, more votes push
	// out fewer.
	maxRegistrations = 2 * quorum.MaxMembers
)

// registrationRank is epoch, votes, address.
type registrationRank = collections.Triple[uint64, uint32, sdk.AccAddress]

// RegisterNextEpoch says that a signer is alive and takes part in the next epoch,
// until the votes of that are frozen. The signature's bytes enter nothing.
func (k Keeper) RegisterNextEpoch(ctx context.Context, address sdk.AccAddress, signature []byte) (uint64, error) {
	signer, err := k.staying(ctx, address)
	if err != nil {
		return 0, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return 0, err
	}
	next := epoch.Number + 1
	if height(ctx) >= epoch.FreezeHeight() {
		return 0, types.ErrRegistrationClosed.Wrapf("epoch %d since height %d: register for the one after from height %d", next, epoch.FreezeHeight(), epoch.NextHeight())
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := mayTakePart(signer, next, params); err != nil {
		return 0, err
	}
	registered, err := k.Registrations.Has(ctx, collections.Join(next, address))
	if err != nil {
		return 0, err
	}
	if registered {
		return 0, types.ErrRegistered.Wrapf("epoch %d", next)
	}
	key, _ := signer.KeyAt(next)
	if err := k.checkEpochSignature(ctx, address, next, key, signature); err != nil {
		return 0, err
	}
	votes, err := k.votesNow(ctx, address, params)
	if err != nil {
		return 0, err
	}
	if err := k.register(ctx, next, address, votes); err != nil {
		return 0, err
	}
	return next, emit(ctx, &types.EventRegistered{Signer: signer.Address, Epoch: next, Votes: votes})
}

// mayTakePart is asked at the registration and again at the freeze.
func mayTakePart(signer types.Signer, epoch uint64, params types.Params) error {
	switch {
	case signer.Leaving:
		return types.ErrSignerLeaving.Wrap(signer.Address)
	case signer.Tombstoned:
		return types.ErrSignerJailed.Wrapf("%s, for good", signer.Address)
	case epoch < signer.JailedUntilEpoch:
		return types.ErrSignerJailed.Wrapf("%s until epoch %d", signer.Address, signer.JailedUntilEpoch)
	case epoch < signer.ActivationEpoch:
		return types.ErrRegistrationClosed.Wrapf("%s takes part from epoch %d", signer.Address, signer.ActivationEpoch)
	case signer.Deposit.LT(params.SignerDeposit):
		return types.ErrDepositTooSmall.Wrapf("%s has %s, want %s azg: send MsgDeposit", signer.Address, signer.Deposit, params.SignerDeposit)
	}
	return nil
}

func (k Keeper) checkEpochSignature(ctx context.Context, address sdk.AccAddress, epoch uint64, key types.Key, signature []byte) error {
	charge(ctx, pairingGas, "check of a registration")
	public, err := bls.DecodeTrustedG2(key.G2)
	if err != nil {
		return err
	}
	point, err := bls.DecodeG1(signature)
	if err == nil {
		err = bls.VerifyPoint(&public, bls.EpochPoint([20]byte(address), epoch, k.EVMChainID), &point)
	}
	if err != nil {
		return types.ErrInvalidSignature.Wrapf("registration for epoch %d: %s", epoch, err)
	}
	return nil
}

// votesNow is one vote at least.
func (k Keeper) votesNow(ctx context.Context, address sdk.AccAddress, params types.Params) (uint32, error) {
	bonded, err := k.Stake.Bonded(ctx, address, maxDelegations)
	if err != nil {
		return 0, err
	}
	votes := votesOf(bonded, tokensPerVote(params), params.MaxVotesPerSigner)
	if votes == 0 {
		return 0, types.ErrNoVotes.Wrapf("%s has %s azg delegated to bonded validators, want %s", address, bonded, tokensPerVote(params))
	}
	return votes, nil
}

// tokensPerVote is the parameter in base units.
func tokensPerVote(params types.Params) sdkmath.Int {
	return sdkmath.NewIntFromUint64(params.TokensPerVote).Mul(sdkmath.NewIntWithDecimal(1, types.TokenExponent))
}

func votesOf(bonded, perVote sdkmath.Int, most uint32) uint32 {
	votes := bonded.Quo(perVote)
	if votes.GT(sdkmath.NewIntFromUint64(uint64(most))) {
		return most
	}
	return uint32(votes.Uint64())
}

// register lists a signer for an epoch; in a full list it takes the place of the
// one with the fewest votes, if it has more.
func (k Keeper) register(ctx context.Context, epoch uint64, address sdk.AccAddress, votes uint32) error {
	count, err := k.RegistrationCount.Get(ctx, epoch)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if count >= maxRegistrations {
		least, err := firstOf(ctx, k.RegistrationOrder, collections.NewPrefixedTripleRange[uint64, uint32, sdk.AccAddress](epoch), 1)
		if err != nil {
			return err
		}
		if len(least) == 0 || least[0].K2() >= votes {
			return types.ErrEpochFull.Wrapf("%d signers are registered for epoch %d, each with %d votes or more", count, epoch, votes)
		}
		if err := k.unregisterEpoch(ctx, epoch, least[0].K3()); err != nil {
			return err
		}
		count--
	}
	if err := k.RegistrationCount.Set(ctx, epoch, count+1); err != nil {
		return err
	}
	if err := k.RegistrationOrder.Set(ctx, collections.Join3(epoch, votes, address)); err != nil {
		return err
	}
	return k.Registrations.Set(ctx, collections.Join(epoch, address), votes)
}

// unregisterEpoch takes a registration back, if there is one.
func (k Keeper) unregisterEpoch(ctx context.Context, epoch uint64, address sdk.AccAddress) error {
	key := collections.Join(epoch, address)
	votes, err := k.Registrations.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	count, err := k.RegistrationCount.Get(ctx, epoch)
	if err != nil {
		return err
	}
	if count > 1 {
		err = k.RegistrationCount.Set(ctx, epoch, count-1)
	} else {
		err = k.RegistrationCount.Remove(ctx, epoch)
	}
	return errors.Join(err, k.RegistrationOrder.Remove(ctx, collections.Join3(epoch, votes, address)), k.Registrations.Remove(ctx, key))
}
