package app_test

import (
	"bytes"
	"crypto/sha512"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

const testEVMChainID = 7260001 // of apptest.ChainID

// proposer is a consensus address with a beacon key.
type proposer struct {
	address []byte
	signer  beacon.Signer
}

func signerOf(t testing.TB, name string) beacon.Signer {
	t.Helper()
	seed := sha512.Sum512([]byte(name))
	key, err := bls.GenerateKey(bytes.NewReader(seed[:]))
	require.NoError(t, err)
	return beacon.NewSigner(key)
}

// The first is apptest's validator, the second has a key in genesis, the third has
// none.
func proposers(t testing.TB) (first, second, keyless proposer) {
	t.Helper()
	return proposer{apptest.ConsensusAddress(), apptest.BeaconSigner()},
		proposer{bytes.Repeat([]byte{2}, 20), signerOf(t, "second proposer")},
		proposer{bytes.Repeat([]byte{3}, 20), signerOf(t, "a proposer without a key in genesis")}
}

// withSecond puts the second proposer's key into genesis.
func withSecond(t testing.TB) apptest.Mutator {
	_, second, _ := proposers(t)
	return func(cdc codec.Codec, state app.GenesisState) error {
		registration, err := beacon.Register(second.signer, testEVMChainID, [20]byte(second.address))
		if err != nil {
			return err
		}
		return app.AddBeaconKey(cdc, state, testEVMChainID, registration)
	}
}

// value is the beacon of the chain's last block.
func value(t testing.TB, chain *apptest.Chain) beacon.Value {
	t.Helper()
	v, err := chain.App.DASignersKeeper.BeaconValue(chain.Ctx())
	require.NoError(t, err)
	return v
}

func (p proposer) sign(t testing.TB, height int64, previous beacon.Value) []byte {
	t.Helper()
	signature, err := p.signer.Sign(beacon.Message(testEVMChainID, uint64(height), previous))
	require.NoError(t, err)
	return signature
}

// tx is what the proposer's next block must begin with.
func (p proposer) tx(t testing.TB, chain *apptest.Chain) []byte {
	t.Helper()
	return beacon.EncodeTx(p.sign(t, chain.Height+1, value(t, chain)))
}

func judge(t testing.TB, chain *apptest.Chain, by proposer, txs ...[]byte) abci.ResponseProcessProposal_ProposalStatus {
	t.Helper()
	response, err := chain.App.ProcessProposal(&abci.RequestProcessProposal{
		Height: chain.Height + 1, Time: chain.Time, Hash: []byte("a block"), ProposerAddress: by.address, Txs: txs,
	})
	require.NoError(t, err)
	return response.Status
}

const (
	accepted = abci.ResponseProcessProposal_ACCEPT
	refused  = abci.ResponseProcessProposal_REJECT
)

// mission D05 (the rules of a proposal)
func TestAProposalHasExactlyItsProposersValue(t *testing.T) {
	chain := apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{withSecond(t)}})
	chain.Skip(2)
	first, second, keyless := proposers(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	payment := chain.Sign(alice, send(alice, bob, 1))
	next, r := chain.Height+1, value(t, chain)
	good := first.sign(t, next, r)
	point, err := bls.DecodeG1(good)
	require.NoError(t, err)
	point.Neg(&point)
	flipped := func(bit int) []byte {
		b := bytes.Clone(good)
		b[bit/8] ^= 1 << (bit % 8)
		return beacon.EncodeTx(b)
	}
	earlier, err := chain.App.DASignersKeeper.Beacon.Get(chain.Ctx())
	require.NoError(t, err)

	for _, c := range []struct {
		name string
		by   proposer
		txs  [][]byte
		want abci.ResponseProcessProposal_ProposalStatus
	}{
		{"its value alone", first, [][]byte{first.tx(t, chain)}, accepted},
		{"its value and a transaction", first, [][]byte{first.tx(t, chain), payment}, accepted},
		{"its value and bytes that are no transaction", first, [][]byte{first.tx(t, chain), {1}}, refused},
		{"another proposer with its own value", second, [][]byte{second.tx(t, chain)}, accepted},
		{"nothing", first, nil, refused},
		{"a transaction only", first, [][]byte{payment}, refused},
		{"the value behind a transaction", first, [][]byte{payment, first.tx(t, chain)}, refused},
		{"the value twice", first, [][]byte{first.tx(t, chain), first.tx(t, chain)}, refused},
		{"a second, empty value", first, [][]byte{first.tx(t, chain), payment, beacon.EncodeTx(nil)}, refused},
		{"tagged bytes of no form behind it", first, [][]byte{first.tx(t, chain), append(beacon.EncodeTx(nil), 1)}, refused},
		{"one bit of it", first, [][]byte{flipped(511)}, refused},
		{"one bit of it, the first", first, [][]byte{flipped(0)}, refused},
		{"its negative", first, [][]byte{beacon.EncodeTx(bls.EncodeG1(&point))}, refused},
		{"a byte more", first, [][]byte{append(first.tx(t, chain), 0)}, refused},
		{"a byte less", first, [][]byte{first.tx(t, chain)[:len(first.tx(t, chain))-1]}, refused},
		{"the value of the next height", first, [][]byte{beacon.EncodeTx(first.sign(t, next+1, r))}, refused},
		{"the value on the beacon before", first, [][]byte{beacon.EncodeTx(first.sign(t, next, beacon.Value(earlier.Previous)))}, refused},
		{"another proposer's value", first, [][]byte{second.tx(t, chain)}, refused},
		{"none, with an effective key", first, [][]byte{beacon.EncodeTx(nil)}, refused},
		{"none, without a key", keyless, [][]byte{beacon.EncodeTx(nil)}, accepted},
		{"none, without a key, and a transaction", keyless, [][]byte{beacon.EncodeTx(nil), payment}, accepted},
		{"a value, without a key", keyless, [][]byte{keyless.tx(t, chain)}, refused},
	} {
		t.Run(c.name, func(t *testing.T) { require.Equal(t, c.want, judge(t, chain, c.by, c.txs...)) })
	}
}

