package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

const oneBlob = 4*erasure.MaxRowSize - erasure.HeaderSize // the largest payload of the test profile

// fetched is what a root stands for.
func fetched(t *testing.T, c *client.Client, text string, opts client.GetOptions) ([]byte, *client.GetResult) {
	t.Helper()
	var back bytes.Buffer
	got, err := c.GetTo(t.Context(), root(t, text), &back, opts)
	require.NoError(t, err)
	return back.Bytes(), got
}

// mission D01: a file above one blob is several and a manifest, in one order and one
// confirmation; its root leads to all of it.
func TestALargeFileIsSeveralBlobsAndAManifest(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 2})
	c := net.Client(nil)
	payload := clienttest.Noise(oneBlob+16, 3)
	var asked []client.Quote
	result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true, Accept: func(q client.Quote) error { asked = append(asked, q); return nil }})
	require.NoError(t, err)
	require.Equal(t, client.KindManifest, result.Kind)
	require.Len(t, result.Blobs, 3)
	require.Equal(t, result.Root, result.Blobs[2].Root)
	require.Len(t, net.Chain.Sent(), 2, "one order, one confirmation")
	require.Len(t, asked, 1)
	require.Equal(t, asked[0].Fee.String(), result.Fee, "the price that was shown is the price that was paid")
	shown, err := json.Marshal(asked[0])
	require.NoError(t, err)
	require.Contains(t, string(shown), `"fee":"`+result.Fee+`"`, "amounts are decimal strings")

	back, got := fetched(t, c, result.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
	require.Equal(t, 3, got.Blobs)
	require.Equal(t, client.KindManifest, got.Kind)
	raw, _ := fetched(t, c, result.Root, client.GetOptions{Raw: true})
	require.True(t, client.IsManifest(raw))
	first, _ := fetched(t, c, result.Blobs[0].Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload[:oneBlob], first), "a part is a blob like any other")

	status, err := c.Status(t.Context(), root(t, result.Root))
	require.NoError(t, err)
	require.Equal(t, client.KindManifest, status.Kind)
	require.Equal(t, "confirmed", status.Status)

	again, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, result.Root, again.Root)
	require.Equal(t, 3, again.Reused)
	require.Equal(t, "0", again.Fee)
	require.Len(t, net.Chain.Sent(), 2, "nothing is paid twice")
}

// A file that looks like a manifest comes back as that file.
func TestAFileThatLooksLikeAManifestIsWrapped(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 3})
	c := net.Client(nil)
	for name, payload := range map[string][]byte{
		"the magic alone": []byte("zg-da-manifest/1"), "a manifest": must(aManifest().Encode()), "one byte short": []byte("zg-da-manifest/"),
	} {
		result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
		require.NoError(t, err, name)
		require.Equal(t, name != "one byte short", result.Kind == client.KindManifest, name)
		back, _ := fetched(t, c, result.Root, client.GetOptions{})
		require.Equal(t, payload, back, name)
	}
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// Blobs of one file that are the same are ordered once.
func TestTheSameBlobTwiceIsPaidOnce(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 4})
	c := net.Client(nil)
	payload := make([]byte, 2*oneBlob)
	result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Len(t, result.Blobs, 2)
	back, _ := fetched(t, c, result.Root, client.GetOptions{})
	require.True(t, bytes.Equal(payload, back))
}

func TestADryRunAndARefusedPriceSendNothing(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 5})
	c := net.Client(nil)
	path := clienttest.File(t, oneBlob+1, 1)
	dry, err := c.Put(t.Context(), path, client.PutOptions{Direct: true, DryRun: true})
	require.NoError(t, err)
	_, err = c.Put(t.Context(), path, client.PutOptions{Direct: true, Accept: func(client.Quote) error { return client.ErrDeclined }})
	require.ErrorIs(t, err, client.ErrDeclined)
	require.Empty(t, net.Chain.Sent())
	result, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, dry.Root, result.Root)
	require.Equal(t, dry.Fee, result.Fee)
	dry, err = c.Put(t.Context(), path, client.PutOptions{Direct: true, DryRun: true})
	require.NoError(t, err)
	require.Equal(t, "0", dry.Fee, "it is confirmed already")

	_, err = c.Put(t.Context(), clienttest.Write(t, nil), client.PutOptions{Direct: true})
	require.ErrorIs(t, err, erasure.ErrEmptyBlob)
	_, err = c.Put(t.Context(), t.TempDir(), client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrUsage)
	_, err = client.New(net.Chain, nil, client.Options{}).Put(t.Context(), path, client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrNoKey)
}

// What was ordered and not confirmed is taken up again, not ordered again.
func TestAPutThatWasCutOffGoesOn(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 6})
	c := net.Client(func(o *client.Options) { o.Disperser.SignTimeout = 2 * time.Second })
	path := clienttest.File(t, oneBlob+1, 2)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Silent: true})
	}
	_, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrInsufficientSignatures)
	require.Len(t, net.Chain.Sent(), 1)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{})
	}
	result, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, "0", result.Fee)
	require.Len(t, net.Chain.Sent(), 2, "the order, then the confirmation")
	require.Zero(t, result.Reused)
}

