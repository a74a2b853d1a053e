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

// maxOpenChallenges of one signer bounds what it can be made to send within a
// window: 32 answers are about 90 KiB.
const maxOpenChallenges = 32

// OpenChallenge asks the holder of a row, who signed for it, to show a chunk on
// chain, and takes the challenger's bond. The base fee of a blob goes with it and
// does not return: else a signer could fill its own list for nothing.
func (k Keeper) OpenChallenge(ctx context.Context, challenger sdk.AccAddress, q types.Question) (types.Challenge, error) {
	charge(ctx, chunkGas, "check of a challenge")
	p, err := k.promised(ctx, q.Commitment, q.Blob)
	if err != nil {
		return types.Challenge{}, err
	}
	holder := p.holder(q.Commitment.Profile, q.Row)
	if err := k.checkSigned(ctx, p, holder, q.Signed); err != nil {
		return types.Challenge{}, err
	}
	c := types.Challenge{
		Challenger: challenger.String(), Signer: p.address(holder).String(), DataRoot: p.root[:], BlobId: p.blobID,
		Epoch: p.record.Epoch, QuorumId: p.record.QuorumId, Row: q.Row, Chunk: q.Chunk,
	}
	if err := k.mayChallenge(ctx, p.address(holder), c); err != nil {
		return types.Challenge{}, err
	}
	if err := k.takeBond(ctx, challenger, &c); err != nil {
		return types.Challenge{}, err
	}
	if c.ChallengeId, err = k.NextChallengeID.Next(ctx); err != nil {
		return types.Challenge{}, err
	}
	return c, errors.Join(k.storeChallenge(ctx, c), emitChallenge(ctx, c, "opened"))
}

// checkSigned says whether the holder signed: by the record of the blob, or by a
// batch with the blob that it signed.
func (k Keeper) checkSigned(ctx context.Context, p promise, holder int, signed *types.Attestation) error {
	if signed != nil {
		batch, err := signed.Signed(p.blobID)
		if err != nil {
			return err
		}
		return k.checkAttested(ctx, p.record, p.drawn, p.root, holder, batch)
	}
	if p.bitmap == nil {
		return types.ErrNotSigned.Wrapf("the record of blob %d is gone: bring the batch that its signer signed", p.blobID)
	}
	if p.bitmap[holder/8]>>(holder%8)&1 == 0 {
		return types.ErrNotSigned.Wrapf("member %d: it promised nothing", holder)
	}
	return nil
}

// mayChallenge: there is a deposit to lose, nobody asks for the chunk already, and
// the signer is not asked for too much.
func (k Keeper) mayChallenge(ctx context.Context, address sdk.AccAddress, c types.Challenge) error {
	signer, err := k.Signers.Get(ctx, address)
	if err := notFound(err, types.ErrNoStake, "%s: it has left", address); err != nil {
		return err
	}
	if !signer.Deposit.IsPositive() {
		return types.ErrNoStake.Wrap(signer.Address)
	}
	twice, err := k.ChallengeByChunk.Has(ctx, c.ChunkKey())
	if err != nil {
		return err
	}
	if twice {
		return types.ErrChallenged.Wrapf("chunk %d of row %d of blob %d", c.Chunk, c.Row, c.BlobId)
	}
	open, err := k.openChallenges(ctx, address, maxOpenChallenges)
	if err == nil && len(open) == maxOpenChallenges {
		err = types.ErrChallengeLimit.Wrapf("%s has %d", address, len(open))
	}
	return err
}

// openChallenges lists the ids of a signer's, at most so many.
func (k Keeper) openChallenges(ctx context.Context, signer sdk.AccAddress, most int) (ids []uint64, err error) {
	keys, err := firstOf(ctx, k.ChallengesOf, collections.NewPrefixedPairRange[sdk.AccAddress, uint64](signer), most)
	for _, key := range keys {
		ids = append(ids, key.K2())
	}
	return ids, err
}

func (k Keeper) takeBond(ctx context.Context, challenger sdk.AccAddress, c *types.Challenge) error {
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	c.Bond, c.DeadlineHeight = params.ChallengeBond, height(ctx)+int64(params.ChallengeWindowBlocks)
	if err := k.take(ctx, challenger, c.Bond.Add(params.BlobBaseFee)); err != nil {
		return err
	}
	return k.payCommunity(ctx, params.BlobBaseFee)
}

func (k Keeper) storeChallenge(ctx context.Context, c types.Challenge) error {
	signer, err := types.Address("signer", c.Signer)
	if err != nil {
		return err
	}
	return errors.Join(
		k.Challenges.Set(ctx, c.ChallengeId, c),
		k.ChallengeByChunk.Set(ctx, c.ChunkKey(), c.ChallengeId),
		k.ChallengeQueue.Set(ctx, collections.Join(uint64(c.DeadlineHeight), c.ChallengeId)),
		k.ChallengesOf.Set(ctx, collections.Join(signer, c.ChallengeId)),
	)
}

// closeChallenge forgets a challenge and returns whom it asked.
func (k Keeper) closeChallenge(ctx context.Context, c types.Challenge) (sdk.AccAddress, error) {
	signer, err := types.Address("signer", c.Signer)
	if err != nil {
		return nil, err
	}
	return signer, errors.Join(
		k.Challenges.Remove(ctx, c.ChallengeId),
		k.ChallengeByChunk.Remove(ctx, c.ChunkKey()),
		k.ChallengeQueue.Remove(ctx, collections.Join(uint64(c.DeadlineHeight), c.ChallengeId)),
		k.ChallengesOf.Remove(ctx, collections.Join(signer, c.ChallengeId)),
	)
}

