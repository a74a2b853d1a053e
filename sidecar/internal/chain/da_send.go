package chain

import (
	"context"
	"errors"
	"fmt"
	"math/big"

	"cosmossdk.io/math"

	dasignerstypes "github.com/zgd-network/zgd/x/dasigners/types"
)

var _ DASender = (*Account)(nil)

// Bytes returns the account's 20 bytes.
func (a *Account) Bytes() Address { return Address(a.key.address) }

// SignDigest signs 32 bytes with the account's key.
func (a *Account) SignDigest(digest Hash) ([]byte, error) { return a.key.SignDigest(digest) }

// RegisterDASigner registers this account with a key that it possesses.
func (a *Account) RegisterDASigner(ctx context.Context, socket string, key DAKey, possession []byte) (uint64, Receipt, error) {
	var answer dasignerstypes.MsgRegisterSignerResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgRegisterSigner{
		Signer: a.Address(), Socket: socket, Key: dasignerstypes.Key{G1: key.G1, G2: key.G2}, Possession: possession,
	}, &answer)
	return answer.ActivationEpoch, receipt, err
}

// UpdateDASocket changes where this account's node listens.
func (a *Account) UpdateDASocket(ctx context.Context, socket string) (Receipt, error) {
	return a.send(ctx, &dasignerstypes.MsgUpdateSocket{Signer: a.Address(), Socket: socket}, &dasignerstypes.MsgUpdateSocketResponse{})
}

// RotateDAKey replaces this account's signer key.
func (a *Account) RotateDAKey(ctx context.Context, key DAKey, possession []byte) (uint64, Receipt, error) {
	var answer dasignerstypes.MsgRotateKeyResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgRotateKey{
		Signer: a.Address(), Key: dasignerstypes.Key{G1: key.G1, G2: key.G2}, Possession: possession,
	}, &answer)
	return answer.EffectiveEpoch, receipt, err
}

// RegisterDAEpoch says that this account takes part in the next epoch.
func (a *Account) RegisterDAEpoch(ctx context.Context, signature []byte) (uint64, Receipt, error) {
	var answer dasignerstypes.MsgRegisterNextEpochResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgRegisterNextEpoch{Signer: a.Address(), Signature: signature}, &answer)
	return answer.Epoch, receipt, err
}

// UnregisterDASigner leaves.
func (a *Account) UnregisterDASigner(ctx context.Context) (uint64, Receipt, error) {
	var answer dasignerstypes.MsgUnregisterSignerResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgUnregisterSigner{Signer: a.Address()}, &answer)
	return answer.LockedUntilEpoch, receipt, err
}

// AddDADeposit refills this account's deposit.
func (a *Account) AddDADeposit(ctx context.Context, amount *big.Int) (*big.Int, Receipt, error) {
	value, err := positive("deposit", amount)
	if err != nil {
		return nil, Receipt{}, err
	}
	var answer dasignerstypes.MsgDepositResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgDeposit{Signer: a.Address(), Amount: value}, &answer)
	if err != nil {
		return nil, receipt, err
	}
	return amountOf(answer.Deposit), receipt, nil
}

// EstimateDAFee simulates a submission; it fails as that would.
func (a *Account) EstimateDAFee(ctx context.Context, s DASubmission) (*big.Int, error) {
	msg, err := a.submitBlobsMsg(s)
	if err != nil {
		return nil, err
	}
	return a.estimate(ctx, msg)
}

// SubmitBlobs orders blobs.
func (a *Account) SubmitBlobs(ctx context.Context, s DASubmission) (DAPlaced, Receipt, error) {
	msg, err := a.submitBlobsMsg(s)
	if err != nil {
		return DAPlaced{}, Receipt{}, err
	}
	var answer dasignerstypes.MsgSubmitBlobsResponse
	receipt, err := a.send(ctx, msg, &answer)
	if err != nil {
		return DAPlaced{}, receipt, err
	}
	return DAPlaced{FirstBlobID: answer.FirstBlobId, Epoch: answer.Epoch, QuorumID: answer.QuorumId, Fee: amountOf(answer.Fee)}, receipt, nil
}

func (a *Account) submitBlobsMsg(s DASubmission) (*dasignerstypes.MsgSubmitBlobs, error) {
	return SubmitBlobsMsg(a.Address(), s)
}

