package integration_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/consensys/gnark-crypto/ecc/bn254"
	"github.com/consensys/gnark-crypto/ecc/bn254/fp"
	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// Signatures of what signers and dispersers call.
const (
	registerSigner   = "registerSigner((address,string,(uint256,uint256),(uint256[2],uint256[2])),(uint256,uint256))"
	nextEpoch        = "registerNextEpoch((uint256,uint256))"
	nextEpochVotes   = "registerNextEpoch(address,(uint256,uint256),uint256)"
	rotateKey        = "rotateKey((uint256,uint256),(uint256[2],uint256[2]),(uint256,uint256))"
	submitBlobs      = "submitBlobs(uint8,bytes32[],uint64[])"
	submitBlobsMax   = "submitBlobs(uint8,bytes32[],uint64[],uint256)"
	confirmBatch     = "confirmBatch(uint64[],bytes,(uint256,uint256))"
	wasConfirmed     = "isConfirmed(bytes32,(uint64,uint64,uint256,uint256,uint32,bytes32[]))"
	verifySignature  = "verifySignature(uint256,uint256,bytes,bytes,(uint256,uint256))"
	submitSample     = "submitSample(bytes,(uint32,uint32,bytes,bytes32[]),(uint64,uint64,uint256,uint256,uint32,bytes32[]))"
	openChallenge    = "openChallenge(bytes,uint32,uint32,(uint64,uint64,uint256,uint256,uint32,bytes32[]),(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))"
	answerChallenge  = "answerChallenge(uint64,bytes,(uint32,uint32,bytes,bytes32[]))"
	falseAttestation = "submitFalseAttestation(bytes,uint32,bytes,bytes32[],bytes,uint256,uint256,uint64,(bytes32,uint32,uint32,bytes32[],bytes,(uint256,uint256)))"
	submitLogged     = "submitBlobs(uint8,bytes32[],uint64[],bytes32[])"
	verifyChunk      = "verifyChunk(bytes,uint32,uint32,bytes,bytes32[])"
)

var (
	daAt  = common.HexToAddress(app.PrecompileDASigners)
	daABI = mustParseABI(daprecompile.ABI)
)

// daSigner is an account with a key of BN254.
type daSigner struct {
	apptest.Account
	secret bls.SecretKey
}

func newDASigner(t testing.TB, account apptest.Account) daSigner {
	t.Helper()
	seed := sha512.Sum512([]byte("da key of " + account.Name))
	key, err := bls.GenerateKey(bytes.NewReader(seed[:]))
	require.NoError(t, err)
	return daSigner{account, key}
}

// Points in the types of the ABI, coordinate by coordinate: the real limb first.
func abiG1(p bn254.G1Affine) daprecompile.G1Point {
	return daprecompile.G1Point{X: bigOf(p.X), Y: bigOf(p.Y)}
}

func abiG2(p bn254.G2Affine) daprecompile.G2Point {
	return daprecompile.G2Point{X: [2]*big.Int{bigOf(p.X.A0), bigOf(p.X.A1)}, Y: [2]*big.Int{bigOf(p.Y.A0), bigOf(p.Y.A1)}}
}

func bigOf(e fp.Element) *big.Int { return e.BigInt(new(big.Int)) }

// detail is a registration of the signer.
func (s daSigner) detail() daprecompile.SignerDetail {
	public := s.secret.Public()
	return daprecompile.SignerDetail{Signer: s.EVM, Socket: s.Name + ":34000", PkG1: abiG1(public.G1), PkG2: abiG2(public.G2)}
}

// daStage is a stage with the smallest shape, short epochs and short retention.
type daStage struct {
	*stage
	signers []daSigner
}

func daGenesis(change func(*datypes.GenesisState)) apptest.Mutator {
	return apptest.Mutate(datypes.ModuleName, change)
}

