package keeper

import (
	"context"
	"errors"

	"github.com/consensys/gnark-crypto/ecc/bn254"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// Confirmation is what a batch came to.
type Confirmation struct {
	Confirmed  []uint64 // ids that were not confirmed before
	Hit, Total uint32   // seats
}

// ConfirmBatch verifies the aggregate signature of a quorum over blobs and
// confirms those that still wait. ids ascend.
func (k Keeper) ConfirmBatch(ctx context.Context, ids []uint64, bitmap, signature []byte) (Confirmation, error) {
	blobs, err := k.batch(ctx, ids)
	if err != nil {
		return Confirmation{}, err
	}
	record, err := k.Quorum(ctx, blobs[0].Epoch, blobs[0].QuorumId)
	if err != nil {
		return Confirmation{}, err
	}
	drawn := record.Drawn()
	present, missing, hit, err := drawn.Signed(bitmap)
	if err != nil {
		return Confirmation{}, types.ErrInvalidBitmap.Wrap(err.Error())
	}
	if !drawn.Enough(hit) {
		return Confirmation{}, types.ErrTooFewSeats.Wrapf("%d of %d, want two thirds", hit, len(drawn.Seats))
	}
	charge(ctx, uint64(pairingGas+confirmGas+confirmMemberGas*len(drawn.Members)+confirmBlobGas*len(blobs)), "check of a batch")
	root := batchRoot(blobs)
	key, err := k.AggregateG2(ctx, record, drawn, present, missing)
	if err != nil {
		return Confirmation{}, err
	}
	message := erasure.BatchMessage(k.EVMChainID, record.Epoch, record.QuorumId, uint32(len(blobs)), root)
	if err := checkSignature(&key, message, signature); err != nil {
		return Confirmation{}, err
	}
	result := Confirmation{Hit: uint32(hit), Total: uint32(len(drawn.Seats))}
	if result.Confirmed, err = k.settleBatch(ctx, blobs, bitmap, present, hit); err != nil {
		return Confirmation{}, err
	}
	return result, emit(ctx, &types.EventConfirm{
		BlobIds: result.Confirmed, Epoch: record.Epoch, QuorumId: record.QuorumId,
		HitSeats: result.Hit, TotalSeats: result.Total, BatchRoot: root[:],
	})
}

// batch reads the blobs: all of one quorum, none lapsed, one waiting at least.
func (k Keeper) batch(ctx context.Context, ids []uint64) ([]types.Blob, error) {
	blobs := make([]types.Blob, len(ids))
	waiting := 0
	for i, id := range ids {
		blob, err := k.Blob(ctx, id)
		if err != nil {
			return nil, err
		}
		if i > 0 && (blob.Epoch != blobs[0].Epoch || blob.QuorumId != blobs[0].QuorumId) {
			return nil, types.ErrMixedBatch.Wrapf("blob %d is of epoch %d, quorum %d; blob %d of %d, %d",
				id, blob.Epoch, blob.QuorumId, ids[0], blobs[0].Epoch, blobs[0].QuorumId)
		}
		if blob.Status == types.BLOB_STATUS_LAPSED || blob.Status == types.BLOB_STATUS_SUBMITTED && height(ctx) > blob.DeadlineHeight {
			return nil, types.ErrLapsed.Wrapf("blob %d at height %d: submit it again", id, blob.DeadlineHeight)
		}
		if blob.Status == types.BLOB_STATUS_SUBMITTED {
			waiting++
		}
		blobs[i] = blob
	}
	if waiting == 0 {
		return nil, types.ErrNothingToConfirm.Wrapf("%d blobs from %d", len(ids), ids[0])
	}
	return blobs, nil
}

func batchRoot(blobs []types.Blob) erasure.Hash {
	leaves := make([]erasure.Hash, len(blobs))
	for i, blob := range blobs {
		leaves[i] = erasure.BatchLeaf(erasure.Hash(blob.DataRoot), blob.BlobId)
	}
	return erasure.MerkleRoot(leaves)
}

// AggregateG2 is the sum of the keys of those present: the sum of all that is
// stored, less those missing, or the sum itself where that is shorter.
func (k Keeper) AggregateG2(ctx context.Context, record types.Quorum, drawn quorum.Quorum, present, missing []int) (bn254.G2Affine, error) {
	some := missing
	if len(present) < len(missing) {
		some = present
	}
	keys := make([]bn254.G2Affine, len(some))
	for i, member := range some {
		entry, err := k.Frozen.Get(ctx, collections.Join(record.Epoch, sdk.AccAddress(drawn.Members[member][:])))
		if err != nil {
			return bn254.G2Affine{}, err
		}
		if keys[i], err = bls.DecodeTrustedG2(entry.Key.G2); err != nil {
			return bn254.G2Affine{}, err
		}
	}
	if len(present) < len(missing) {
		return bls.SumG2(keys...), nil
	}
	all, err := bls.DecodeTrustedG2(record.SumG2)
	if err != nil {
		return bn254.G2Affine{}, err
	}
	return bls.SubG2(all, keys...), nil
}

func checkSignature(key *bn254.G2Affine, message, signature []byte) error {
	point, err := bls.DecodeG1(signature)
	if err == nil {
		err = bls.Verify(key, bls.DomainBatch, message, &point)
	}
	if err != nil {
		return types.ErrInvalidSignature.Wrapf("of the batch: %s", err)
	}
	return nil
}

// settleBatch marks the waiting blobs, enters them into the log, splits their fees
// and credits the seats.
func (k Keeper) settleBatch(ctx context.Context, blobs []types.Blob, bitmap []byte, present []int, hit int) (confirmed []uint64, err error) {
	fees := sdkmath.ZeroInt()
	for _, blob := range blobs {
		if blob.Status != types.BLOB_STATUS_SUBMITTED {
			continue
		}
		blob.Status, blob.ConfirmHeight, blob.MemberBitmap = types.BLOB_STATUS_CONFIRMED, height(ctx), bitmap
		if err := k.enterLog(ctx, &blob); err != nil {
			return nil, err
		}
		fees, confirmed = fees.Add(blob.Fee), append(confirmed, blob.BlobId)
		err = errors.Join(
			k.Blobs.Set(ctx, blob.BlobId, blob),
			k.Pending.Remove(ctx, collections.Join(uint64(blob.DeadlineHeight), blob.BlobId)),
			k.BlockConfirmed.Set(ctx, blob.BlobId),
			k.pointTo(ctx, blob),
		)
		if err != nil {
			return nil, err
		}
	}
	if err := k.credit(ctx, blobs[0].Epoch, blobs[0].QuorumId, present, uint32(len(confirmed))); err != nil {
		return nil, err
	}
	return confirmed, k.splitFees(ctx, blobs[0].Epoch, fees, uint64(len(confirmed)), uint64(hit))
}

// pointTo makes a confirmed blob the one that is read by its root, unless a newer
// one is.
func (k Keeper) pointTo(ctx context.Context, blob types.Blob) error {
	newest, err := k.BlobByRoot.Get(ctx, blob.DataRoot)
	if err != nil && !errors.Is(err, collections.ErrNotFound) {
		return err
	}
	if newest > blob.BlobId {
		return nil
	}
	return k.BlobByRoot.Set(ctx, blob.DataRoot, blob.BlobId)
}

// credit counts what the members present signed.
func (k Keeper) credit(ctx context.Context, epoch uint64, id uint32, present []int, blobs uint32) error {
	key := collections.Join(epoch, id)
	tally, err := k.Tallies.Get(ctx, key)
	if errors.Is(err, collections.ErrNotFound) {
		var record types.Quorum
		record, err = k.Quorum(ctx, epoch, id)
		tally = types.Tally{Epoch: epoch, QuorumId: id, Signed: make([]byte, 4*len(record.Members)/20)}
	}
	if err != nil {
		return err
	}
	tally.Credit(present, blobs)
	return k.Tallies.Set(ctx, key, tally)
}

func (k Keeper) splitFees(ctx context.Context, epoch uint64, fees sdkmath.Int, blobs, hit uint64) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	pool, err := k.Pool(ctx, epoch)
	if err != nil {
		return err
	}
	signers, lottery, community := params.Split(fees, blobs)
	pool.Amount = pool.Amount.Add(signers)
	pool.ConfirmedSeats += hit * blobs
	pool.Pending -= blobs
	return errors.Join(k.Pools.Set(ctx, epoch, pool), k.addLottery(ctx, lottery), k.payCommunity(ctx, community))
}