// AnswerChallenge shows the chunk; the bond goes to the signer that was asked,
// whoever brings it.
func (k Keeper) AnswerChallenge(ctx context.Context, id uint64, a types.Answer) error {
	charge(ctx, chunkGas, "check of an answer")
	c, err := k.Challenge(ctx, id)
	if err != nil {
		return err
	}
	if height(ctx) > c.DeadlineHeight {
		return types.ErrChallengeOver.Wrapf("challenge %d at height %d", id, c.DeadlineHeight)
	}
	if a.Commitment.DataRoot() != erasure.Hash(c.DataRoot) || a.Chunk.Row != int(c.Row) || a.Chunk.Index != int(c.Chunk) {
		return types.ErrChunkMismatch.Wrapf("chunk %d of row %d of %x, challenge %d asks for chunk %d of row %d of %x",
			a.Chunk.Index, a.Chunk.Row, a.Commitment.DataRoot(), id, c.Chunk, c.Row, c.DataRoot)
	}
	if err := a.Commitment.CheckChunk(a.Chunk); err != nil {
		return types.ErrChunkMismatch.Wrap(err.Error())
	}
	signer, err := k.closeChallenge(ctx, c)
	if err != nil {
		return err
	}
	return errors.Join(k.pay(ctx, signer, c.Bond), emitChallenge(ctx, c, "answered"))
}

// Challenge returns an open challenge, or ErrChallengeNotFound.
func (k Keeper) Challenge(ctx context.Context, id uint64) (types.Challenge, error) {
	c, err := k.Challenges.Get(ctx, id)
	return c, notFound(err, types.ErrChallengeNotFound, "%d", id)
}

// expireChallenges settles those whose time is over: the signer loses a share of
// its deposit to the community pool, the bond returns.
func (k Keeper) expireChallenges(ctx context.Context) error {
	due, err := firstOf(ctx, k.ChallengeQueue, collections.NewPrefixUntilPairRange[uint64, uint64](uint64(height(ctx))), maxExpiredPerBlock)
	if err != nil || len(due) == 0 {
		return err
	}
	params, err := k.Params.Get(ctx)
	if err != nil {
		return err
	}
	for _, key := range due {
		c, err := k.Challenge(ctx, key.K2())
		if err != nil {
			return err
		}
		if err := k.failChallenge(ctx, c, params); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) failChallenge(ctx context.Context, c types.Challenge, params types.Params) error {
	address, err := k.closeChallenge(ctx, c)
	if err != nil {
		return err
	}
	challenger, err := types.Address("challenger", c.Challenger)
	if err != nil {
		return err
	}
	signer, err := k.Signer(ctx, address)
	if err != nil {
		return err
	}
	lost := signer.Deposit.MulRaw(int64(params.ChallengeSlashBps)).QuoRaw(10_000)
	signer.Deposit = signer.Deposit.Sub(lost)
	return errors.Join(
		k.Signers.Set(ctx, address, signer), k.payCommunity(ctx, lost), k.pay(ctx, challenger, c.Bond),
		emitChallenge(ctx, c, "failed"), emitSlash(ctx, c.Signer, "challenge", lost),
	)
}

func emitChallenge(ctx context.Context, c types.Challenge, outcome string) error {
	return emit(ctx, &types.EventChallenge{
		ChallengeId: c.ChallengeId, Signer: c.Signer, Outcome: outcome, BlobId: c.BlobId, DataRoot: c.DataRoot,
		Epoch: c.Epoch, QuorumId: c.QuorumId, Row: c.Row, Chunk: c.Chunk, DeadlineHeight: c.DeadlineHeight,
	})
}

func emitSlash(ctx context.Context, signer, reason string, amount sdkmath.Int) error {
	return emit(ctx, &types.EventSlash{Signer: signer, Reason: reason, Amount: amount.String()})
}

// checkAttested says whether a member is among those who signed a batch with the
// blob in it.
func (k Keeper) checkAttested(ctx context.Context, record types.Quorum, drawn quorum.Quorum, root erasure.Hash, member int, b types.SignedBatch) error {
	if !erasure.CheckMerklePath(erasure.BatchLeaf(root, b.BlobID), int(b.BatchIndex), int(b.BatchCount), b.BatchPath, b.BatchRoot) {
		return types.ErrInvalidMessage.Wrapf("batch_path does not lead from blob %d to batch_root", b.BlobID)
	}
	present, missing, _, err := drawn.Signed(b.Bitmap)
	if err != nil {
		return types.ErrInvalidBitmap.Wrap(err.Error())
	}
	if b.Bitmap[member/8]>>(member%8)&1 == 0 {
		return types.ErrNotSigned.Wrapf("member %d, who holds the row", member)
	}
	charge(ctx, uint64(pairingGas+confirmMemberGas*len(drawn.Members)), "check of an attestation")
	key, err := k.AggregateG2(ctx, record, drawn, present, missing)
	if err != nil {
		return err
	}
	return checkSignature(&key, erasure.BatchMessage(k.EVMChainID, record.Epoch, record.QuorumId, b.BatchCount, b.BatchRoot), b.Signature)
}
