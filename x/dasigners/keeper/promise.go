package keeper

import (
	"context"
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// promise is a confirmed blob, with the quorum that promised to keep it.
type promise struct {
	blobID uint64
	height int64 // of the confirmation
	root   erasure.Hash
	record types.Quorum
	drawn  quorum.Quorum
	bitmap []byte // who signed; nil: only a proof of the blob stands
}

// promised finds the promise that covers a commitment: by the record of the blob,
// or by its place under the confirmed root of a block. It holds for
// retention_epochs after the epoch of its quorum.
func (k Keeper) promised(ctx context.Context, c erasure.Commitment, at types.Place) (p promise, err error) {
	if p, err = k.confirmed(ctx, c.DataRoot(), at); err != nil {
		return promise{}, err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return promise{}, err
	}
	epoch, err := k.Epoch.Get(ctx)
	if err != nil {
		return promise{}, err
	}
	if last := p.record.Epoch + params.RetentionEpochs; epoch.Number > last {
		return promise{}, types.ErrPromiseOver.Wrapf("blob %d of epoch %d, with epoch %d", p.blobID, p.record.Epoch, last)
	}
	if uint32(c.Profile.ID) != p.record.Profile {
		return promise{}, types.ErrWrongProfile.Wrapf("%d, the quorum has %d", c.Profile.ID, p.record.Profile)
	}
	p.drawn = p.record.Drawn()
	return p, nil
}

// confirmed finds a confirmed blob, its quorum and, of a recent one, who signed.
func (k Keeper) confirmed(ctx context.Context, root erasure.Hash, at types.Place) (p promise, err error) {
	if !at.Recent() {
		if err := k.checkPlace(ctx, root, at); err != nil {
			return promise{}, err
		}
		p = promise{blobID: at.BlobId, height: at.Height, root: root}
		p.record, err = k.Quorum(ctx, at.Epoch, at.QuorumId)
		return p, err
	}
	blob, err := k.recent(ctx, root, at.BlobId)
	if err != nil {
		return promise{}, err
	}
	if blob.Status != types.BLOB_STATUS_CONFIRMED || erasure.Hash(blob.DataRoot) != root {
		return promise{}, types.ErrNotConfirmed.Wrapf("blob %d with root %x", blob.BlobId, root)
	}
	p = promise{blobID: blob.BlobId, height: blob.ConfirmHeight, root: root, bitmap: blob.MemberBitmap}
	p.record, err = k.Quorum(ctx, blob.Epoch, blob.QuorumId)
	return p, err
}

func (k Keeper) recent(ctx context.Context, root erasure.Hash, id uint64) (types.Blob, error) {
	if id != 0 {
		return k.Blob(ctx, id)
	}
	return k.BlobWithRoot(ctx, root)
}

// checkPlace checks a blob's leaf under the confirmed root of its block.
func (k Keeper) checkPlace(ctx context.Context, root erasure.Hash, at types.Place) error {
	of, err := k.ConfirmedRoots.Get(ctx, at.Height)
	if err := notFound(err, types.ErrNotConfirmed, "blobs of height %d", at.Height); err != nil {
		return err
	}
	leaf := erasure.ConfirmedLeaf(at.BlobId, root, at.Epoch, at.QuorumId)
	if !erasure.CheckMerklePath(leaf, int(at.Index), int(of.Blobs), at.Path, erasure.Hash(of.Root)) {
		return types.ErrNotConfirmed.Wrapf("blob.path does not lead from blob %d with root %x to the root of height %d", at.BlobId, root, at.Height)
	}
	return nil
}

// holder is the member that holds a row; rows are below n.
func (p promise) holder(profile erasure.Profile, row uint32) int {
	return rowMember(p.drawn, profile, p.root, p.record.Epoch, p.record.QuorumId, int(row))
}

func (p promise) address(member int) sdk.AccAddress { return p.drawn.Members[member][:] }

// rowMember is the member that holds the row of a blob.
func rowMember(drawn quorum.Quorum, profile erasure.Profile, root erasure.Hash, epoch uint64, quorumID uint32, row int) int {
	seat := slices.Index(erasure.Placement(profile, root, epoch, quorumID), uint16(row)) // a permutation has it
	return int(drawn.Seats[seat])
}
