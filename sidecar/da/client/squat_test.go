package client_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// Anybody may order any root, say any length, and never bring a row: that keeps
// nobody else's blob away.
func TestAStrangersOrderOfTheSameRootIsInNobodysWay(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 5, Seed: 16})
	c := net.Client(nil)
	path := clienttest.File(t, 5000, 9)
	dry, err := c.Put(t.Context(), path, client.PutOptions{Direct: true, DryRun: true})
	require.NoError(t, err)
	key, err := chain.NewKey(append(make([]byte, 31), 77))
	require.NoError(t, err)
	squat, _, err := net.Chain.Sender(key).SubmitBlobs(t.Context(), chain.DASubmission{
		Profile: erasure.Test.ID, Roots: []chain.Hash{root(t, dry.Root)}, DataLens: []uint64{1}, MaxFee: new(big.Int).Lsh(big.NewInt(1), 80),
	})
	require.NoError(t, err)

	put, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.NotEqual(t, squat.FirstBlobID, put.Blobs[0].BlobID)
	require.NotZero(t, put.Blobs[0].ConfirmHeight)

	// one more squats after the confirmation: the blob stays readable by its root
	_, _, err = net.Chain.Sender(key).SubmitBlobs(t.Context(), chain.DASubmission{
		Profile: erasure.Test.ID, Roots: []chain.Hash{root(t, dry.Root)}, DataLens: []uint64{2}, MaxFee: new(big.Int).Lsh(big.NewInt(1), 80),
	})
	require.True(t, err == nil || chain.RefusedAs(err, chain.DADuplicateBlob), "%v", err)
	got, err := c.Retrieve(t.Context(), root(t, put.Root))
	require.NoError(t, err)
	require.Len(t, got.Payload, 5000)
}
