package keeper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

const bond = 500 // azg

// challenged has a blob that four signed but the lazy one, whose rows are known.
func challenged(t *testing.T, change ...func(*types.GenesisState)) (f *fixture, members []member, lazy member, b stored) {
	f = newFixture(t, append([]func(*types.GenesisState){func(g *types.GenesisState) {
		g.Params.ChallengeBond, g.Params.ChallengeWindowBlocks = sdkmath.NewInt(bond), 5
	}}, change...)...)
	f.begin()
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		members = append(members, f.join(name, 60))
	}
	f.renew(members...)
	f.to(8)
	b = newStored(t, 3*4096)
	for _, m := range members {
		record := must(f.keeper.Quorum(f.ctx, 1, 0))
		seats := 0
		for i, count := range record.Drawn().SeatsOf() {
			if record.Drawn().Members[i] == [20]byte(m.address) {
				seats = count
			}
		}
		if seats > 0 && seats <= 5 {
			lazy = m
		}
	}
	require.NotNil(t, lazy.address)
	return f, members, lazy, f.store(b, members, func(m member) bool { return !m.address.Equals(lazy.address) })
}

// rowOf is a row that a member holds, -1 for none.
func (f *fixture) rowOf(b stored, of func(sdk.AccAddress) bool) int {
	f.tb.Helper()
	blob := must(f.keeper.Blob(f.ctx, b.id))
	for row := range b.Profile.N {
		holder, _, err := f.keeper.RowHolder(f.ctx, b.DataRoot(), blob.Epoch, blob.QuorumId, uint32(row))
		require.NoError(f.tb, err)
		if of(holder) {
			return row
		}
	}
	return -1
}

func (f *fixture) challenge(msg *types.MsgOpenChallenge) (response *types.MsgOpenChallengeResponse, err error) {
	err = f.do(func(ctx context.Context) error {
		response, err = f.msgs.OpenChallenge(ctx, msg)
		return err
	})
	return response, err
}

func (f *fixture) answer(msg *types.MsgAnswerChallenge) error {
	return f.do(func(ctx context.Context) error {
		_, err := f.msgs.AnswerChallenge(ctx, msg)
		return err
	})
}

func ask(b stored, row, chunk int) *types.MsgOpenChallenge {
	return &types.MsgOpenChallenge{Challenger: payer.String(), Preimage: b.Preimage(), Row: uint32(row), Chunk: uint32(chunk)}
}

