package keeper_test

import (
	"math/bits"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// mission D02
func TestABlobIsOrderedConfirmedAndPaid(t *testing.T) {
	f, members := running(t, 60, 60, 60, 60)
	receipt, err := f.submit(rootOf(1), rootOf(2))
	require.NoError(t, err)
	require.Equal(t, uint64(1), receipt.FirstBlobId)
	require.Equal(t, "2006", receipt.Fee.String(), "two bases, and 1 KiB of rows each at 3 of the 42 epochs that the price is for")
	f.balance()
	result, err := f.confirm(f.sign(members, 1, 2, all))
	require.NoError(t, err)
	require.Equal(t, &types.MsgConfirmBatchResponse{Confirmed: 2, HitSeats: 16, TotalSeats: 16}, result)
	require.Equal(t, "601", f.bank.of("community").String())
	pool, err := f.keeper.Pool(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, types.EpochPool{Epoch: 1, Amount: sdkmath.NewInt(1404), ConfirmedSeats: 32}, pool)
	height := f.ctx.BlockHeight()
	f.next()

	root, err := f.queries.ConfirmedRoot(f.ctx, &types.QueryConfirmedRootRequest{Height: height})
	require.NoError(t, err)
	leaves := func() []erasure.Hash {
		return []erasure.Hash{erasure.ConfirmedLeaf(1, rootOf(1), 1, receipt.QuorumId), erasure.ConfirmedLeaf(2, rootOf(2), 1, receipt.QuorumId)}
	}
	require.Equal(t, uint32(2), root.Root.Blobs)
	require.True(t, erasure.CheckMerklePath(leaves()[1], 1, 2, erasure.MerklePath(leaves(), 1), erasure.Hash(root.Root.Root)))
	_, err = f.queries.ConfirmedRoot(f.ctx, &types.QueryConfirmedRootRequest{Height: height + 1})
	require.ErrorContains(t, err, "NotFound")

	f.to(17) // epoch 1 is over, its pool is shared
	earned := sdkmath.ZeroInt()
	for _, m := range members {
		reward, err := f.keeper.Reward(f.ctx, m.address)
		require.NoError(t, err)
		require.True(t, reward.IsPositive())
		earned = earned.Add(reward)
	}
	require.True(t, earned.LTE(sdkmath.NewInt(1404)) && earned.GT(sdkmath.NewInt(1400)), earned)
	claim := &types.MsgClaimRewards{Signer: members[0].address.String()}
	_, err = f.msgs.ClaimRewards(f.ctx, claim)
	require.NoError(t, err)
	_, err = f.msgs.ClaimRewards(f.ctx, claim)
	require.ErrorIs(t, err, types.ErrNoRewards)
	f.balance()
}

func TestSubmissionsAreRefused(t *testing.T) {
	f, _ := running(t, 60, 60)
	root1, root2 := rootOf(1), rootOf(2)
	good := func() *types.MsgSubmitBlobs {
		return &types.MsgSubmitBlobs{
			Submitter: payer.String(), Profile: 4, DataRoots: append(append([]byte{}, root1[:]...), root2[:]...),
			DataLens: []uint64{1, 64<<10 - 16}, MaxFee: sdkmath.NewInt(funds),
		}
	}
	for name, c := range map[string]struct {
		change func(*types.MsgSubmitBlobs)
		want   error
	}{
		"another profile":    {func(m *types.MsgSubmitBlobs) { m.Profile = 3 }, types.ErrWrongProfile},
		"nothing in it":      {func(m *types.MsgSubmitBlobs) { m.DataLens[0] = 0 }, types.ErrEmptyBlob},
		"a byte too large":   {func(m *types.MsgSubmitBlobs) { m.DataLens[1]++ }, types.ErrBlobTooLarge},
		"one root twice":     {func(m *types.MsgSubmitBlobs) { copy(m.DataRoots[32:], m.DataRoots[:32]) }, types.ErrDuplicateBlob},
		"a root too short":   {func(m *types.MsgSubmitBlobs) { m.DataRoots = m.DataRoots[:63] }, types.ErrInvalidMessage},
		"a fee too high":     {func(m *types.MsgSubmitBlobs) { m.MaxFee = sdkmath.NewInt(2194) }, types.ErrFeeTooHigh},
		"no fee named":       {func(m *types.MsgSubmitBlobs) { m.MaxFee = sdkmath.Int{} }, types.ErrFeeTooHigh},
		"a subtree less":     {func(m *types.MsgSubmitBlobs) { m.StorageRoots = make([]byte, 32) }, types.ErrInvalidMessage},
		"a subtree more":     {func(m *types.MsgSubmitBlobs) { m.StorageRoots = make([]byte, 96) }, types.ErrInvalidMessage},
		"no such account":    {func(m *types.MsgSubmitBlobs) { m.Submitter = "zg1" }, types.ErrInvalidMessage},
		"an account of 32 B": {func(m *types.MsgSubmitBlobs) { m.Submitter = longAddress }, types.ErrInvalidMessage},
	} {
		msg := good()
		c.change(msg)
		_, err := f.submitMsg(msg)
		require.ErrorIs(t, err, c.want, name)
	}
	exact := good()
	exact.MaxFee = sdkmath.NewInt(2195)
	receipt, err := f.submitMsg(exact)
	require.NoError(t, err)
	require.Equal(t, "2195", receipt.Fee.String())
	_, err = f.submitMsg(good())
	require.ErrorIs(t, err, types.ErrDuplicateBlob, "while it waits")
	poor := good()
	poor.Submitter = refused.String()
	poor.DataRoots = append([]byte{9}, poor.DataRoots[1:]...)
	poor.DataRoots[32] = 10
	_, err = f.submitMsg(poor)
	require.ErrorContains(t, err, "insufficient funds")
}

// mission D07: each condition of a confirmation, broken alone.
func TestConfirmationsAreRefusedOneBitAway(t *testing.T) {
	f, members := running(t, 60, 60, 60, 60, 60)
	receipt, err := f.submit(rootOf(1), rootOf(2), rootOf(3))
	require.NoError(t, err)
	good := func() *types.MsgConfirmBatch { return f.sign(members, 1, 3, all) }
	infinity := make([]byte, 64)
	half := f.sign(members, 1, 2, all)
	abroad := f.signFor(evmChain+1, members, 1, 3, all).Signature
	reversed := f.sign(members, 1, 3, all)
	for i := range reversed.MemberBitmap {
		reversed.MemberBitmap[i] = bits.Reverse8(reversed.MemberBitmap[i])
	}
	for name, c := range map[string]struct {
		change func(*types.MsgConfirmBatch)
		want   error
	}{
		"a member less":           {func(m *types.MsgConfirmBatch) { m.MemberBitmap = flip(m.MemberBitmap, 0) }, nil},
		"a member too many":       {func(m *types.MsgConfirmBatch) { m.MemberBitmap = flip(m.MemberBitmap, 5) }, types.ErrInvalidBitmap},
		"a bitmap too long":       {func(m *types.MsgConfirmBatch) { m.MemberBitmap = append(m.MemberBitmap, 0) }, types.ErrInvalidBitmap},
		"no bitmap":               {func(m *types.MsgConfirmBatch) { m.MemberBitmap = nil }, types.ErrInvalidBitmap},
		"nobody":                  {func(m *types.MsgConfirmBatch) { m.MemberBitmap[0] = 0 }, types.ErrTooFewSeats},
		"a bit of the signature":  {func(m *types.MsgConfirmBatch) { m.Signature = flip(m.Signature, 9) }, types.ErrInvalidSignature},
		"a signature of infinity": {func(m *types.MsgConfirmBatch) { m.Signature = infinity }, types.ErrInvalidSignature},
		"a short signature":       {func(m *types.MsgConfirmBatch) { m.Signature = m.Signature[1:] }, types.ErrInvalidSignature},
		"one of other blobs":      {func(m *types.MsgConfirmBatch) { m.Signature = half.Signature }, types.ErrInvalidSignature},
		"one of another chain":    {func(m *types.MsgConfirmBatch) { m.Signature = abroad }, types.ErrInvalidSignature},
		"a bitmap turned around":  {func(m *types.MsgConfirmBatch) { m.MemberBitmap = reversed.MemberBitmap }, types.ErrInvalidBitmap},
		"a blob less":             {func(m *types.MsgConfirmBatch) { m.BlobDeltas = m.BlobDeltas[1:] }, types.ErrInvalidSignature},
		"a blob too many":         {func(m *types.MsgConfirmBatch) { m.BlobDeltas = append(m.BlobDeltas, 1) }, types.ErrBlobNotFound},
		"ids that do not ascend":  {func(m *types.MsgConfirmBatch) { m.BlobDeltas[0] = 0 }, types.ErrInvalidMessage},
	} {
		msg := good()
		c.change(msg)
		_, err := f.confirm(msg)
		if c.want == nil {
			require.Error(t, err, name) // too few seats, or not their signature
		} else {
			require.ErrorIs(t, err, c.want, name)
		}
	}
	result, err := f.confirm(half)
	require.NoError(t, err)
	require.Equal(t, uint32(2), result.Confirmed)
	_, err = f.confirm(half)
	require.ErrorIs(t, err, types.ErrNothingToConfirm, "replayed")
	result, err = f.confirm(good())
	require.NoError(t, err)
	require.Equal(t, uint32(1), result.Confirmed, "those confirmed already are skipped")
	_, err = f.submit(rootOf(1))
	require.ErrorIs(t, err, types.ErrDuplicateBlob, "while its record stands")
	pool, err := f.keeper.Pool(f.ctx, receipt.Epoch)
	require.NoError(t, err)
	require.Zero(t, pool.Pending)
	f.balance()
}

// mission D07: exactly two thirds of the seats pass, one less does not. Which
// members that takes depends on the draw: try all sets.
func TestTwoThirdsOfTheSeatsAreEnough(t *testing.T) {
	f, members := running(t, 20, 30, 40, 50, 60)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	blob, err := f.keeper.Blob(f.ctx, 1)
	require.NoError(t, err)
	record, err := f.keeper.Quorum(f.ctx, blob.Epoch, blob.QuorumId)
	require.NoError(t, err)
	drawn := record.Drawn()
	passed, failed := 0, 0
	for set := range 1 << len(members) {
		hit := 0
		for i, seats := range drawn.SeatsOf() {
			for j, m := range members {
				if [20]byte(m.address) == drawn.Members[i] && set>>j&1 == 1 {
					hit += seats
				}
			}
		}
		msg := f.sign(members, 1, 1, func(m member) bool { return set>>int(m.address[0]-'a')&1 == 1 })
		branch := *f
		branch.ctx, _ = f.ctx.CacheContext()
		before := f.bank.of("community")
		_, err := branch.msgs.ConfirmBatch(branch.ctx, msg)
		if 3*hit >= 2*16 {
			require.NoError(t, err, "set %b, %d seats", set, hit)
			passed++
		} else {
			require.ErrorIs(t, err, types.ErrTooFewSeats, "set %b, %d seats", set, hit)
			failed++
		}
		f.bank[string(types.ModuleAddress)] = f.bank.of(string(types.ModuleAddress)).Add(f.bank.of("community").Sub(before))
		f.bank["community"] = before
	}
	require.NotZero(t, passed)
	require.NotZero(t, failed)
	f.balance()
}

func TestABlobLapsesAfterItsWindow(t *testing.T) {
	f, members := running(t, 60, 60)
	before := f.bank.of(string(payer))
	_, err := f.submit(rootOf(1), rootOf(2))
	require.NoError(t, err)
	deadline := f.ctx.BlockHeight() + 6
	late := f.sign(members, 2, 1, all)
	f.to(deadline)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(t, err, "in the last block of the window")
	f.next()
	_, err = f.confirm(late)
	require.ErrorIs(t, err, types.ErrLapsed)
	require.Equal(t, before.SubRaw(1003+502).String(), f.bank.of(string(payer)).String(), "half of the fee is back")
	blob, err := f.queries.Blob(f.ctx, &types.QueryBlobRequest{BlobId: 2})
	require.NoError(t, err)
	require.Equal(t, types.BLOB_STATUS_LAPSED, blob.Blob.Status)
	_, err = f.submit(rootOf(2))
	require.NoError(t, err, "a lapsed root may come again")
	f.balance()
}

// mission D06: the quorum is drawn by the beacon of the block that orders the blob,
// which its sender did not know; blobs of two quorums are no batch.
func TestTheBeaconAssignsQuorumsAndBatchesKeepToOne(t *testing.T) {
	f, members := running(t, 200, 200)
	require.Equal(t, uint32(2), f.epoch().Quorums)
	quorums := map[uint32]uint64{}
	for n := byte(1); len(quorums) < 2; n++ {
		receipt, err := f.submit(rootOf(n))
		require.NoError(t, err)
		quorums[receipt.QuorumId] = receipt.FirstBlobId
		value, err := f.keeper.BeaconValue(f.ctx)
		require.NoError(t, err)
		require.Equal(t, quorum.Assign(value, receipt.FirstBlobId, 2), receipt.QuorumId)
	}
	first, second := min(quorums[0], quorums[1]), max(quorums[0], quorums[1])
	msg := f.sign(members, first, 1, all)
	msg.BlobDeltas = []uint32{uint32(second - first)}
	_, err := f.confirm(msg)
	require.ErrorIs(t, err, types.ErrMixedBatch)
}

// A signature of one epoch's quorum says nothing about a blob of another.
func TestASignatureIsBoundToEpochAndId(t *testing.T) {
	f, members := running(t, 60, 60)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	old := f.sign(members, 1, 1, all)
	f.renew(members...)
	f.to(16)
	_, err = f.submit(rootOf(1))
	require.NoError(t, err, "the first lapsed")
	old.FirstBlobId = 2
	_, err = f.confirm(old)
	require.ErrorIs(t, err, types.ErrInvalidSignature)
	_, err = f.confirm(f.sign(members, 2, 1, all))
	require.NoError(t, err)
}

func TestWithoutQuorumSubmissionsFailAndTheChainGoesOn(t *testing.T) {
	f := newFixture(t)
	f.begin()
	_, err := f.submit(rootOf(1))
	require.ErrorIs(t, err, types.ErrNoQuorum)
	f.to(40)
	require.Equal(t, uint64(5), f.epoch().Number)
}