// The first block is judged by the state of genesis, which no block has committed.
func TestTheFirstProposalSignsTheBeaconOfGenesis(t *testing.T) {
	seed := [32]byte{1, 2, 3}
	chain := apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{func(cdc codec.Codec, state app.GenesisState) error {
		return app.SetBeaconSeed(cdc, state, seed)
	}}})
	first, _, _ := proposers(t)
	r0 := beacon.Genesis(testEVMChainID, seed)
	require.Equal(t, beacon.Mix(r0, first.sign(t, 1, r0)), value(t, chain), "R of block 1")
	epoch, err := chain.App.DASignersKeeper.Epoch.Get(chain.Ctx())
	require.NoError(t, err)
	require.Equal(t, r0[:], epoch.Seed, "the quorums of epoch 0 are drawn from the beacon before the first block")
}

// A key that is set on chain takes over two epochs later: until then the old one
// signs, and the one proposal that turns the epoch is signed by the new one.
// mission D05 (keys)
func TestANewBeaconKeyTakesOverTwoEpochsLater(t *testing.T) {
	replacement := signerOf(t, "the validator's second key")
	first, _, _ := proposers(t)
	chain := apptest.New(t, apptest.Options{
		Genesis: []apptest.Mutator{apptest.Mutate(datypes.ModuleName, func(g *datypes.GenesisState) { g.Params.EpochBlocks = 5 })},
		Change: func(o app.Options) app.Options {
			o.BeaconSigners = append(o.BeaconSigners, replacement)
			return o
		},
	})
	registration, err := beacon.Register(replacement, testEVMChainID, [20]byte(first.address))
	require.NoError(t, err)
	chain.SignAndDeliver(chain.Validator, &datypes.MsgSetBeaconKey{
		Operator:   chain.Validator.Address.String(),
		Key:        datypes.Key{G1: bls.EncodeG1(&registration.Public.G1), G2: bls.EncodeG2(&registration.Public.G2)},
		Possession: registration.Possession,
	})
	later := proposer{first.address, replacement}
	for chain.Height < 14 {
		old, young := refused, accepted
		if chain.Height+1 < 10 { // epoch 2 begins with height 10
			old, young = accepted, refused
		}
		require.Equal(t, old, judge(t, chain, first, first.tx(t, chain)), "the old key, height %d", chain.Height+1)
		require.Equal(t, young, judge(t, chain, first, later.tx(t, chain)), "the new key, height %d", chain.Height+1)
		deliverProposed(t, chain)
	}
}

// A node that has lost its key keeps running and says why its turn is lost.
func TestAValidatorWithoutItsKeyIsToldSo(t *testing.T) {
	chain := apptest.New(t)
	first, second, keyless := proposers(t)
	require.NoError(t, chain.App.CheckProposer(first.address), "all is well")
	require.NoError(t, chain.App.CheckProposer(second.address), "no validator at all")
	for name, signers := range map[string][]beacon.Signer{"no key": nil, "another key": {keyless.signer}} {
		lost := apptest.New(t, apptest.Options{Change: func(o app.Options) app.Options {
			o.BeaconSigners = signers
			return o
		}})
		require.ErrorContains(t, lost.App.CheckProposer(first.address), "cannot propose", name)
		response, err := lost.App.PrepareProposal(&abci.RequestPrepareProposal{Height: lost.Height + 1, MaxTxBytes: 1 << 20, ProposerAddress: first.address})
		require.NoError(t, err)
		require.Equal(t, refused, judge(t, lost, first, response.Txs...), name)
	}
	never := apptest.New(t, apptest.Options{NoBeaconKey: true, Genesis: []apptest.Mutator{
		apptest.Mutate(datypes.ModuleName, func(g *datypes.GenesisState) { g.Params.RequireBeaconKey = false }),
	}})
	require.ErrorContains(t, never.App.CheckProposer(first.address), "mix a constant")
	before := value(t, never)
	deliverProposed(t, never)
	require.Equal(t, beacon.Mix(before, nil), value(t, never))
}

// Tagged bytes enter no pool: they are no transaction.
func TestTheBeaconIsNoTransaction(t *testing.T) {
	chain := apptest.New(t)
	first, _, _ := proposers(t)
	for name, raw := range map[string][]byte{"empty": beacon.EncodeTx(nil), "with a signature": first.tx(t, chain)} {
		_, err := chain.App.TxConfig().TxDecoder()(raw)
		require.Error(t, err, name)
		for _, kind := range []abci.CheckTxType{abci.CheckTxType_New, abci.CheckTxType_Recheck} {
			response, err := chain.App.CheckTx(&abci.RequestCheckTx{Tx: raw, Type: kind})
			require.True(t, err != nil || response.Code != 0, "%s: taken by CheckTx", name)
		}
	}
}

// What two thirds have accepted is executed, whatever it is: nothing malformed
// stops a block.
func TestABlockWithABadBeaconMixesTheConstant(t *testing.T) {
	chain := apptest.New(t)
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	payment := chain.Sign(alice, send(alice, bob, 1))
	for _, txs := range [][][]byte{nil, {payment}, {append(beacon.EncodeTx(nil), 7)}, {{}}, {nil}} {
		before := value(t, chain)
		response := finalize(t, chain, apptest.ConsensusAddress(), txs)
		require.Len(t, response.TxResults, len(txs))
		require.Equal(t, beacon.Mix(before, nil), value(t, chain))
	}
}
