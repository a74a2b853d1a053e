package client_test

import (
	"bytes"
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/internal/chain"
	"github.com/zgd-network/zgd/sidecar/internal/chain/datest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// hundred is a network of 100 signers, all in one quorum: 128 seats of the dev
// profile for 100 votes, so that 28 members, by lot, have two.
func hundred(t *testing.T, seed uint64) (*clienttest.Net, chain.DAQuorum) {
	t.Helper()
	t.Logf("seed %d", seed)
	net := clienttest.New(t, clienttest.Params{
		Signers: 100, Seed: seed, Votes: func(int) uint32 { return 1 }, Chain: datest.DAParams{Profile: erasure.Dev},
	})
	q := net.Seats(t)
	require.Len(t, q.Members, 100)
	return net, q
}

// misbehave gives members a behaviour.
func misbehave(q chain.DAQuorum, members []int, b clienttest.Behaviour) map[chain.Address]clienttest.Behaviour {
	hostile := make(map[chain.Address]clienttest.Behaviour)
	for _, m := range members {
		hostile[q.Members[m].Address] = b
	}
	return hostile
}

// impatient waits two seconds for silent members, not a minute.
func impatient(o *client.Options) {
	o.Disperser.SignTimeout, o.Disperser.TryTimeout = 6*time.Second, 5*time.Second
	o.Retriever.TryTimeout, o.Retriever.FirstHedge = 2*time.Second, 200*time.Millisecond
}

// mission D11: with the largest set of members hostile that may be, blobs are confirmed
// and come back, and the culprits are named; with one member more nothing is confirmed.
func TestAThirdOfTheSeatsIsHostile(t *testing.T) {
	seed := rand.Uint64N(1 << 20)
	for _, one := range []struct {
		name     string
		bad      clienttest.Behaviour
		put, get client.FaultKind // what the culprits are named for; "" they are not noticed
	}{
		{"silent", clienttest.Behaviour{Silent: true}, client.FaultLate, client.FaultLate},
		{"signing without storing", clienttest.Behaviour{SignBlind: true}, "", client.FaultNotFound},
		{"serving wrong rows", clienttest.Behaviour{WrongRows: true, WrongWords: true}, "", client.FaultBadRows},
		{"signing garbage", clienttest.Behaviour{Garbage: true}, client.FaultBadShare, ""},
	} {
		t.Run(one.name, func(t *testing.T) {
			net, q := hundred(t, seed)
			members, seats := clienttest.Largest(q, clienttest.Spare(q))
			t.Logf("%d hostile members with %d of %d seats", len(members), seats, len(q.Seats))
			hostile := misbehave(q, members, one.bad)
			net.UseReal(hostile)
			c := net.Client(impatient)

			payload := clienttest.Noise(20_000, 1)
			result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
			require.NoError(t, err)
			require.GreaterOrEqual(t, 3*result.Blobs[0].HitSeats, 2*128)
			requireNamed(t, result.Faults, hostile, one.put)

			var back bytes.Buffer
			got, err := c.GetTo(t.Context(), root(t, result.Root), &back, client.GetOptions{})
			require.NoError(t, err)
			require.True(t, bytes.Equal(payload, back.Bytes()))
			requireNamed(t, got.Faults, hostile, one.get)
		})
	}
}

// requireNamed wants no honest member blamed for more than being late, and
// culprits blamed for what they did.
func requireNamed(t *testing.T, faults []client.Fault, hostile map[chain.Address]clienttest.Behaviour, kind client.FaultKind) {
	t.Helper()
	named := 0
	for _, f := range faults {
		address, err := chain.ParseAddress(f.Member)
		require.NoError(t, err)
		_, isHostile := hostile[address]
		if f.Kind != client.FaultLate && f.Kind != client.FaultSilent {
			require.True(t, isHostile, "honest member blamed: %s", f)
		}
		if isHostile && (f.Kind == kind || kind == client.FaultLate && f.Kind == client.FaultSilent) {
			named++
		}
	}
	if kind == "" {
		require.Zero(t, named)
		return
	}
	require.Positive(t, named, "nobody named: %v", faults)
}

// mission D11
func TestOneMemberMoreThanAThirdAndNothingIsConfirmed(t *testing.T) {
	for name, bad := range map[string]clienttest.Behaviour{
		"silent": {Silent: true}, "refusing": {Refuse: true}, "signing garbage": {Garbage: true},
	} {
		t.Run(name, func(t *testing.T) {
			net, q := hundred(t, 77)
			members, _ := clienttest.Largest(q, clienttest.Spare(q))
			hostile := misbehave(q, members, bad)
			for _, m := range q.Members {
				if _, already := hostile[m.Address]; !already {
					hostile[m.Address] = bad
					break
				}
			}
			net.UseReal(hostile)
			result, err := net.Client(impatient).Put(t.Context(), clienttest.File(t, 20_000, 1), client.PutOptions{Direct: true})
			require.ErrorIs(t, err, client.ErrInsufficientSignatures)
			var lacking *client.InsufficientSignatures
			require.True(t, errors.As(err, &lacking))
			require.Less(t, 3*lacking.HitSeats, 2*lacking.TotalSeats)
			require.Len(t, lacking.IDs, 1)
			for _, f := range lacking.Faults { // it stops as soon as two thirds are out of reach
				address, err := chain.ParseAddress(f.Member)
				require.NoError(t, err)
				require.Contains(t, hostile, address, "honest member blamed: %s", f)
			}
			require.NotEmpty(t, lacking.Faults)
			if bad.Silent {
				require.Len(t, lacking.Faults, len(hostile))
			}
			require.Zero(t, result.Blobs[0].ConfirmHeight)
		})
	}
}

// mission D11: the worst case for reading (§6m): a third signs without storing, and as
// many honest members never get their rows. The rest rebuilds.
func TestTheRemainingThirdRebuilds(t *testing.T) {
	net, q := hundred(t, 78)
	liars, seats := clienttest.Largest(q, clienttest.Spare(q))
	hostile := misbehave(q, liars, clienttest.Behaviour{SignBlind: true})
	net.UseReal(hostile)
	left := 0 // seats of honest members that the disperser leaves out
	for _, m := range q.Members {
		if _, isHostile := hostile[m.Address]; !isHostile && left+int(m.Seats) <= seats {
			left += int(m.Seats)
			net.StopReal(m.Address)
		}
	}
	t.Logf("%d seats sign without storing, %d honest seats get nothing, %d remain, 32 are needed", seats, left, 128-seats-left)
	c := net.Client(impatient)
	payload := clienttest.Noise(20_000, 2)
	result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	require.NoError(t, err)
	for address := range net.Stopped() {
		net.ForgetReal(address)
	}
	var back bytes.Buffer
	got, err := net.Client(impatient).GetTo(t.Context(), root(t, result.Root), &back, client.GetOptions{})
	require.NoError(t, err)
	require.True(t, bytes.Equal(payload, back.Bytes()))
	require.Positive(t, got.Rebuilt)
}

// mission D09: the production shape with 100 signers; the largest set that may serve
// wrong rows does.
func TestTheProductionShapeWithAThirdHostile(t *testing.T) {
	const seed = 79
	t.Logf("seed %d", seed)
	net := clienttest.New(t, clienttest.Params{
		Signers: 100, Seed: seed, Votes: func(int) uint32 { return 41 }, Chain: datest.DAParams{Profile: erasure.Production},
	})
	q := net.Seats(t)
	members, seats := clienttest.Largest(q, clienttest.Spare(q))
	t.Logf("%d of %d members are hostile, with %d of %d seats", len(members), len(q.Members), seats, len(q.Seats))
	hostile := misbehave(q, members, clienttest.Behaviour{WrongRows: true})
	net.UseReal(hostile)
	c := net.Client(impatient)
	payload := clienttest.Noise(200_000, 3)
	result, err := c.Put(t.Context(), clienttest.Write(t, payload), client.PutOptions{Direct: true})
	require.NoError(t, err)
	require.Equal(t, 4096, result.Blobs[0].TotalSeats)
	var back bytes.Buffer
	got, err := c.GetTo(t.Context(), root(t, result.Root), &back, client.GetOptions{})
	require.NoError(t, err)
	require.True(t, bytes.Equal(payload, back.Bytes()))
	require.Positive(t, got.Rebuilt)
	requireNamed(t, got.Faults, hostile, client.FaultBadRows)

	sampled, err := c.Sample(t.Context(), root(t, result.Root), client.SampleOptions{})
	require.NoError(t, err)
	t.Logf("%d samples, %d failed, %d bytes: confidence %.8f", sampled.Samples, sampled.Failed, sampled.Bytes, sampled.Confidence)
	require.GreaterOrEqual(t, sampled.Confidence, 0.999999)
}

// A client that disperses rows of different codewords gets no signature from any
// honest signer.
func TestWrongCodingGetsNoSignature(t *testing.T) {
	net, _ := hundred(t, 80)
	net.UseReal(nil)
	q := net.Seats(t)
	blob, err := erasure.NewBlob(erasure.Dev, net.Chain.EVMChainID(), clienttest.Noise(20_000, 4))
	require.NoError(t, err)
	for i := range blob.Stripes() {
		require.NoError(t, blob.EncodeStripe(erasure.CPU, i))
	}
	for i := erasure.Dev.K; i < erasure.Dev.N; i++ {
		blob.Rows[i][i%blob.RowSize] ^= 1
	}
	blob.HashRows(0, erasure.Dev.N)
	blob.FixRows()
	blob.CombineRows(0, erasure.Dev.K)
	blob.Fix()
	placed, _, err := net.User.SubmitBlobs(t.Context(), chain.DASubmission{
		Profile: erasure.Dev.ID, Roots: []chain.Hash{blob.DataRoot()}, DataLens: []uint64{blob.DataLen}, MaxFee: new(big.Int).Lsh(big.NewInt(1), 80),
	})
	require.NoError(t, err)
	d := client.NewDisperser(net.Chain.EVMChainID(), net.User, client.DisperserOptions{SignTimeout: 10 * time.Second})
	defer d.Close()
	_, err = d.Disperse(t.Context(), q, []client.Piece{{ID: placed.FirstBlobID, Root: blob.DataRoot(), Blob: blob}})
	var lacking *client.InsufficientSignatures
	require.True(t, errors.As(err, &lacking), "%v", err)
	require.Zero(t, lacking.HitSeats)
	require.Contains(t, lacking.Faults[0].Reason, "row", "the refusal names the row")
}
