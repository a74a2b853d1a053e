package datest_test

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

func daKey(tb testing.TB, seed byte) chain.Key {
	tb.Helper()
	key, err := chain.NewKey(append(make([]byte, 31), seed))
	require.NoError(tb, err)
	return key
}

func daSigners(tb testing.TB, n int) []datest.DASignerSeed {
	tb.Helper()
	signers := make([]datest.DASignerSeed, n)
	for i := range signers {
		secret, err := bls.GenerateKey(rand.NewChaCha8([32]byte{byte(i)}))
		require.NoError(tb, err)
		signers[i] = datest.DASignerSeed{Account: daKey(tb, byte(i+1)), Secret: secret, Votes: 10}
	}
	return signers
}

func TestABlobIsConfirmedByTheRealKeeper(t *testing.T) {
	signers := daSigners(t, 4)
	c := datest.NewDA(t, datest.DAParams{Signers: signers})
	ctx := t.Context()
	epoch, err := c.DAEpoch(ctx)
	require.NoError(t, err)
	require.EqualValues(t, 2, epoch.Quorums) // 40 votes over 16 seats

	me := c.Sender(daKey(t, 99))
	root := chain.Hash{7}
	placed, _, err := me.SubmitBlobs(ctx, chain.DASubmission{
		Profile: erasure.Test.ID, Roots: []chain.Hash{root}, DataLens: []uint64{100}, MaxFee: new(big.Int).Lsh(big.NewInt(1), 80),
	})
	require.NoError(t, err)
	quorum, err := c.DAQuorum(ctx, placed.Epoch, placed.QuorumID)
	require.NoError(t, err)

	message := erasure.BatchMessage(c.EVMChainID(), placed.Epoch, placed.QuorumID, 1, erasure.BatchLeaf(root, placed.FirstBlobID))
	sum, bitmap := bls.SumG1(), make([]byte, (len(quorum.Members)+7)/8)
	for i, member := range quorum.Members {
		for _, s := range signers {
			if s.Account.Address() == member.Address.String() {
				share, err := s.Secret.Sign(bls.DomainBatch, message)
				require.NoError(t, err)
				sum = bls.SumG1(sum, share)
				bitmap[i/8] |= 1 << (i % 8)
			}
		}
	}
	short := append([]byte(nil), bitmap...)
	short[0] &^= 1
	_, _, err = me.ConfirmBatch(ctx, []uint64{placed.FirstBlobID}, short, bls.EncodeG1(&sum))
	require.ErrorIs(t, err, chain.ErrRejected)

	confirmed, receipt, err := me.ConfirmBatch(ctx, []uint64{placed.FirstBlobID}, bitmap, bls.EncodeG1(&sum))
	require.NoError(t, err)
	require.EqualValues(t, 16, confirmed.HitSeats)
	blobs, err := c.DAConfirmedIn(ctx, receipt.Height)
	require.NoError(t, err)
	require.Len(t, blobs, 1)
	require.Equal(t, chain.DABlobConfirmed, blobs[0].Status)
	_, err = c.DAConfirmedRoot(ctx, receipt.Height)
	require.NoError(t, err)
	_, err = c.DABlob(ctx, 99)
	require.ErrorIs(t, err, chain.ErrNotFound)
	_, _, err = me.ConfirmBatch(ctx, []uint64{placed.FirstBlobID}, bitmap, bls.EncodeG1(&sum))
	require.True(t, chain.RefusedAs(err, chain.DANothingToConfirm), "%v", err)
}