// §6m: fewer than two thirds until the deadline, then ordered again with a new id.
func TestALapsedBlobIsOrderedAgain(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 7, Chain: datest.DAParams{ConfirmWindowBlocks: 5}})
	c := net.Client(func(o *client.Options) { o.Disperser.SignTimeout = time.Second })
	path := clienttest.File(t, 100, 3)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Refuse: true})
	}
	_, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrInsufficientSignatures)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{})
	}
	net.Chain.Advance(7)
	result, err := c.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.EqualValues(t, 2, result.Blobs[0].BlobID)
}

// The window closes while the members sign: the confirmation is refused, the blob
// ordered once more and confirmed.
func TestABlobThatLapsesWhileItIsConfirmed(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 14, Chain: datest.DAParams{ConfirmWindowBlocks: 5}})
	slow := clienttest.Behaviour{Slow: 300 * time.Millisecond}
	for _, s := range net.Signers {
		s.Behave(slow)
	}
	time.AfterFunc(450*time.Millisecond, func() {
		net.Chain.Advance(7)
		for _, s := range net.Signers {
			s.Behave(clienttest.Behaviour{})
		}
	})
	result, err := net.Client(nil).Put(t.Context(), clienttest.File(t, 100, 3), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.EqualValues(t, 2, result.Blobs[0].BlobID)
}

// Somebody else's order of the same root keeps nobody out.
func TestTheSameRootOfAnotherAccount(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 8})
	path := clienttest.File(t, 300, 4)
	other := net.Chain.Sender(clienttest.Account(t, 99))
	silent := clienttest.Behaviour{Silent: true}
	for _, s := range net.Signers {
		s.Behave(silent)
	}
	late := client.New(net.Chain, other, client.Options{Disperser: client.DisperserOptions{SignTimeout: 300 * time.Millisecond}})
	_, err := late.Put(t.Context(), path, client.PutOptions{Direct: true})
	require.ErrorIs(t, err, client.ErrInsufficientSignatures)
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{})
	}
	result, err := net.Client(nil).Put(t.Context(), path, client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.EqualValues(t, 2, result.Blobs[0].BlobID)
}

// Signers that refuse one blob of a batch sign for the others.
func TestABatchIsSplitWhereMembersRefuse(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 9})
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{RefuseBlob: 2})
	}
	result, err := net.Client(nil).Put(t.Context(), clienttest.File(t, oneBlob+1, 5), client.PutOptions{Direct: true})
	var lacking *client.InsufficientSignatures
	require.True(t, errors.As(err, &lacking), "%v", err)
	require.Equal(t, []uint64{2}, lacking.IDs)
	require.Positive(t, result.Blobs[0].ConfirmHeight)
	require.Zero(t, result.Blobs[1].ConfirmHeight)
	require.Positive(t, result.Blobs[2].ConfirmHeight)
}

// A member whose chain node is behind says so and is asked again.
func TestMembersThatAreBehindAreAskedAgain(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 3, Seed: 10})
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{NotYet: 3})
	}
	result, err := net.Client(patient).Put(t.Context(), clienttest.File(t, 100, 6), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, 16, result.Blobs[0].HitSeats)
}

// Another process behind a member's socket is told apart from the member.
func TestAnotherPeerAtTheSocketIsNamed(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 16, Seed: 11, Votes: func(int) uint32 { return 1 }})
	q := net.Seats(t)
	net.Chain.SetSocket(q.Members[0].Address, q.Members[1].Socket)
	result, err := net.Client(patient).Put(t.Context(), clienttest.File(t, 100, 7), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Len(t, result.Faults, 1)
	require.Equal(t, client.FaultIdentity, result.Faults[0].Kind)
	require.Equal(t, q.Members[0].Address.String(), result.Faults[0].Member)
}

func TestGetLeavesNoHalfFile(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 12})
	c := net.Client(nil)
	result, err := c.Put(t.Context(), clienttest.File(t, 3000, 8), client.PutOptions{Direct: true})
	require.NoError(t, err)
	folder := t.TempDir()
	out := filepath.Join(folder, "out")
	for _, s := range net.Signers {
		s.Behave(clienttest.Behaviour{Lost: true})
	}
	_, err = c.Get(t.Context(), root(t, result.Root), out, client.GetOptions{})
	require.ErrorIs(t, err, client.ErrTooFewRows)
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Empty(t, left)
	_, err = c.Get(t.Context(), [32]byte{1}, out, client.GetOptions{})
	require.ErrorIs(t, err, client.ErrNotFound)
	require.NoError(t, os.WriteFile(out, []byte("mine"), 0o600))
	_, err = c.Get(t.Context(), root(t, result.Root), out, client.GetOptions{})
	require.ErrorIs(t, err, client.ErrExists)
	_, err = c.Sample(t.Context(), root(t, result.Root), client.SampleOptions{})
	require.ErrorIs(t, err, client.ErrNotShown)
}

func TestPutStopsBetweenPayments(t *testing.T) {
	net := clienttest.New(t, clienttest.Params{Signers: 6, Seed: 13})
	ctx, cancel := context.WithCancel(t.Context())
	_, err := net.Client(nil).Put(ctx, clienttest.File(t, 100, 9), client.PutOptions{Direct: true, Accept: func(client.Quote) error { cancel(); return nil }})
	require.ErrorIs(t, err, context.Canceled)
	require.Empty(t, net.Chain.Sent())
}
