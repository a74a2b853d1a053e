package keeper

import (
	"context"
	"errors"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Submission orders blobs.
type Submission struct {
	Submitter sdk.AccAddress
	Profile   uint32
	Roots     []erasure.Hash
	DataLens  []uint64 // bytes of payload, one per root
	LogNodes  [][]byte // nil, or per root the packed subtrees of its log entry
	MaxFee    sdkmath.Int
}

// Receipt names ordered blobs.
type Receipt struct {
	FirstBlobID uint64
	Epoch       uint64
	QuorumID    uint32
	Fee         sdkmath.Int // of all, base units
	Endowment   sdkmath.Int // of all log entries, base units
}

// SubmitBlobs orders blobs, draws one quorum for them and takes their fees, which
// the module holds until they are confirmed or lapse, and so the endowments of
// their log entries.
func (k Keeper) SubmitBlobs(ctx context.Context, s Submission) (Receipt, error) {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return Receipt{}, err
	}
	first, err := k.NextBlobID.Peek(ctx)
	if err != nil {
		return Receipt{}, err
	}
	drawn, err := k.assign(ctx, first)
	if err != nil {
		return Receipt{}, err
	}
	if s.Profile != drawn.Profile {
		return Receipt{}, types.ErrWrongProfile.Wrapf("%d, epoch %d has %d", s.Profile, drawn.Epoch, drawn.Profile)
	}
	receipt := Receipt{FirstBlobID: first, Epoch: drawn.Epoch, QuorumID: drawn.QuorumId, Fee: sdkmath.ZeroInt(), Endowment: sdkmath.ZeroInt()}
	for i := range s.Roots {
		blob, err := k.newBlob(ctx, params, drawn, s, i)
		if err != nil {
			return Receipt{}, err
		}
		if err := k.storeBlob(ctx, s.Submitter, blob); err != nil {
			return Receipt{}, err
		}
		receipt.Fee, receipt.Endowment = receipt.Fee.Add(blob.Fee), receipt.Endowment.Add(blob.StorageEndowment)
	}
	total := receipt.Fee.Add(receipt.Endowment)
	if s.MaxFee.IsNil() || total.GT(s.MaxFee) {
		return Receipt{}, types.ErrFeeTooHigh.Wrapf("%s azg for %d blobs, of it %s for the log; max_fee is %s", total, len(s.Roots), receipt.Endowment, s.MaxFee)
	}
	if err := k.take(ctx, s.Submitter, total); err != nil {
		return Receipt{}, err
	}
	if err := k.countPending(ctx, drawn.Epoch, len(s.Roots)); err != nil {
		return Receipt{}, err
	}
	return receipt, k.emitSubmit(ctx, s, receipt)
}

// assign draws the quorum of a submission by the beacon of this block, which
// nobody knew who signed the submission.
func (k Keeper) assign(ctx context.Context, firstBlobID uint64) (types.Quorum, error) {
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return types.Quorum{}, err
	}
	if epoch.Quorums == 0 {
		return types.Quorum{}, types.ErrNoQuorum.Wrapf("epoch %d: no signer had votes when they were frozen", epoch.Number)
	}
	value, err := k.BeaconValue(ctx)
	if err != nil {
		return types.Quorum{}, err
	}
	return k.Quorum(ctx, epoch.Number, quorum.Assign(value, firstBlobID, epoch.Quorums))
}

// Quorum returns a quorum that retention has not passed over.
func (k Keeper) Quorum(ctx context.Context, epoch uint64, id uint32) (types.Quorum, error) {
	record, err := k.Quorums.Get(ctx, collections.Join(epoch, id))
	return record, notFound(err, types.ErrQuorumNotFound, "quorum %d of epoch %d", id, epoch)
}

// newBlob checks one blob of a submission and prices it.
func (k Keeper) newBlob(ctx context.Context, params types.Params, drawn types.Quorum, s Submission, i int) (types.Blob, error) {
	dataLen := s.DataLens[i]
	profile, err := erasure.ProfileByID(uint8(drawn.Profile))
	if err != nil {
		return types.Blob{}, err
	}
	if dataLen == 0 {
		return types.Blob{}, types.ErrEmptyBlob.Wrapf("number %d of the submission", i)
	}
	if most := min(params.MaxBlobBytes-erasure.HeaderSize, profile.MaxPayload()); dataLen > most {
		return types.Blob{}, types.ErrBlobTooLarge.Wrapf("%d bytes, want at most %d: split it", dataLen, most)
	}
	if id, err := k.standing(ctx, s.Roots[i], s.Submitter); err != nil {
		return types.Blob{}, err
	} else if id != 0 {
		return types.Blob{}, types.ErrDuplicateBlob.Wrapf("blob %d of %s has root %x", id, s.Submitter, s.Roots[i])
	}
	fee, err := params.Fee(profile, dataLen)
	if err != nil {
		return types.Blob{}, err
	}
	id, err := k.NextBlobID.Next(ctx)
	if err != nil {
		return types.Blob{}, err
	}
	blob := types.Blob{
		BlobId: id, DataRoot: s.Roots[i][:], DataLen: dataLen, Profile: drawn.Profile, Epoch: drawn.Epoch, QuorumId: drawn.QuorumId,
		Submitter: s.Submitter.String(), SubmitHeight: height(ctx), DeadlineHeight: height(ctx) + int64(params.ConfirmWindowBlocks),
		Status: types.BLOB_STATUS_SUBMITTED, Fee: fee, StorageEndowment: sdkmath.ZeroInt(),
	}
	if s.LogNodes != nil {
		err = k.reserveLog(ctx, &blob, s.LogNodes[i])
	}
	return blob, err
}