// mission D10: a challenged signer shows the chunk and earns the bond; nothing but
// that chunk will do.
func TestAnAnsweredChallengePaysTheSigner(t *testing.T) {
	f, _, lazy, b := challenged(t)
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	before := f.bank.of(string(payer))
	opened, err := f.challenge(ask(b, row, 1))
	require.NoError(t, err)
	require.Equal(t, before.SubRaw(bond+1000).String(), f.bank.of(string(payer)).String(), "the bond, and a base fee that does not return")
	require.Equal(t, f.ctx.BlockHeight()+5, opened.DeadlineHeight)
	f.balance()
	_, err = f.challenge(ask(b, row, 1))
	require.ErrorIs(t, err, types.ErrChallenged)
	good := func() *types.MsgAnswerChallenge {
		return &types.MsgAnswerChallenge{Sender: payer.String(), ChallengeId: opened.ChallengeId, Preimage: b.Preimage(), Chunk: f.chunkOf(b, row, 1)}
	}
	for name, c := range map[string]struct {
		change func(*types.MsgAnswerChallenge)
		want   error
	}{
		"another challenge":  {func(m *types.MsgAnswerChallenge) { m.ChallengeId++ }, types.ErrChallengeNotFound},
		"another chunk":      {func(m *types.MsgAnswerChallenge) { m.Chunk = f.chunkOf(b, row, 0) }, types.ErrChunkMismatch},
		"another row":        {func(m *types.MsgAnswerChallenge) { m.Chunk = f.chunkOf(b, row^1, 1) }, types.ErrChunkMismatch},
		"a bit of the data":  {func(m *types.MsgAnswerChallenge) { m.Chunk.Data = flip(m.Chunk.Data, 0) }, types.ErrChunkMismatch},
		"a bit of the path":  {func(m *types.MsgAnswerChallenge) { m.Chunk.Path = flip(m.Chunk.Path, 0) }, types.ErrChunkMismatch},
		"another commitment": {func(m *types.MsgAnswerChallenge) { m.Preimage = flip(m.Preimage, 8*84) }, types.ErrChunkMismatch},
		"nothing":            {func(m *types.MsgAnswerChallenge) { m.Chunk = types.Chunk{} }, types.ErrInvalidMessage},
	} {
		msg := good()
		c.change(msg)
		require.ErrorIs(t, f.answer(msg), c.want, name)
	}
	listed, err := f.queries.Challenges(f.ctx, &types.QueryChallengesRequest{Signer: opened.Signer})
	require.NoError(t, err)
	require.Len(t, listed.Challenges, 1)
	f.to(opened.DeadlineHeight)
	holder := sdk.MustAccAddressFromBech32(opened.Signer)
	held := f.bank.of(string(holder))
	require.NoError(t, f.answer(good()), "in the last block")
	require.Equal(t, held.AddRaw(bond).String(), f.bank.of(string(holder)).String())
	require.Equal(t, int64(deposit), must(f.keeper.Signer(f.ctx, holder)).Deposit.Int64())
	require.ErrorIs(t, f.answer(good()), types.ErrChallengeNotFound)
	f.next()
	f.balance()
}

// mission D10: a signer that shows nothing loses a share of its deposit; the bond
// returns.
func TestAnUnansweredChallengeCostsTheDeposit(t *testing.T) {
	f, members, lazy, b := challenged(t)
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	before, community := f.bank.of(string(payer)), f.bank.of("community")
	opened, err := f.challenge(ask(b, row, 0))
	require.NoError(t, err)
	f.to(opened.DeadlineHeight + 1)
	require.ErrorIs(t, f.answer(&types.MsgAnswerChallenge{
		Sender: payer.String(), ChallengeId: opened.ChallengeId, Preimage: b.Preimage(), Chunk: f.chunkOf(b, row, 0),
	}), types.ErrChallengeNotFound, "too late")
	holder := sdk.MustAccAddressFromBech32(opened.Signer)
	require.Equal(t, int64(deposit-deposit/100), must(f.keeper.Signer(f.ctx, holder)).Deposit.Int64())
	require.Equal(t, community.AddRaw(1000+deposit/100).String(), f.bank.of("community").String())
	require.Equal(t, before.SubRaw(1000).String(), f.bank.of(string(payer)).String())
	for _, m := range members {
		if m.address.Equals(holder) {
			f.to(16)
			require.ErrorIs(t, f.renewOne(m), types.ErrDepositTooSmall, "no seats before it is refilled")
		}
	}
	again, err := f.challenge(ask(b, row, 0))
	require.NoError(t, err, "the same chunk may be asked for again")
	require.Equal(t, opened.ChallengeId+1, again.ChallengeId)
	f.balance()
}