// newDAStage has signers with so many votes each, not registered yet.
func newDAStage(t testing.TB, o apptest.Options, votes ...int64) *daStage {
	t.Helper()
	d := &daStage{stage: newStage(t, o, daGenesis(func(g *datypes.GenesisState) {
		p := &g.Params
		p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = uint32(erasure.Test.K), uint32(erasure.Test.N), 64<<10
		p.EpochBlocks, p.ConfirmWindowBlocks, p.MaxQuorums = 60, 12, 2
		p.RecordRetentionEpochs, p.RetentionEpochs = 1, 3
		p.SamplePeriodBlocks, p.ChallengeWindowBlocks = 10, 5
	}))}
	for i, v := range votes {
		s := newDASigner(t, d.Accounts[i])
		d.signers = append(d.signers, s)
		d.mustSend(s.Account, stakingtypes.NewMsgDelegate(s.Address.String(), sdk.ValAddress(d.Validator.Address).String(),
			sdk.NewCoin(app.BaseDenom, zg(10*v))), nil)
	}
	return d
}

// runningDA has registered signers, and stands in an epoch whose quorum they make.
func runningDA(t testing.TB, o apptest.Options, votes ...int64) *daStage {
	t.Helper()
	d := newDAStage(t, o, votes...)
	d.join()
	return d
}

// join registers all signers and waits for the epoch whose quorum they make.
func (d *daStage) join() {
	d.tb.Helper()
	d.toEpochStart()
	var txs [][]byte
	for _, s := range d.signers {
		txs = append(txs, d.SignEth(s.Account, d.registration(s)), d.SignEth(s.Account, d.renewal(s)))
	}
	for _, result := range d.block(txs...).TxResults {
		r := d.receipt(result)
		require.Empty(d.tb, r.VmError, d.why(r))
	}
	d.toEpochStart()
}

func (d *daStage) registration(s daSigner) apptest.EthCall {
	point := s.secret.SignPoint(bls.RegistrationPoint(s.EVM, d.App.EVMChainID))
	return apptest.Call(daAt, nil, calldata(d.tb, daABI, registerSigner, s.detail(), abiG1(point)))
}

// epochPoint is the signature of a registration for the next epoch.
func (d *daStage) epochPoint(s daSigner) daprecompile.G1Point {
	return abiG1(s.secret.SignPoint(bls.EpochPoint(s.EVM, d.epoch().Number+1, d.App.EVMChainID)))
}

func (d *daStage) renewal(s daSigner) apptest.EthCall {
	return apptest.Call(daAt, nil, calldata(d.tb, daABI, nextEpoch, d.epochPoint(s)))
}

func (d *daStage) epoch() datypes.Epoch {
	d.tb.Helper()
	epoch, err := d.App.DASignersKeeper.Epoch.Get(d.Ctx())
	require.NoError(d.tb, err)
	return epoch
}

// toEpochStart makes blocks until the next epoch has begun.
func (d *daStage) toEpochStart() {
	d.tb.Helper()
	for number := d.epoch().Number; d.epoch().Number == number; {
		d.block()
	}
}

func (d *daStage) da() datypes.QueryClient { return datypes.NewQueryClient(d) }

// read asks the contract.
func (d *daStage) read(signature string, args ...any) []any {
	d.tb.Helper()
	return d.view(daABI, daAt, signature, args...)
}

// call is a transaction to the contract.
func (d *daStage) call(from apptest.Account, value *big.Int, signature string, args ...any) receipt {
	d.tb.Helper()
	return d.eth(from, apptest.Call(daAt, value, calldata(d.tb, daABI, signature, args...)))
}

func (d *daStage) must(from apptest.Account, value *big.Int, signature string, args ...any) receipt {
	d.tb.Helper()
	r := d.call(from, value, signature, args...)
	require.Empty(d.tb, r.VmError, "%s: %s", signature, d.why(r))
	return r
}

// why is the error of a receipt.
func (d *daStage) why(r receipt) string {
	name, text := typedReason(daABI, r.Ret)
	return name + " " + text
}

// fails requires a custom error and that nothing but the fee has changed.
func (d *daStage) fails(from apptest.Account, call apptest.EthCall, want string) {
	d.tb.Helper()
	state, balance := d.written(), d.Balance(from.Address)
	r := d.eth(from, call)
	require.NotEmpty(d.tb, r.VmError, want)
	require.Contains(d.tb, d.why(r), want)
	require.Empty(d.tb, r.Logs)
	require.Equal(d.tb, state, d.written(), "state after %s", want)
	require.Equal(d.tb, balance.Sub(apptestFee(r.GasUsed)).String(), d.Balance(from.Address).String(), "balance after %s", want)
	d.owes()
}

