package integration_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	dakeeper "github.com/zgd-network/zgd/x/dasigners/keeper"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// The second half of the gas table: what concerns a confirmed blob, in the
// production shape with one row that is wrong.
func TestTheDAGasTableCoversPromises(t *testing.T) {
	c := newCrowd(t, erasure.Production, quorum.MaxMembers)
	alice, k := c.Accounts[0], c.App.DASignersKeeper
	const victim = 2000
	var b *erasure.Blob
	var row int // a good one; the holders of both sign
	for nonce := byte(0); b == nil || !c.holderSigns(b, victim); nonce++ {
		b = wrongBlob(t, c.App.EVMChainID, victim, nonce)
	}
	for row = victim + 1; !c.holderSigns(b, row); {
		row++
	}
	root := b.DataRoot()
	_, err := k.SubmitBlobs(c.ctx, dakeeper.Submission{Submitter: alice.Address, Profile: 1, Roots: [][32]byte{root}, DataLens: []uint64{b.DataLen}, MaxFee: zg(1)})
	require.NoError(t, err)
	leaf := erasure.BatchLeaf(root, 1)
	bitmap, signature := c.twoThirds(erasure.BatchMessage(c.App.EVMChainID, 0, 0, 1, leaf))
	_, err = k.ConfirmBatch(c.ctx, []uint64{1}, bitmap, bls.EncodeG1(&signature))
	require.NoError(t, err)
	record, err := k.Quorum(c.ctx, 0, 0)
	require.NoError(t, err)
	drawn := record.Drawn()
	for _, member := range drawn.Members { // who has a deposit to lose
		signer := datypes.Signer{Address: datypes.Bech32(member), Socket: "x:1", KeyId: 1, Deposit: zg(10)}
		require.NoError(t, k.Signers.Set(c.ctx, sdk.AccAddress(member[:]), signer))
	}
	attested := daprecompile.Attestation{BatchRoot: leaf, BatchCount: 1, BatchPath: [][32]byte{}, MemberBitmap: bitmap, Signature: abiG1(signature)}
	zero := new(big.Int)
	c.measure("openChallenge", alice.EVM, calldata(t, daABI, openChallenge, b.Preimage(), uint32(row), uint32(0), recent(), byRecord()), nil)
	c.measure("openChallenge, with a signed batch", alice.EVM, calldata(t, daABI, openChallenge, b.Preimage(), uint32(row), uint32(0), recent(), attested), nil)
	c.measure("sampleTask", alice.EVM, calldata(t, daABI, "sampleTask()"), nil)
	var combinations []byte
	for _, x := range b.RLC {
		combinations = append(combinations, x[:]...)
	}
	c.measure("submitFalseAttestation, 256 bytes", alice.EVM, calldata(t, daABI, falseAttestation, b.Preimage(), uint32(victim), b.Rows[victim], b.Row(victim).Path, combinations, zero, zero, uint64(1), attested), nil)
	question := datypes.MsgOpenChallenge{Preimage: b.Preimage(), Row: uint32(row)}
	q, err := question.Question()
	require.NoError(t, err)
	_, err = k.OpenChallenge(c.ctx, alice.Address, q)
	require.NoError(t, err)
	c.measure("answerChallenge", alice.EVM, calldata(t, daABI, answerChallenge, uint64(1), b.Preimage(), chunkOf(t, b, row, 0)), nil)
}

// wrongBlob has rows of 256 bytes, one of them with a bit that does not belong.
func wrongBlob(t testing.TB, chain uint64, victim int, nonce byte) *erasure.Blob {
	t.Helper()
	payload := make([]byte, 200_000)
	payload[0] = nonce
	b, err := erasure.NewBlob(erasure.Production, chain, payload)
	require.NoError(t, err)
	require.NoError(t, b.EncodeStripe(erasure.CPU, 0))
	b.Rows[victim][17] ^= 1
	b.HashRows(0, erasure.Production.N)
	b.FixRows()
	b.CombineRows(0, erasure.Production.K)
	b.Fix()
	return b
}

// holderSigns says whether the holder of a row is among the two thirds.
func (c *crowd) holderSigns(b *erasure.Blob, row int) bool {
	c.tb.Helper()
	_, seat, err := c.App.DASignersKeeper.RowHolder(c.ctx, b.DataRoot(), 0, 0, uint32(row))
	require.NoError(c.tb, err)
	return int(seat)%len(c.keys) < 2*len(c.keys)/3+1 // members sit in turn
}