// standing is the id of an account's blob with a root that waits or is confirmed
// and not yet expired; 0: none. Others may order a blob with the same root: roots
// are public, and whoever is quick could keep its owner out for the price of a fee.
func (k Keeper) standing(ctx context.Context, root erasure.Hash, submitter sdk.AccAddress) (uint64, error) {
	id, err := k.BlobBySubmitter.Get(ctx, collections.Join(root[:], submitter))
	if errors.Is(err, collections.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	blob, err := k.Blob(ctx, id)
	if err != nil || blob.Status == types.BLOB_STATUS_LAPSED {
		return 0, err
	}
	return id, nil
}

func (k Keeper) storeBlob(ctx context.Context, submitter sdk.AccAddress, blob types.Blob) error {
	return errors.Join(
		k.Blobs.Set(ctx, blob.BlobId, blob),
		k.BlobBySubmitter.Set(ctx, collections.Join(blob.DataRoot, submitter), blob.BlobId),
		k.Pending.Set(ctx, collections.Join(uint64(blob.DeadlineHeight), blob.BlobId)),
	)
}

// Blob returns a recent blob, or ErrBlobNotFound.
func (k Keeper) Blob(ctx context.Context, id uint64) (types.Blob, error) {
	blob, err := k.Blobs.Get(ctx, id)
	return blob, notFound(err, types.ErrBlobNotFound, "blob %d", id)
}

// BlobWithRoot returns the newest recent blob with a root that is confirmed, else
// the newest of the first submitters by address, else ErrBlobNotFound.
func (k Keeper) BlobWithRoot(ctx context.Context, root erasure.Hash) (types.Blob, error) {
	id, err := k.BlobByRoot.Get(ctx, root[:])
	if err == nil {
		return k.Blob(ctx, id)
	}
	if !errors.Is(err, collections.ErrNotFound) {
		return types.Blob{}, err
	}
	seen := 0
	err = k.BlobBySubmitter.Walk(ctx, collections.NewPrefixedPairRange[[]byte, sdk.AccAddress](root[:]), func(_ rootSubmitter, candidate uint64) (bool, error) {
		id = max(id, candidate)
		seen++
		return seen == maxSubmitters, nil
	})
	if err != nil {
		return types.Blob{}, err
	}
	if id == 0 {
		return types.Blob{}, types.ErrBlobNotFound.Wrapf("root %x", root)
	}
	return k.Blob(ctx, id)
}

// maxSubmitters bounds the work of a read by root.
const maxSubmitters = 100

// BlobOf returns the newest recent blob of an account with a root, or
// ErrBlobNotFound.
func (k Keeper) BlobOf(ctx context.Context, root erasure.Hash, submitter sdk.AccAddress) (types.Blob, error) {
	id, err := k.BlobBySubmitter.Get(ctx, collections.Join(root[:], submitter))
	if err := notFound(err, types.ErrBlobNotFound, "root %x of %s", root, submitter); err != nil {
		return types.Blob{}, err
	}
	return k.Blob(ctx, id)
}

// Pool is what the signers of an epoch share; empty for one without blobs.
func (k Keeper) Pool(ctx context.Context, epoch uint64) (types.EpochPool, error) {
	pool, err := k.Pools.Get(ctx, epoch)
	if errors.Is(err, collections.ErrNotFound) {
		return types.EpochPool{Epoch: epoch, Amount: sdkmath.ZeroInt()}, nil
	}
	return pool, err
}

func (k Keeper) countPending(ctx context.Context, epoch uint64, blobs int) error {
	pool, err := k.Pool(ctx, epoch)
	if err != nil {
		return err
	}
	pool.Pending += uint64(blobs)
	return k.Pools.Set(ctx, epoch, pool)
}

func (k Keeper) emitSubmit(ctx context.Context, s Submission, r Receipt) error {
	event := &types.EventSubmit{
		FirstBlobId: r.FirstBlobID, DataLens: s.DataLens, Profile: s.Profile, Epoch: r.Epoch, QuorumId: r.QuorumID,
		Submitter: s.Submitter.String(), Fee: r.Fee.String(), StorageEndowment: r.Endowment.String(),
	}
	for i := range s.Roots {
		event.DataRoots = append(event.DataRoots, s.Roots[i][:])
	}
	return emit(ctx, event)
}
