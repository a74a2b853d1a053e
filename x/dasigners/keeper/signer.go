package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// RegisterSigner registers an account with a key that it proves to possess, takes
// its deposit and returns the first epoch it can take part in.
func (k Keeper) RegisterSigner(ctx context.Context, signer sdk.AccAddress, socket string, key types.Key, possession []byte) (uint64, error) {
	if err := types.CheckSocket(socket); err != nil {
		return 0, err
	}
	exists, err := k.Signers.Has(ctx, signer)
	if err != nil {
		return 0, err
	}
	if exists {
		return 0, types.ErrSignerExists.Wrapf("%s: use RotateKey or UpdateSocket; after leaving, wait for the deposit", signer)
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := k.useKey(ctx, key, k.signerPossession(signer, possession)); err != nil {
		return 0, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := k.take(ctx, signer, params.SignerDeposit); err != nil {
		return 0, err
	}
	record := types.Signer{
		Address: signer.String(), Socket: socket, Key: key, KeyId: 1, ActivationEpoch: epoch.Number + 1, Deposit: params.SignerDeposit,
	}
	if height(ctx) >= epoch.FreezeHeight() {
		record.ActivationEpoch++ // the votes of the next epoch are fixed
	}
	if err := k.Signers.Set(ctx, signer, record); err != nil {
		return 0, err
	}
	if err := k.emitSigner(ctx, record, "registered", key); err != nil {
		return 0, err
	}
	return record.ActivationEpoch, emit(ctx, &types.EventSocket{Signer: record.Address, Socket: socket})
}

// useKey checks a new key and burns it: both halves well-formed and of one
// secret, possessed, and never registered before, by anyone.
func (k Keeper) useKey(ctx context.Context, key types.Key, possessed func(bls.PublicKey) error) error {
	charge(ctx, 2*pairingGas, "check of a key")
	public, err := key.Public()
	if err != nil {
		return err
	}
	used, err := k.UsedKeys.Has(ctx, key.G1)
	if err != nil {
		return err
	}
	if used {
		return types.ErrKeyUsed.Wrap("make a new one")
	}
	if err := public.CheckPair(); err != nil {
		return types.ErrInvalidKey.Wrap(err.Error())
	}
	if err := possessed(public); err != nil {
		return err
	}
	return k.UsedKeys.Set(ctx, key.G1)
}

// signerPossession checks the signature of the registration point, which names
// the account.
func (k Keeper) signerPossession(signer sdk.AccAddress, signature []byte) func(bls.PublicKey) error {
	return func(public bls.PublicKey) error {
		point, err := bls.DecodeG1(signature)
		if err == nil {
			err = bls.VerifyPoint(&public.G2, bls.RegistrationPoint([20]byte(signer), k.EVMChainID), &point)
		}
		if err != nil {
			return types.ErrInvalidSignature.Wrapf("proof of possession: %s", err)
		}
		return nil
	}
}

// Signer returns a signer, or ErrSignerNotFound.
func (k Keeper) Signer(ctx context.Context, address sdk.AccAddress) (types.Signer, error) {
	signer, err := k.Signers.Get(ctx, address)
	return signer, notFound(err, types.ErrSignerNotFound, "%s", address)
}

// staying returns a signer that has not left.
func (k Keeper) staying(ctx context.Context, address sdk.AccAddress) (types.Signer, error) {
	signer, err := k.Signer(ctx, address)
	if err == nil && signer.Leaving {
		err = types.ErrSignerLeaving.Wrapf("%s: its deposit returns after epoch %d", address, signer.LockedUntilEpoch)
	}
	return signer, err
}

// UpdateSocket changes where a signer's node listens.
func (k Keeper) UpdateSocket(ctx context.Context, address sdk.AccAddress, socket string) error {
	if err := types.CheckSocket(socket); err != nil {
		return err
	}
	signer, err := k.Signer(ctx, address) // one that leaves still serves what it signed
	if err != nil {
		return err
	}
	signer.Socket = socket
	if err := k.Signers.Set(ctx, address, signer); err != nil {
		return err
	}
	return emit(ctx, &types.EventSocket{Signer: signer.Address, Socket: socket})
}

// mayReplace refuses to drop a key that takes over in the next epoch. Of a signer
// it may be frozen already; of a validator, dropping it would be a choice between
// two values of the beacon, made with the one before in sight.
func mayReplace(epoch, takesOver uint64) error {
	if takesOver == epoch+1 {
		return types.ErrRegistrationClosed.Wrapf("a key takes over in epoch %d and stands: send another from then on", takesOver)
	}
	return nil
}

// RotateKey replaces a signer's key two epochs from now. A replacement of this
// epoch, which has not taken over yet, is dropped.
func (k Keeper) RotateKey(ctx context.Context, address sdk.AccAddress, key types.Key, possession []byte) (uint64, error) {
	signer, err := k.staying(ctx, address)
	if err != nil {
		return 0, err
	}
	if err := k.useKey(ctx, key, k.signerPossession(address, possession)); err != nil {
		return 0, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return 0, err
	}
	if signer.NextKey != nil {
		if err := mayReplace(epoch.Number, signer.NextKeyEpoch); err != nil {
			return 0, err
		}
	}
	signer.Key, signer.KeyId = signer.KeyAt(epoch.Number)
	signer.NextKey, signer.NextKeyEpoch = &key, epoch.Number+2
	if err := k.Signers.Set(ctx, address, signer); err != nil {
		return 0, err
	}
	return signer.NextKeyEpoch, k.emitSigner(ctx, signer, "rotated", key)
}

// Deposit adds to a signer's deposit and returns it.
func (k Keeper) Deposit(ctx context.Context, address sdk.AccAddress, amount sdkmath.Int) (sdkmath.Int, error) {
	if amount.IsNil() || !amount.IsPositive() {
		return sdkmath.Int{}, types.ErrInvalidMessage.Wrapf("amount %s, want more than 0", amount)
	}
	signer, err := k.staying(ctx, address)
	if err != nil {
		return sdkmath.Int{}, err
	}
	if err := k.take(ctx, address, amount); err != nil {
		return sdkmath.Int{}, err
	}
	signer.Deposit = signer.Deposit.Add(amount)
	if err := k.Signers.Set(ctx, address, signer); err != nil {
		return sdkmath.Int{}, err
	}
	return signer.Deposit, k.emitDeposit(ctx, signer.Address, "added", amount, signer.Deposit)
}

// UnregisterSigner leaves. The deposit returns when retention has passed over
// everything that the signer may have signed, at once if that is nothing.
func (k Keeper) UnregisterSigner(ctx context.Context, address sdk.AccAddress) (uint64, error) {
	signer, err := k.staying(ctx, address)
	if err != nil {
		return 0, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return 0, err
	}
	if err := k.unregisterEpoch(ctx, epoch.Number+1, address); err != nil {
		return 0, err
	}
	signer.Leaving = true
	if err := k.Signers.Set(ctx, address, signer); err != nil {
		return 0, err
	}
	if err := k.emitSigner(ctx, signer, "unregistered", signer.Key); err != nil {
		return 0, err
	}
	if signer.LockedUntilEpoch < epoch.Number || signer.LockedUntilEpoch == 0 {
		return k.releaseOrWait(ctx, address, epoch.Number)
	}
	return signer.LockedUntilEpoch, k.Leaving.Set(ctx, collections.Join(signer.LockedUntilEpoch, address))
}

// releaseOrWait returns the deposit of a signer that leaves, unless a challenge is
// open: then it is looked at again after this epoch. It returns the epoch that the
// deposit is locked for, 0: none.
func (k Keeper) releaseOrWait(ctx context.Context, address sdk.AccAddress, current uint64) (uint64, error) {
	open, err := k.openChallenges(ctx, address, 1)
	if err != nil {
		return 0, err
	}
	if len(open) == 0 {
		return 0, k.release(ctx, address)
	}
	signer, err := k.Signer(ctx, address)
	if err != nil {
		return 0, err
	}
	signer.LockedUntilEpoch = current
	return current, errors.Join(k.Signers.Set(ctx, address, signer), k.Leaving.Set(ctx, collections.Join(current, address)))
}

// release returns a deposit and forgets the signer; its keys stay burnt. One that
// was punished is remembered, so that it cannot register again.
func (k Keeper) release(ctx context.Context, address sdk.AccAddress) error {
	signer, err := k.Signer(ctx, address)
	if err != nil {
		return err
	}
	if signer.Tombstoned {
		kept := signer
		kept.Deposit, kept.Leaving = sdkmath.ZeroInt(), false
		err = k.Signers.Set(ctx, address, kept)
	} else {
		err = k.Signers.Remove(ctx, address)
	}
	if err != nil {
		return err
	}
	if err := k.pay(ctx, address, signer.Deposit); err != nil {
		return err
	}
	return k.emitDeposit(ctx, signer.Address, "returned", signer.Deposit, sdkmath.ZeroInt())
}

// releaseDue returns deposits whose lock is over, a bounded number in a block.
func (k Keeper) releaseDue(ctx context.Context, current uint64) error {
	if current == 0 {
		return nil
	}
	due, err := firstOf(ctx, k.Leaving, collections.NewPrefixUntilPairRange[uint64, sdk.AccAddress](current-1), maxReleasedPerBlock)
	if err != nil {
		return err
	}
	for _, key := range due {
		if err := k.Leaving.Remove(ctx, key); err != nil {
			return err
		}
		if _, err := k.releaseOrWait(ctx, key.K2(), current); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) emitSigner(ctx context.Context, signer types.Signer, change string, key types.Key) error {
	return emit(ctx, &types.EventSigner{Signer: signer.Address, Change: change, G1: key.G1, G2: key.G2})
}

func (k Keeper) emitDeposit(ctx context.Context, signer, change string, amount, after sdkmath.Int) error {
	return emit(ctx, &types.EventDeposit{Signer: signer, Change: change, Amount: amount.String(), Deposit: after.String()})
}