func TestWhoPromisedNothingIsNotChallenged(t *testing.T) {
	f, members, lazy, b := challenged(t)
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return a.Equals(lazy.address) })
	_, err := f.challenge(ask(b, row, 0))
	require.ErrorIs(t, err, types.ErrNotSigned)
	signed := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	for name, c := range map[string]struct {
		change func(*types.MsgOpenChallenge)
		want   error
	}{
		"a row outside":      {func(m *types.MsgOpenChallenge) { m.Row = 16 }, types.ErrInvalidMessage},
		"a chunk outside":    {func(m *types.MsgOpenChallenge) { m.Chunk = 2 }, types.ErrInvalidMessage},
		"a blob of nobody":   {func(m *types.MsgOpenChallenge) { m.Preimage = flip(m.Preimage, 8*84) }, types.ErrBlobNotFound},
		"another blob":       {func(m *types.MsgOpenChallenge) { m.Blob.BlobId = 9 }, types.ErrBlobNotFound},
		"no money":           {func(m *types.MsgOpenChallenge) { m.Challenger = sdk.AccAddress("poor________________").String() }, nil},
		"a batch of nothing": {func(m *types.MsgOpenChallenge) { m.Attestation = &types.Attestation{} }, types.ErrInvalidMessage},
	} {
		msg := ask(b, signed, 0)
		c.change(msg)
		_, err := f.challenge(msg)
		require.Error(t, err, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
		}
	}
	// who signed but was left out of the confirmation is bound by its signature
	msg := ask(b, row, 0)
	msg.Attestation = f.attestation(b, members, all)
	_, err = f.challenge(msg)
	require.NoError(t, err)
	other := ask(b, f.rowsOf(b, lazy)[1], 0)
	other.Attestation = f.attestation(b, members, func(m member) bool { return !m.address.Equals(lazy.address) })
	_, err = f.challenge(other)
	require.ErrorIs(t, err, types.ErrNotSigned)
	other.Attestation = f.attestation(b, members, all)
	other.Attestation.Signature = flip(other.Attestation.Signature, 9)
	_, err = f.challenge(other)
	require.ErrorIs(t, err, types.ErrInvalidSignature)
	f.balance()
}

// rowsOf are all rows that a member holds.
func (f *fixture) rowsOf(b stored, m member) (rows []int) {
	at := 0
	f.rowOf(b, func(a sdk.AccAddress) bool {
		if a.Equals(m.address) {
			rows = append(rows, at)
		}
		at++
		return false
	})
	return rows
}

// attestation is the batch of one blob, signed.
func (f *fixture) attestation(b stored, members []member, signs func(member) bool) *types.Attestation {
	signed := f.sign(members, b.id, 1, signs)
	root := erasure.MerkleRoot([]erasure.Hash{erasure.BatchLeaf(b.DataRoot(), b.id)})
	return &types.Attestation{BatchRoot: root[:], BatchCount: 1, MemberBitmap: signed.MemberBitmap, Signature: signed.Signature}
}

// An older blob takes its place under a confirmed root and the batch that was
// signed, until the promise is over.
func TestAnOldBlobIsChallengedByProofs(t *testing.T) {
	f, members, lazy, b := challenged(t)
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	height, blob := f.ctx.BlockHeight(), must(f.keeper.Blob(f.ctx, b.id))
	signed := f.attestation(b, members, func(m member) bool { return !m.address.Equals(lazy.address) })
	f.to(33)
	msg := ask(b, row, 0)
	_, err := f.challenge(msg)
	require.ErrorIs(t, err, types.ErrBlobNotFound)
	msg.Blob = types.BlobProof{Height: height, BlobId: b.id, Epoch: blob.Epoch, QuorumId: blob.QuorumId}
	_, err = f.challenge(msg)
	require.ErrorIs(t, err, types.ErrNotSigned, "the confirmed root does not say who signed")
	msg.Attestation = signed
	_, err = f.challenge(msg)
	require.NoError(t, err)
	f.to(40)
	msg.Chunk = 1
	_, err = f.challenge(msg)
	require.ErrorIs(t, err, types.ErrPromiseOver)
	f.balance()
}

