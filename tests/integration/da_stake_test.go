package integration_test

import (
	"context"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/ed25519"
	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

func packedPath(path []erasure.Hash) (out []byte) {
	for _, h := range path {
		out = append(out, h[:]...)
	}
	return out
}

func g1Bytes(p daprecompile.G1Point) []byte {
	out := make([]byte, 64)
	p.X.FillBytes(out[:32])
	p.Y.FillBytes(out[32:])
	return out
}

// wrongBlob has one parity row wrong, held by the signer in the running epoch.
func (d *daStage) wrongBlob(holder daSigner) (*erasure.Blob, int) {
	d.tb.Helper()
	for try := range uint64(64) {
		victim := erasure.Test.K + int(try)%(erasure.Test.N-erasure.Test.K)
		b, err := erasure.NewBlob(erasure.Test, d.App.EVMChainID, binary.BigEndian.AppendUint64(nil, try))
		require.NoError(d.tb, err)
		require.NoError(d.tb, b.EncodeStripe(erasure.CPU, 0))
		b.Rows[victim][17] ^= 1
		b.HashRows(0, erasure.Test.N)
		b.FixRows()
		b.CombineRows(0, erasure.Test.K)
		b.Fix()
		address, _, err := d.App.DASignersKeeper.RowHolder(d.Ctx(), b.DataRoot(), d.epoch().Number, 0, uint32(victim))
		require.NoError(d.tb, err)
		if address.Equals(holder.Address) {
			return b, victim
		}
	}
	require.Fail(d.tb, "the signer holds no parity row")
	return nil, 0
}

// evidence is that of a blob that was ordered and is signed by everyone.
func (d *daStage) evidence(b *erasure.Blob, row int) *datypes.MsgSubmitFalseAttestation {
	d.tb.Helper()
	blob := d.blob(b.DataRoot())
	leaf := erasure.BatchLeaf(blob.DataRoot, blob.BlobId)
	epoch := blob.Epoch.Uint64()
	signed := d.sign(epoch, 0, erasure.BatchMessage(d.App.EVMChainID, epoch, 0, 1, leaf), everyone)
	msg := &datypes.MsgSubmitFalseAttestation{
		Sender: d.Accounts[5].Address.String(), Preimage: b.Preimage(), Row: uint32(row), RowData: b.Rows[row], RowPath: packedPath(b.Row(row).Path),
		Epoch: epoch, BatchRoot: leaf[:], BatchCount: 1, BlobId: blob.BlobId, MemberBitmap: signed.members, Signature: g1Bytes(signed.signature),
	}
	for _, c := range b.RLC {
		msg.Combinations = append(msg.Combinations, c[:]...)
	}
	return msg
}

// mission C16, D04: one stake makes an operator validator and signer, and answers
// for both: a false attestation takes the deposit, and where governance wants it a
// share of the validator's stake, which leaves consensus for good.
func TestOneStakeAnswersForValidatorAndSigner(t *testing.T) {
	d := newDAStage(t, apptest.Options{Genesis: []apptest.Mutator{daGenesis(func(g *datypes.GenesisState) { g.Params.SlashValidatorBps = 500 })}}, 4, 4, 4)
	operator := d.signers[0]
	description := stakingtypes.NewDescription("operator", "", "", "", "")
	rates := stakingtypes.NewCommissionRates(sdkmath.LegacyNewDecWithPrec(5, 2), sdkmath.LegacyOneDec(), sdkmath.LegacyNewDecWithPrec(1, 2))
	key := ed25519.GenPrivKeyFromSecret([]byte("a second validator")).PubKey()
	create, err := stakingtypes.NewMsgCreateValidator(sdk.ValAddress(operator.Address).String(), key, sdk.NewCoin(app.BaseDenom, zg(20)), description, rates, sdkmath.OneInt())
	require.NoError(t, err)
	d.mustSend(operator.Account, create, nil)
	params, err := d.App.DASignersKeeper.Params.Get(d.Ctx())
	require.NoError(t, err)
	require.Equal(t, uint32(500), params.SlashValidatorBps)
	d.join()
	votes, err := d.da().Registration(context.Background(), &datypes.QueryRegistrationRequest{Epoch: d.epoch().Number, Address: operator.Address.String()})
	require.NoError(t, err)
	require.Equal(t, uint32(6), votes.Votes, "40 zg with another, 20 with itself")
	assurance, err := d.da().Assurance(context.Background(), &datypes.QueryAssuranceRequest{})
	require.NoError(t, err)
	require.Equal(t, []uint32{3, 2}, []uint32{assurance.Signers, assurance.Validators})
	require.Equal(t, uint32(14*10*10_000/(100+120+20)), assurance.RegisteredBps)

	b, row := d.wrongBlob(operator)
	d.must(d.Accounts[5], zg(1).BigInt(), submitBlobs, erasure.Test.ID, [][32]byte{b.DataRoot()}, []uint64{b.DataLen})
	supply := d.App.BankKeeper.GetSupply(d.Ctx(), app.BaseDenom).Amount
	var response datypes.MsgSubmitFalseAttestationResponse
	d.mustSend(d.Accounts[5], d.evidence(b, row), &response)
	require.Equal(t, params.SignerDeposit.String(), response.Slashed.String())
	require.Equal(t, zg(1).String(), response.ValidatorSlashed.String(), "5 % of 20 zg")
	validator, err := d.App.StakingKeeper.GetValidator(d.Ctx(), sdk.ValAddress(operator.Address))
	require.NoError(t, err)
	require.True(t, validator.IsJailed())
	require.Equal(t, zg(19).String(), validator.Tokens.String())
	require.True(t, d.App.SlashingKeeper.IsTombstoned(d.Ctx(), sdk.ConsAddress(key.Address())))
	burnt := supply.Sub(d.App.BankKeeper.GetSupply(d.Ctx(), app.BaseDenom).Amount)
	require.True(t, burnt.GTE(zg(1).Sub(zg(1).QuoRaw(2))), "stake is burnt; what blocks mint in the meantime is less: %s", burnt)
	d.owes()
	d.block()
}

// mission D17 (the chain's half): entries of a chain that was exported and started
// again at height zero are there, blobs keep the rest of their windows, and the
// blob that waited is confirmed into the log.
func TestBlobsSurviveARestartAtHeightZero(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	payload := make([]byte, 256*11)
	for i := range payload {
		payload[i] = byte(3 * i)
	}
	b := d.encode(payload)
	entry := d.Submission(payload, nil)
	root := b.DataRoot()
	msg := &datypes.MsgSubmitBlobs{
		Submitter: d.Accounts[5].Address.String(), Profile: uint32(erasure.Test.ID), DataRoots: root[:], DataLens: []uint64{b.DataLen}, MaxFee: zg(1),
	}
	for _, node := range entry.Nodes {
		msg.StorageRoots = append(msg.StorageRoots, node.Root...)
	}
	d.mustSend(d.Accounts[5], msg, nil)
	before, err := d.App.DASignersKeeper.Blob(d.Ctx(), 1)
	require.NoError(t, err)
	left, epoch := before.DeadlineHeight-d.Height, d.epoch()

	exported := d.Export(true)
	young := *d
	young.stage = &stage{chain: &chain{Chain: apptest.New(t, apptest.Options{State: &exported, AppOptions: home(t, nil)}), tb: t}}
	blob, err := young.App.DASignersKeeper.Blob(young.Ctx(), 1)
	require.NoError(t, err)
	require.Equal(t, left, blob.DeadlineHeight, "as many blocks from height zero")
	require.Equal(t, epoch.NextHeight()-d.Height, young.epoch().NextHeight())
	young.mustEth(young.Accounts[5], young.confirmation(everyone, root))
	stored, err := young.App.FlowKeeper.Entry(young.Ctx(), flowtypes.MainFlowID, 1)
	require.NoError(t, err)
	file, err := young.App.DASignersKeeper.Blob(young.Ctx(), 1)
	require.NoError(t, err)
	require.Equal(t, stored.Root, file.StorageRoot)
	require.Equal(t, entry.Nodes, stored.Nodes)
	young.toEpochStart()
	young.owes()
}
