package keeper

import (
	"context"
	"errors"
	"slices"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Gas of judging a row: the coefficients are a hash for every four of its bytes,
// and the combinations are encoded anew.
const (
	attestationGas        = 1_000_000
	attestationGasPerByte = 10
)

// PunishFalseAttestation takes the deposit of a signer that signed a blob although
// the row that it holds of it contradicts the coding, and shuts it out for good.
// It returns the signer and what it lost, base units, which the community pool
// gets. Only the holder of the row is judged: the others did not have to see it.
func (k Keeper) PunishFalseAttestation(ctx context.Context, e types.Evidence) (sdk.AccAddress, sdkmath.Int, error) {
	root := e.Commitment.DataRoot()
	record, err := k.Quorum(ctx, e.Epoch, e.QuorumID)
	if err != nil {
		return nil, sdkmath.Int{}, err
	}
	if err := checkScope(k.EVMChainID, record, root, e); err != nil {
		return nil, sdkmath.Int{}, err
	}
	drawn := record.Drawn()
	holder := rowMember(drawn, e.Commitment.Profile, root, e)
	if err := k.checkAttested(ctx, record, drawn, holder, e); err != nil {
		return nil, sdkmath.Int{}, err
	}
	if err := checkFault(ctx, e); err != nil {
		return nil, sdkmath.Int{}, err
	}
	address := sdk.AccAddress(drawn.Members[holder][:])
	lost, err := k.tombstone(ctx, address)
	return address, lost, err
}

// checkScope ties the evidence to this chain, the quorum's shape and the batch.
func checkScope(evmChainID uint64, record types.Quorum, root erasure.Hash, e types.Evidence) error {
	if e.Commitment.EVMChainID != evmChainID {
		return types.ErrNoFault.Wrapf("the blob is of chain %d, this is %d", e.Commitment.EVMChainID, evmChainID)
	}
	if uint32(e.Commitment.Profile.ID) != record.Profile {
		return types.ErrWrongProfile.Wrapf("%d, the quorum has %d", e.Commitment.Profile.ID, record.Profile)
	}
	if !erasure.CheckMerklePath(erasure.BatchLeaf(root, e.BlobID), int(e.BatchIndex), int(e.BatchCount), e.BatchPath, e.BatchRoot) {
		return types.ErrInvalidMessage.Wrapf("batch_path does not lead from blob %d to batch_root", e.BlobID)
	}
	return nil
}

// rowMember is the member that holds the row.
func rowMember(drawn quorum.Quorum, profile erasure.Profile, root erasure.Hash, e types.Evidence) int {
	seat := slices.Index(erasure.Placement(profile, root, e.Epoch, e.QuorumID), uint16(e.Row.Index)) // a permutation has it
	return int(drawn.Seats[seat])
}

// checkAttested says whether the holder is among those who signed the batch.
func (k Keeper) checkAttested(ctx context.Context, record types.Quorum, drawn quorum.Quorum, holder int, e types.Evidence) error {
	present, missing, _, err := drawn.Signed(e.Bitmap)
	if err != nil {
		return types.ErrInvalidBitmap.Wrap(err.Error())
	}
	if !slices.Contains(present, holder) {
		return types.ErrNoFault.Wrapf("member %d, who holds row %d, did not sign", holder, e.Row.Index)
	}
	charge(ctx, uint64(pairingGas+confirmMemberGas*len(drawn.Members)), "check of an attestation")
	key, err := k.aggregate(ctx, record, drawn, present, missing)
	if err != nil {
		return err
	}
	return checkSignature(&key, erasure.BatchMessage(k.EVMChainID, e.Epoch, e.QuorumID, e.BatchCount, e.BatchRoot), e.Signature)
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

// tombstone takes a signer's whole deposit.
func (k Keeper) tombstone(ctx context.Context, address sdk.AccAddress) (sdkmath.Int, error) {
	signer, err := k.Signer(ctx, address)
	if err != nil {
		return sdkmath.Int{}, err
	}
	if signer.Tombstoned {
		return sdkmath.Int{}, types.ErrNoFault.Wrapf("%s has been punished", address)
	}
	lost := signer.Deposit
	signer.Deposit, signer.Tombstoned = sdkmath.ZeroInt(), true
	if err := k.Signers.Set(ctx, address, signer); err != nil {
		return sdkmath.Int{}, err
	}
	if err := k.payCommunity(ctx, lost); err != nil {
		return sdkmath.Int{}, err
	}
	if err := k.emitSigner(ctx, signer, "tombstoned", signer.Key); err != nil {
		return sdkmath.Int{}, err
	}
	return lost, emit(ctx, &types.EventSlash{Signer: signer.Address, Reason: "false_attestation", Amount: lost.String()})
}