// A deposit does not leave while a challenge is open, and one signer cannot be
// asked for more than it can answer.
func TestDepositsWaitForChallenges(t *testing.T) {
	f, members, lazy, b := challenged(t, func(g *types.GenesisState) { g.Params.ChallengeWindowBlocks = 60 })
	row := f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) })
	f.to(38)
	msg := ask(b, row, 0)
	msg.Blob = types.BlobProof{Height: 8, BlobId: b.id, Epoch: 1}
	msg.Attestation = f.attestationAt(b, members, lazy)
	opened, err := f.challenge(msg)
	require.NoError(t, err)
	holder := sdk.MustAccAddressFromBech32(opened.Signer)
	_ = f.do(func(ctx context.Context) error {
		_, err := f.msgs.UnregisterSigner(ctx, &types.MsgUnregisterSigner{Signer: opened.Signer})
		return err
	})
	locked := must(f.keeper.Signer(f.ctx, holder)).LockedUntilEpoch
	require.Equal(t, uint64(5), locked)
	f.to(opened.DeadlineHeight)
	signer := must(f.keeper.Signer(f.ctx, holder))
	require.Greater(t, signer.LockedUntilEpoch, locked, "looked at again every epoch")
	f.to(opened.DeadlineHeight + 16)
	_, err = f.keeper.Signer(f.ctx, holder)
	require.ErrorIs(t, err, types.ErrSignerNotFound, "and then it leaves, less what it lost")
	f.balance()
}

// attestationAt signs for a blob whose record is gone.
func (f *fixture) attestationAt(b stored, members []member, lazy member) *types.Attestation {
	f.tb.Helper()
	blob := types.Blob{BlobId: b.id, DataRoot: rootBytes(b), Epoch: 1}
	require.NoError(f.tb, f.keeper.Blobs.Set(f.ctx, b.id, blob))
	signed := f.attestation(b, members, func(m member) bool { return !m.address.Equals(lazy.address) })
	require.NoError(f.tb, f.keeper.Blobs.Remove(f.ctx, b.id))
	return signed
}

func rootBytes(b stored) []byte {
	root := b.DataRoot()
	return root[:]
}

func TestOneSignerIsAskedForSoMuchAtOnce(t *testing.T) {
	f, members, lazy, b := challenged(t, func(g *types.GenesisState) { g.Params.ChallengeWindowBlocks = 100 })
	asked, refused := 0, 0
	for n := range 40 {
		blob := newStored(t, 8192*4-16-n)
		blob = f.store(blob, members, all)
		row := f.rowOf(blob, func(a sdk.AccAddress) bool { return a.Equals(lazy.address) })
		_, err := f.challenge(ask(blob, row, 3))
		if errors.Is(err, types.ErrChallengeLimit) {
			refused++
			continue
		}
		require.NoError(t, err)
		asked++
	}
	require.Equal(t, []int{32, 8}, []int{asked, refused})
	_, err := f.challenge(ask(b, f.rowOf(b, func(a sdk.AccAddress) bool { return !a.Equals(lazy.address) }), 0))
	require.NoError(t, err, "another may be asked")
	f.balance()
}

// mission D04 (what stake loses): a false attestation of a validator's operator
// costs stake where the parameters say so; staking that refuses changes nothing
// about the deposit.
func TestAFalseAttestationMayCostStake(t *testing.T) {
	for name, c := range map[string]struct {
		bps     uint32
		refuses error
		want    string
		calls   int
	}{
		"by default":      {0, nil, "0", 0},
		"of a share":      {250, nil, "7", 1},
		"staking refuses": {250, errors.New("no such validator"), "0", 1},
	} {
		f := newFixture(t, func(g *types.GenesisState) { g.Params.SlashValidatorBps = c.bps })
		f.slasher.refuses = c.refuses
		f.begin()
		var members []member
		for _, name := range []string{"v", "w"} {
			members = append(members, f.join(name, 60))
		}
		f.renew(members...)
		f.to(8)
		b := badBlob(t, 9)
		_, err := f.submit(rootOf(1), b.DataRoot())
		require.NoError(t, err)
		response, err := f.accuse(f.evidence(b, 9, f.sign(members, 1, 2, all)))
		require.NoError(t, err, name)
		require.Equal(t, []string{"1000", c.want}, []string{response.Slashed.String(), response.ValidatorSlashed.String()}, name)
		require.Len(t, f.slasher.punished, c.calls, name)
		f.balance()
	}
}