// written is a digest of what transactions write; the rest of the state is that of
// blocks.
func (d *daStage) written() string {
	d.tb.Helper()
	var g datypes.GenesisState
	require.NoError(d.tb, d.App.AppCodec().UnmarshalJSON(d.state(datypes.ModuleName), &g))
	only := datypes.GenesisState{
		Params: g.Params, Signers: g.Signers, Registrations: g.Registrations, UsedKeys: g.UsedKeys, Tallies: g.Tallies,
		Pools: g.Pools, Blobs: g.Blobs, NextBlobId: g.NextBlobId, ConfirmedRoots: g.ConfirmedRoots, Rewards: g.Rewards,
	}
	return fmt.Sprintf("%x", sha512.Sum512(d.App.AppCodec().MustMarshalJSON(&only)))
}

// refusesView requires a custom error of a view.
func (d *daStage) refusesView(want, signature string, args ...any) {
	d.tb.Helper()
	out, failure := d.ethCall(common.Address{}, daAt, nil, calldata(d.tb, daABI, signature, args...))
	require.NotEmpty(d.tb, failure, signature)
	name, text := typedReason(daABI, out)
	require.Equal(d.tb, want, name, "%s: %s", signature, text)
}

// owes: the module holds what it owes, the contract nothing.
func (d *daStage) owes() {
	d.tb.Helper()
	owed, err := d.App.DASignersKeeper.Liabilities(d.Ctx())
	require.NoError(d.tb, err)
	require.Equal(d.tb, owed.String(), d.ModuleBalance(datypes.ModuleName).String())
	require.Equal(d.tb, sdkmath.ZeroInt().String(), d.balanceOf(daAt).String())
}

// quorum is a quorum of an epoch, by gRPC.
func (d *daStage) quorum(epoch uint64, id uint32) *datypes.QueryEpochQuorumResponse {
	d.tb.Helper()
	response, err := d.da().EpochQuorum(context.Background(), &datypes.QueryEpochQuorumRequest{Epoch: epoch, QuorumId: id})
	require.NoError(d.tb, err)
	return response
}

// aggregated is what members of a quorum signed.
type aggregated struct {
	members, seats []byte // bitmaps
	signature      daprecompile.G1Point
	keys           daprecompile.G2Point // their sum
	hit            int64
}

// sign has those signers sign for whom signs is true; epoch and quorum give the
// order of members and seats.
func (d *daStage) sign(epoch uint64, id uint32, message []byte, signs func(daSigner) bool) (out aggregated) {
	d.tb.Helper()
	drawn := d.quorum(epoch, id).Quorum.Drawn()
	out.members, out.seats = make([]byte, (len(drawn.Members)+7)/8), make([]byte, (len(drawn.Seats)+7)/8)
	sum, keys := bls.SumG1(), bls.SumG2()
	for _, s := range d.signers {
		m := slices.Index(drawn.Members, [20]byte(s.EVM))
		if m < 0 || !signs(s) {
			continue
		}
		point, err := s.secret.Sign(bls.DomainBatch, message)
		require.NoError(d.tb, err)
		sum, keys = bls.SumG1(sum, point), bls.SumG2(keys, s.secret.Public().G2)
		out.members[m/8] |= 1 << (m % 8)
		for seat, member := range drawn.Seats {
			if int(member) == m {
				out.seats[seat/8] |= 1 << (seat % 8)
				out.hit++
			}
		}
	}
	out.signature, out.keys = abiG1(sum), abiG2(keys)
	return out
}

func everyone(daSigner) bool { return true }

// log finds the only log of an event and unpacks what is not indexed.
func (d *daStage) log(r receipt, event string) (topics []string, values []any) {
	d.tb.Helper()
	e := daABI.Events[event]
	for _, l := range r.Logs {
		if l.Topics[0] != e.ID.Hex() {
			continue
		}
		require.Equal(d.tb, daAt.Hex(), l.Address)
		values, err := e.Inputs.NonIndexed().Unpack(l.Data)
		require.NoError(d.tb, err)
		return l.Topics, values
	}
	require.Fail(d.tb, "no log of "+event)
	return nil, nil
}

func as[T any](value any) T { return *abi.ConvertType(value, new(T)).(*T) }

func u64(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

func topicOf(address common.Address) string { return fmt.Sprintf("0x%064x", address.Bytes()) }
