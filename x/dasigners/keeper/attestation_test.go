package keeper_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// badBlob is encoded with one bit of one parity row wrong, and committed to as if
// it were right.
func badBlob(t *testing.T, victim int) *erasure.Blob {
	t.Helper()
	b, err := erasure.NewBlob(erasure.Test, evmChain, make([]byte, 1000))
	require.NoError(t, err)
	require.NoError(t, b.EncodeStripe(erasure.CPU, 0))
	b.Rows[victim][17] ^= 1
	b.HashRows(0, erasure.Test.N)
	b.FixRows()
	b.CombineRows(0, erasure.Test.K)
	b.Fix()
	return b
}

func packed(path []erasure.Hash) (out []byte) {
	for _, h := range path {
		out = append(out, h[:]...)
	}
	return out
}

// evidence is that of a row of the second blob of a batch of two.
func (f *fixture) evidence(b *erasure.Blob, row int, signed *types.MsgConfirmBatch) *types.MsgSubmitFalseAttestation {
	f.tb.Helper()
	blob, err := f.keeper.Blob(f.ctx, 2)
	require.NoError(f.tb, err)
	leaves := func() []erasure.Hash {
		return []erasure.Hash{erasure.BatchLeaf(rootOf(1), 1), erasure.BatchLeaf(b.DataRoot(), 2)}
	}
	root := erasure.MerkleRoot(leaves())
	msg := &types.MsgSubmitFalseAttestation{
		Sender: payer.String(), Preimage: b.Preimage(), Row: uint32(row), RowData: b.Rows[row], RowPath: packed(b.Row(row).Path),
		Epoch: blob.Epoch, QuorumId: blob.QuorumId, BatchRoot: root[:], BatchCount: 2, BlobId: 2, BatchIndex: 1,
		BatchPath: packed(erasure.MerklePath(leaves(), 1)), MemberBitmap: signed.MemberBitmap, Signature: signed.Signature,
	}
	for _, c := range b.RLC {
		msg.Combinations = append(msg.Combinations, c[:]...)
	}
	return msg
}

func (f *fixture) accuse(msg *types.MsgSubmitFalseAttestation) (response *types.MsgSubmitFalseAttestationResponse, err error) {
	err = f.do(func(ctx context.Context) error {
		response, err = f.msgs.SubmitFalseAttestation(ctx, msg)
		return err
	})
	return response, err
}

// The holder of a wrong row who signed loses its deposit, on evidence
// that is refused with anything in it changed.
func TestAFalseAttestationCostsTheDeposit(t *testing.T) {
	f, members := running(t, 60, 60, 60, 60)
	const victim = 9
	b := badBlob(t, victim)
	_, err := f.submit(rootOf(1), b.DataRoot())
	require.NoError(t, err)
	signed := f.sign(members, 1, 2, all)
	good := func() *types.MsgSubmitFalseAttestation { return f.evidence(b, victim, signed) }
	holder, _, err := f.keeper.RowHolder(f.ctx, b.DataRoot(), good().Epoch, good().QuorumId, victim)
	require.NoError(t, err)
	without := f.sign(members, 1, 2, func(m member) bool { return !m.address.Equals(holder) })
	for name, c := range map[string]struct {
		change func(*types.MsgSubmitFalseAttestation)
		want   error
	}{
		"a good row":                {func(m *types.MsgSubmitFalseAttestation) { *m = *f.evidence(b, victim+1, signed) }, types.ErrNoFault},
		"the holder did not sign":   {func(m *types.MsgSubmitFalseAttestation) { *m = *f.evidence(b, victim, without) }, types.ErrNotSigned},
		"another signature":         {func(m *types.MsgSubmitFalseAttestation) { m.Signature = without.Signature }, types.ErrInvalidSignature},
		"a bit of the row":          {func(m *types.MsgSubmitFalseAttestation) { m.RowData = flip(m.RowData, 0) }, types.ErrInvalidMessage},
		"a byte of the row":         {func(m *types.MsgSubmitFalseAttestation) { m.RowData = m.RowData[1:] }, types.ErrInvalidMessage},
		"a bit of the path":         {func(m *types.MsgSubmitFalseAttestation) { m.RowPath = flip(m.RowPath, 0) }, types.ErrInvalidMessage},
		"a byte of the path":        {func(m *types.MsgSubmitFalseAttestation) { m.RowPath = m.RowPath[1:] }, types.ErrInvalidMessage},
		"a bit of the combinations": {func(m *types.MsgSubmitFalseAttestation) { m.Combinations = flip(m.Combinations, 0) }, types.ErrInvalidMessage},
		"a combination less":        {func(m *types.MsgSubmitFalseAttestation) { m.Combinations = m.Combinations[16:] }, types.ErrInvalidMessage},
		"another chain":             {func(m *types.MsgSubmitFalseAttestation) { m.Preimage = flip(m.Preimage, 8*8) }, types.ErrNoFault},
		"another commitment":        {func(m *types.MsgSubmitFalseAttestation) { m.Preimage = flip(m.Preimage, 8*84) }, types.ErrInvalidMessage},
		"another blob":              {func(m *types.MsgSubmitFalseAttestation) { m.BlobId = 3 }, types.ErrInvalidMessage},
		"another place":             {func(m *types.MsgSubmitFalseAttestation) { m.BatchIndex = 0 }, types.ErrInvalidMessage},
		"a place outside":           {func(m *types.MsgSubmitFalseAttestation) { m.BatchIndex = 2 }, types.ErrInvalidMessage},
		"another batch":             {func(m *types.MsgSubmitFalseAttestation) { m.BatchRoot = flip(m.BatchRoot, 0) }, types.ErrInvalidMessage},
		"a row outside":             {func(m *types.MsgSubmitFalseAttestation) { m.Row = 16 }, types.ErrInvalidMessage},
		"another quorum":            {func(m *types.MsgSubmitFalseAttestation) { m.QuorumId ^= 1 }, types.ErrQuorumNotFound},
	} {
		msg := good()
		c.change(msg)
		_, err := f.accuse(msg)
		require.ErrorIs(t, err, c.want, name)
	}
	response, err := f.accuse(good())
	require.NoError(t, err)
	require.Equal(t, "1000", response.Slashed.String())
	require.Equal(t, "1000", f.bank.of("community").String())
	signer, err := f.keeper.Signer(f.ctx, holder)
	require.NoError(t, err)
	require.True(t, signer.Tombstoned && signer.Deposit.IsZero())
	_, err = f.accuse(good())
	require.ErrorIs(t, err, types.ErrNoFault, "once")
	for _, m := range members {
		if m.address.Equals(holder) {
			require.ErrorIs(t, f.renewOne(m), types.ErrSignerJailed)
		}
	}
	f.balance()
	f.to(20)
	leave := func() error {
		return f.do(func(ctx context.Context) error {
			_, err := f.msgs.UnregisterSigner(ctx, &types.MsgUnregisterSigner{Signer: holder.String()})
			return err
		})
	}
	require.NoError(t, leave())
	f.to(60)
	signer, err = f.keeper.Signer(f.ctx, holder)
	require.NoError(t, err, "it is remembered")
	require.False(t, signer.Leaving)
	again := signerNamed("again")
	again.address = holder
	require.ErrorIs(t, f.register(again, again.key(), again.possession(evmChain)), types.ErrSignerExists, "shut out for good")
	f.balance()
}