// SubmitBlobsMsg is the message that orders blobs.
func SubmitBlobsMsg(submitter string, s DASubmission) (*dasignerstypes.MsgSubmitBlobs, error) {
	maxFee, err := positive("max fee", s.MaxFee)
	if err != nil {
		return nil, err
	}
	if len(s.Roots) == 0 || len(s.Roots) != len(s.DataLens) {
		return nil, fmt.Errorf("submit blobs: %d roots, %d lengths; want as many, at least one", len(s.Roots), len(s.DataLens))
	}
	msg := &dasignerstypes.MsgSubmitBlobs{
		Submitter: submitter, Profile: uint32(s.Profile), DataLens: s.DataLens, StorageRoots: s.StorageRoots, MaxFee: maxFee,
	}
	for i := range s.Roots {
		msg.DataRoots = append(msg.DataRoots, s.Roots[i][:]...)
	}
	return msg, nil
}

// ConfirmBatch brings the aggregate signature over blobs.
func (a *Account) ConfirmBatch(ctx context.Context, ids []uint64, memberBitmap, signature []byte) (DAConfirmation, Receipt, error) {
	msg, err := ConfirmBatchMsg(a.Address(), ids, memberBitmap, signature)
	if err != nil {
		return DAConfirmation{}, Receipt{}, err
	}
	var answer dasignerstypes.MsgConfirmBatchResponse
	receipt, err := a.send(ctx, msg, &answer)
	return DAConfirmation{Confirmed: answer.Confirmed, HitSeats: answer.HitSeats, TotalSeats: answer.TotalSeats}, receipt, err
}

// ConfirmBatchMsg is the message that brings an aggregate signature.
func ConfirmBatchMsg(sender string, ids []uint64, memberBitmap, signature []byte) (*dasignerstypes.MsgConfirmBatch, error) {
	if len(ids) == 0 {
		return nil, errors.New("confirm: no blobs given")
	}
	msg := &dasignerstypes.MsgConfirmBatch{Sender: sender, FirstBlobId: ids[0], MemberBitmap: memberBitmap, Signature: signature}
	for i := 1; i < len(ids); i++ {
		delta := ids[i] - ids[i-1]
		if ids[i] <= ids[i-1] || delta > 1<<32-1 {
			return nil, fmt.Errorf("confirm: blob %d after %d, want them ascending", ids[i], ids[i-1])
		}
		msg.BlobDeltas = append(msg.BlobDeltas, uint32(delta))
	}
	return msg, nil
}

// ClaimDARewards pays this account's rewards out to it.
func (a *Account) ClaimDARewards(ctx context.Context) (*big.Int, Receipt, error) {
	var answer dasignerstypes.MsgClaimRewardsResponse
	receipt, err := a.send(ctx, &dasignerstypes.MsgClaimRewards{Signer: a.Address()}, &answer)
	if err != nil {
		return nil, receipt, err
	}
	return amountOf(answer.Amount), receipt, nil
}

// RefusedAs says whether the chain refused a transaction for one of x/dasigners'
// reasons.
func RefusedAs(err error, reason DARefusal) bool {
	var refused *Rejection
	return errors.As(err, &refused) && refused.Codespace == dasignerstypes.ModuleName && refused.Code == uint32(reason)
}

// DARefusal is a reason of x/dasigners that a sender acts on.
type DARefusal uint32

// The reasons.
var (
	DADuplicateBlob      = DARefusal(dasignerstypes.ErrDuplicateBlob.ABCICode())
	DANothingToConfirm   = DARefusal(dasignerstypes.ErrNothingToConfirm.ABCICode())
	DALapsed             = DARefusal(dasignerstypes.ErrLapsed.ABCICode())
	DAAlreadyRegistered  = DARefusal(dasignerstypes.ErrRegistered.ABCICode())
	DARegistrationClosed = DARefusal(dasignerstypes.ErrRegistrationClosed.ABCICode())
	DANoQuorum           = DARefusal(dasignerstypes.ErrNoQuorum.ABCICode())
	DAFeeTooHigh         = DARefusal(dasignerstypes.ErrFeeTooHigh.ABCICode())
)

func positive(what string, amount *big.Int) (math.Int, error) {
	if amount == nil || amount.Sign() <= 0 || amount.BitLen() > math.MaxBitLen {
		return math.Int{}, fmt.Errorf("%s: %v azg, want a positive amount", what, amount)
	}
	return math.NewIntFromBigInt(amount), nil
}
