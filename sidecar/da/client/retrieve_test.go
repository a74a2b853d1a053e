package client_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// stored is a network with one confirmed blob.
func stored(t *testing.T, seed uint64, params datest.DAParams, size int) (*clienttest.Net, []byte, *client.PutResult) {
	t.Helper()
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: seed, Chain: params})
	payload := clienttest.Noise(size, byte(seed))
	result, err := net.Client(nil).Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	require.NoError(t, err)
	net.Learn(t.Context(), result.Blobs[0].ConfirmHeight)
	return net, payload, result
}

// A member that is slow is doubted, not waited for: other rows come in its place.
func TestASlowMemberDoesNotHoldAReadUp(t *testing.T) {
	net, payload, put := stored(t, 20, datest.DAParams{Profile: erasure.Dev}, 20_000)
	net.Signers[0].Behave(clienttest.Behaviour{Slow: 20 * time.Second})
	c := net.Client(func(o *client.Options) { o.Retriever.FirstHedge, o.Retriever.JobBytes = 100*time.Millisecond, 2048 })
	began := time.Now()
	back, got := fetched(t, c, put.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	require.Less(t, time.Since(began), 5*time.Second)
	for _, f := range got.Faults {
		require.Equal(t, net.Signers[0].Address.String(), f.Member)
	}
}

// Systematic rows are asked for first, and no others as long as all answer.
func TestAHealthyBlobIsReadWithoutRebuilding(t *testing.T) {
	net, payload, put := stored(t, 21, datest.DAParams{Profile: erasure.Dev}, 20_000)
	back, got := fetched(t, net.Client(nil), put.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	require.Zero(t, got.Rebuilt)
	require.Empty(t, got.Faults)
}

// Combinations that are not those of the root are not used; who gave them is named.
func TestWrongCombinationsAreNamed(t *testing.T) {
	net, payload, put := stored(t, 22, datest.DAParams{Profile: erasure.Dev}, 20_000)
	for _, s := range net.Signers[:5] {
		s.Behave(clienttest.Behaviour{WrongWords: true})
	}
	back, got := fetched(t, net.Client(nil), put.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	for _, f := range got.Faults {
		require.Equal(t, client.FaultBadRows, f.Kind)
		require.NotEqual(t, net.Signers[5].Address.String(), f.Member)
	}
	net.Signers[5].Behave(clienttest.Behaviour{WrongWords: true})
	_, err := net.Client(nil).Retrieve(t.Context(), root(t, put.Root))
	require.ErrorIs(t, err, client.ErrTooFewRows)
}

// mission D11: as many rows may be withheld as leave k of them. With fewer there is no
// blob, and the reason names everybody.
func TestOneRowTooFew(t *testing.T) {
	net, payload, put := stored(t, 23, datest.DAParams{Profile: erasure.Dev}, 20_000)
	q, err := net.Chain.DAQuorum(t.Context(), put.Blobs[0].Epoch, put.Blobs[0].QuorumID)
	require.NoError(t, err)
	alive := int(q.Members[0].Seats)
	for _, m := range q.Members[1:] {
		if alive < erasure.Dev.K {
			alive += int(m.Seats)
			continue
		}
		net.Of(m.Address).Stop()
	}
	require.GreaterOrEqual(t, alive, erasure.Dev.K)
	c := net.Client(func(o *client.Options) { o.Retriever.TryTimeout = time.Second })
	back, _ := fetched(t, c, put.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	net.Of(q.Members[0].Address).Stop()
	_, err = c.Retrieve(t.Context(), root(t, put.Root))
	require.ErrorIs(t, err, client.ErrTooFewRows)
	_, err = c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{TryTimeout: time.Second})
	require.ErrorIs(t, err, client.ErrNotShown)
}

// mission D09: when the chain has forgotten the record, members prove the blob under the
// confirmed root of its block.
func TestABlobWhoseRecordIsGoneIsFoundByItsProof(t *testing.T) {
	net, payload, put := stored(t, 24, datest.DAParams{Profile: erasure.Test, EpochBlocks: 10, ConfirmWindowBlocks: 5, RecordEpochs: 1}, 900)
	net.Chain.Advance(45)
	_, err := net.Chain.DABlobByRoot(t.Context(), root(t, put.Root))
	require.Error(t, err)
	c := net.Client(nil)
	back, _ := fetched(t, c, put.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	status, err := c.Status(t.Context(), root(t, put.Root))
	require.NoError(t, err)
	require.True(t, status.Proven)
	require.Equal(t, put.Blobs[0].ConfirmHeight, status.ConfirmHeight)
	sampled, err := c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{})
	require.NoError(t, err)
	require.True(t, sampled.Proven)
	_, err = c.Retrieve(t.Context(), [32]byte{5})
	require.ErrorIs(t, err, client.ErrNotFound)
}

// A blob that waits for its confirmation has a status and no content.
func TestABlobThatWaits(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 25})
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Refuse: true})
	}
	c := net.Client(nil)
	result, err := c.Put(t.Context(), clienttest.File(t, 100, 1), client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrInsufficientSignatures)
	status, err := c.Status(t.Context(), root(t, result.Root))
	require.NoError(t, err)
	require.Equal(t, "submitted", status.Status)
	_, err = c.Retrieve(t.Context(), root(t, result.Root))
	require.ErrorIs(t, err, client.ErrNotFound)
}

// mission D09
func TestTheSamplerPrintsWhatItReached(t *testing.T) {
	net, _, put := stored(t, 26, datest.DAParams{Profile: erasure.Dev}, 20_000)
	c := net.Client(nil)
	sampled, err := c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{Confidence: 0.9999})
	require.NoError(t, err)
	require.GreaterOrEqual(t, sampled.Confidence, 0.9999)
	require.Zero(t, sampled.Failed)
	require.LessOrEqual(t, sampled.Samples, 8)
	require.Positive(t, sampled.Peers)
	require.Positive(t, sampled.Bytes)
	_, err = c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{Confidence: 1})
	require.ErrorIs(t, err, client.ErrUsage)

	wrong := clienttest.Behaviour{WrongRows: true}
	net.Signers[0].Behave(wrong)
	net.Signers[1].Behave(wrong)
	sampled, err = c.Sample(t.Context(), root(t, put.Root), client.SampleOptions{MaxSamples: 128})
	require.NoError(t, err)
	for _, f := range sampled.Faults {
		require.Equal(t, client.FaultBadRows, f.Kind)
	}
}

func TestSigners(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 27})
	signers, err := net.Client(nil).Signers(t.Context())
	require.NoError(t, err)
	require.EqualValues(t, 60, signers.Votes)
	require.InDelta(t, 600.0/1_000_000, signers.Share, 1e-9)
	require.Len(t, signers.Quorums, 3)
	seats := uint32(0)
	for _, m := range signers.Quorums[0].Members {
		seats += m.Seats
	}
	require.EqualValues(t, 16, seats)
}
