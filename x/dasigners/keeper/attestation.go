package keeper

import (
	"context"
	"errors"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Gas of judging a row: the coefficients are a hash for every four of its bytes,
// and the combinations are encoded anew.
const (
	attestationGas        = 1_000_000
	attestationGasPerByte = 10
)

// Punishment is what a false attestation cost.
type Punishment struct {
	Signer sdk.AccAddress
	Lost   sdkmath.Int // of the deposit, base units; the community pool has it
	Stake  sdkmath.Int // of the validator that the signer operates, base units, burnt
}

// PunishFalseAttestation takes the deposit of a signer that signed a blob although
// the row that it holds of it contradicts the coding, and shuts it out for good.
// Only the holder of the row is judged: the others did not have to see it.
func (k Keeper) PunishFalseAttestation(ctx context.Context, e types.Evidence) (Punishment, error) {
	root := e.Commitment.DataRoot()
	record, err := k.Quorum(ctx, e.Epoch, e.QuorumID)
	if err != nil {
		return Punishment{}, err
	}
	if e.Commitment.EVMChainID != k.EVMChainID {
		return Punishment{}, types.ErrNoFault.Wrapf("the blob is of chain %d, this is %d", e.Commitment.EVMChainID, k.EVMChainID)
	}
	if uint32(e.Commitment.Profile.ID) != record.Profile {
		return Punishment{}, types.ErrWrongProfile.Wrapf("%d, the quorum has %d", e.Commitment.Profile.ID, record.Profile)
	}
	drawn := record.Drawn()
	holder := rowMember(drawn, e.Commitment.Profile, root, e.Epoch, e.QuorumID, e.Row.Index)
	if err := k.checkAttested(ctx, record, drawn, root, holder, e.SignedBatch); err != nil {
		return Punishment{}, err
	}
	if err := checkFault(ctx, e); err != nil {
		return Punishment{}, err
	}
	return k.tombstone(ctx, drawn.Members[holder][:])
}

// checkFault judges the row: it must belong to the blob and contradict the coding.
func checkFault(ctx context.Context, e types.Evidence) error {
	charge(ctx, uint64(attestationGas+attestationGasPerByte*e.Commitment.RowSize), "check of a row")
	verifier, err := erasure.NewVerifier(erasure.CPU, e.Commitment, e.Combinations)
	if err != nil {
		return types.ErrInvalidMessage.Wrapf("combinations: %s", err)
	}
	switch err := verifier.Check(e.Row); {
	case err == nil:
		return types.ErrNoFault.Wrapf("row %d is coded as it should be", e.Row.Index)
	case errors.Is(err, erasure.ErrBadCoding):
		return nil
	default:
		return types.ErrInvalidMessage.Wrapf("row: %s", err)
	}
}

// tombstone takes a signer's whole deposit and, where the parameters say so, of the
// stake of the validator that it operates.
func (k Keeper) tombstone(ctx context.Context, address sdk.AccAddress) (Punishment, error) {
	signer, err := k.Signer(ctx, address)
	if err != nil {
		return Punishment{}, err
	}
	if signer.Tombstoned {
		return Punishment{}, types.ErrNoFault.Wrapf("%s has been punished", address)
	}
	p := Punishment{Signer: address, Lost: signer.Deposit}
	signer.Deposit, signer.Tombstoned = sdkmath.ZeroInt(), true
	err = errors.Join(
		k.Signers.Set(ctx, address, signer), k.payCommunity(ctx, p.Lost),
		k.emitSigner(ctx, signer, "tombstoned", signer.Key), emitSlash(ctx, signer.Address, "false_attestation", p.Lost),
	)
	if err != nil {
		return Punishment{}, err
	}
	p.Stake, err = k.punishValidator(ctx, address)
	return p, err
}

// punishValidator leaves the deposit taken when staking refuses.
func (k Keeper) punishValidator(ctx context.Context, operator sdk.AccAddress) (sdkmath.Int, error) {
	params, err := k.Params.Get(ctx)
	if err != nil || params.SlashValidatorBps == 0 || k.Slasher == nil {
		return sdkmath.ZeroInt(), err
	}
	burnt := sdkmath.ZeroInt()
	k.attempt(ctx, "slash of a validator", func(ctx context.Context) error {
		burnt, err = k.Slasher.PunishValidator(ctx, operator, params.SlashValidatorBps)
		return err
	})
	if err != nil || !burnt.IsPositive() {
		return sdkmath.ZeroInt(), nil // the event of the attempt says why
	}
	return burnt, emitSlash(ctx, operator.String(), "false_attestation_stake", burnt)
}
