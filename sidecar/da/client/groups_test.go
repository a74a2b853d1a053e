package client_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// twoBlobsRows are the rows of two of the largest blobs of the test profile.
const twoBlobsRows = 2 * 16 * erasure.MaxRowSize

// orders counts the messages that order blobs.
func orders(sent []any) (n int) {
	for _, message := range sent {
		if _, ok := message.(*datypes.MsgSubmitBlobs); ok {
			n++
		}
	}
	return n
}

// The next group is ordered while the members of one are still busy with it, and
// all of them arrive; what it cost is the sum.
func TestGroupsAreOnTheirWayTogether(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 21})
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Slow: time.Second})
	}
	payload := clienttest.Noise(3*oneBlob, 1)
	c := net.Client(func(o *client.Options) { patient(o); client.GroupBytes(o, twoBlobsRows) })
	var quote client.Quote
	result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true, Accept: func(q client.Quote) error { quote = q; return nil }})
	require.NoError(t, err)
	sent := net.Chain.Sent()
	require.Len(t, sent, 4, "two orders, two confirmations")
	require.Equal(t, 2, orders(sent[:2]), "the second order does not wait for the first confirmation: %T, %T", sent[0], sent[1])
	require.Len(t, result.Blobs, 4)
	require.Equal(t, quote.Fee.String(), result.Fee)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{})
	}
	back, _ := fetched(t, c, result.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
}

// With memory for one group the second waits for the first; when that fails, the
// second is not paid for.
func TestAfterAFailureNoGroupSetsOut(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 22})
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Refuse: true})
	}
	c := net.Client(func(o *client.Options) { o.MemoryMiB = twoBlobsRows >> 20; o.Disperser.SignTimeout = time.Second })
	path := clienttest.File(t, 3*oneBlob, 2)
	_, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrInsufficientSignatures)
	require.Len(t, net.Chain.Sent(), 1, "one order")
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{})
	}
	result, err := net.Client(patient).Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Zero(t, result.Reused)
	require.Equal(t, 2, orders(net.Chain.Sent()), "the first is taken up where it stands")
}
