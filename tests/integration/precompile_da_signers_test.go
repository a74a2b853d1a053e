package integration_test

import (
	"context"
	"fmt"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

// A signer's life by Ethereum transactions alone, each step read back through the
// contract and through gRPC. mission E05
func TestSignersInTheEVM(t *testing.T) {
	d := newDAStage(t, apptest.Options{}, 5, 4, 3)
	d.toEpochStart()
	a, b := d.signers[0], d.signers[1]

	require.Equal(t, []any{false}, d.read("isSigner(address)", a.EVM))
	d.refusesView("SignerNotFound", "getSigner(address[])", []common.Address{a.EVM})
	before := d.Balance(a.Address)
	r := d.mustEth(a.Account, d.registration(a))
	require.Equal(t, before.Sub(zg(10)).Sub(apptestFee(r.GasUsed)).String(), d.Balance(a.Address).String(), "the deposit is taken from the caller")
	d.owes()

	topics, values := d.log(r, "NewSigner")
	require.Equal(t, []string{daABI.Events["NewSigner"].ID.Hex(), topicOf(a.EVM)}, topics)
	require.Equal(t, a.detail().PkG1, as[daprecompile.G1Point](values[0]))
	require.Equal(t, a.detail().PkG2, as[daprecompile.G2Point](values[1]))
	_, values = d.log(r, "SocketUpdated")
	require.Equal(t, []any{a.detail().Socket}, values)
	require.Len(t, r.Logs, 2)

	require.Equal(t, []any{true}, d.read("isSigner(address)", a.EVM))
	require.Equal(t, []daprecompile.SignerDetail{a.detail()}, as[[]daprecompile.SignerDetail](d.read("getSigner(address[])", []common.Address{a.EVM})[0]))
	record, err := d.da().Signer(context.Background(), &datypes.QuerySignerRequest{Address: a.Address.String()})
	require.NoError(t, err)
	require.Equal(t, datypes.KeyOf(a.secret.Public()), record.Signer.Key, "gRPC has the same key, the imaginary limb first")

	d.must(a.Account, nil, "updateSocket(string)", "10.1.2.3:34000")
	require.Equal(t, "10.1.2.3:34000", as[[]daprecompile.SignerDetail](d.read("getSigner(address[])", []common.Address{a.EVM})[0])[0].Socket)

	d.must(a.Account, zg(1).BigInt(), "deposit()")
	r = d.must(a.Account, nil, "deposit(uint256)", zg(2).BigInt())
	_, values = d.log(r, "DepositAdded")
	require.Equal(t, []any{zg(2).BigInt(), zg(13).BigInt()}, values)
	require.Equal(t, zg(13).BigInt(), d.signerState(a).Deposit)
	d.owes()

	d.mustEth(b.Account, d.registration(b))
	next := u64(d.epoch().Number + 1)
	require.Equal(t, []any{false}, d.read("registeredEpoch(address,uint256)", a.EVM, next))
	r = d.mustEth(a.Account, d.renewal(a))
	topics, _ = d.log(r, "EpochRegistered")
	require.Equal(t, fmt.Sprintf("0x%064x", next), topics[2])
	d.must(b.Account, nil, nextEpochVotes, b.EVM, d.epochPoint(b), big.NewInt(1_000_000))
	d.must(b.Account, nil, "makeEpoch()")
	require.Equal(t, []any{true}, d.read("registeredEpoch(address,uint256)", a.EVM, next))
	require.Equal(t, []any{true}, d.read("registeredEpoch(address,uint256)", b.EVM, next))
	require.Equal(t, []any{false}, d.read("registeredEpoch(address,uint256)", a.EVM, u64(next.Uint64()+1)))
	require.Equal(t, []any{false}, d.read("registeredEpoch(address,uint256)", a.EVM, new(big.Int).Lsh(next, 64)))

	d.toEpochStart()
	registration, err := d.da().Registration(context.Background(), &datypes.QueryRegistrationRequest{Address: b.Address.String(), Epoch: next.Uint64()})
	require.NoError(t, err)
	require.EqualValues(t, 4, registration.Votes, "votes come from stake, not from the call")
	require.Equal(t, []any{true}, d.read("registeredEpoch(address,uint256)", a.EVM, next), "frozen")

	d.rotates(a)
	r = d.must(b.Account, nil, "unregisterSigner()")
	_, values = d.log(r, "SignerLeft")
	require.Equal(t, d.signerState(b).LockedUntilEpoch, values[0])
	require.True(t, d.signerState(b).Leaving)
	d.fails(b.Account, d.renewal(b), "SignerLeaving")
}

// rotates replaces a signer's key, which others see two epochs later.
func (d *daStage) rotates(s daSigner) {
	d.tb.Helper()
	fresh := newDASigner(d.tb, apptest.Account{Name: "fresh"})
	public := fresh.secret.Public()
	possession := abiG1(fresh.secret.SignPoint(bls.RegistrationPoint(s.EVM, d.App.EVMChainID)))
	rotate := func(possession daprecompile.G1Point) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(d.tb, daABI, rotateKey, abiG1(public.G1), abiG2(public.G2), possession))
	}
	d.fails(s.Account, rotate(abiG1(s.secret.SignPoint(bls.RegistrationPoint(s.EVM, d.App.EVMChainID)))), "InvalidSignature")
	r := d.mustEth(s.Account, rotate(possession))
	_, values := d.log(r, "KeyRotated")
	require.Equal(d.tb, u64(d.epoch().Number+2), values[2])
	shown := func() daprecompile.G1Point {
		return as[[]daprecompile.SignerDetail](d.read("getSigner(address[])", []common.Address{s.EVM})[0])[0].PkG1
	}
	require.Equal(d.tb, s.detail().PkG1, shown())
	ctx := d.Ctx()
	epoch := d.epoch()
	epoch.Number += 2
	require.NoError(d.tb, d.App.DASignersKeeper.Epoch.Set(ctx, epoch))
	_, response := d.applyIn(ctx, s.EVM, daAt, 1_000_000, calldata(d.tb, daABI, "getSigner(address[])", []common.Address{s.EVM}))
	values, err := method(d.tb, daABI, "getSigner(address[])").Outputs.Unpack(response.Ret)
	require.NoError(d.tb, err)
	require.Equal(d.tb, abiG1(public.G1), as[[]daprecompile.SignerDetail](values[0])[0].PkG1, "in two epochs")
}

type signerState = struct {
	KeyId, ActivationEpoch, JailedUntilEpoch *big.Int //nolint:revive,staticcheck // the ABI's name
	Tombstoned, Leaving                      bool
	Deposit, LockedUntilEpoch                *big.Int
}

func (d *daStage) signerState(s daSigner) signerState {
	d.tb.Helper()
	return as[signerState](d.read("signerState(address)", s.EVM)[0])
}

// What a signer may not do: each refusal has its name, and leaves nothing behind.
// mission E05, D07 (part: registrations)
func TestSignersAreRefusedInTheEVM(t *testing.T) {
	d := newDAStage(t, apptest.Options{}, 5, 4)
	d.toEpochStart()
	a, b, stranger := d.signers[0], d.signers[1], d.Accounts[5]
	register := func(detail daprecompile.SignerDetail, point daprecompile.G1Point) apptest.EthCall {
		return apptest.Call(daAt, nil, calldata(t, daABI, registerSigner, detail, point))
	}
	possession := func(of daSigner, by daSigner) daprecompile.G1Point {
		return abiG1(by.secret.SignPoint(bls.RegistrationPoint(of.EVM, d.App.EVMChainID)))
	}
	good := possession(a, a)

	d.fails(stranger, register(a.detail(), good), "NotTheSigner")
	d.fails(a.Account, register(a.detail(), possession(b, a)), "InvalidSignature")
	d.fails(a.Account, register(a.detail(), possession(a, b)), "InvalidSignature")
	swapped := a.detail()
	swapped.PkG2.X[0], swapped.PkG2.X[1] = swapped.PkG2.X[1], swapped.PkG2.X[0]
	d.fails(a.Account, register(swapped, good), "InvalidKey")
	bit := a.detail()
	bit.PkG1.Y = new(big.Int).Xor(bit.PkG1.Y, big.NewInt(1))
	d.fails(a.Account, register(bit, good), "InvalidKey")
	rogue := a.detail()
	rogue.PkG2 = b.detail().PkG2
	d.fails(a.Account, register(rogue, good), "InvalidKey")
	infinity := a.detail()
	infinity.PkG1 = daprecompile.G1Point{X: new(big.Int), Y: new(big.Int)}
	d.fails(a.Account, register(infinity, good), "InvalidKey")
	long := a.detail()
	long.Socket = string(make([]byte, 300))
	d.fails(a.Account, register(long, good), "InvalidMessage")
	withValue := register(a.detail(), good)
	withValue.Value = zg(10).BigInt()
	d.fails(a.Account, withValue, "not payable")
	scarce := register(a.detail(), good)
	scarce.GasLimit = 300_000
	d.fails(a.Account, scarce, "")
	d.fails(a.Account, d.renewal(a), "SignerNotFound")
	d.fails(a.Account, apptest.Call(daAt, zg(1).BigInt(), calldata(t, daABI, "deposit()")), "SignerNotFound")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, "updateSocket(string)", "x:1")), "SignerNotFound")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, "claimRewards(address)", a.EVM)), "NoRewards")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, "unregisterSigner()")), "SignerNotFound")

	d.mustEth(a.Account, register(a.detail(), good))
	d.fails(a.Account, register(a.detail(), good), "SignerExists")
	d.fails(b.Account, register(daprecompile.SignerDetail{Signer: b.EVM, Socket: "b:1", PkG1: a.detail().PkG1, PkG2: a.detail().PkG2}, possession(b, a)), "KeyUsed")
	d.fails(stranger, apptest.Call(daAt, nil, calldata(t, daABI, nextEpochVotes, a.EVM, d.epochPoint(a), big.NewInt(1))), "NotTheSigner")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, nextEpoch, good)), "InvalidSignature")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, "deposit(uint256)", new(big.Int).Lsh(big.NewInt(1), 255))), "insufficient funds")
	d.fails(a.Account, apptest.Call(daAt, nil, calldata(t, daABI, "deposit()")), "InvalidMessage")
	for height := d.epoch().FreezeHeight(); d.Height+1 < height; {
		d.block()
	}
	d.fails(a.Account, d.renewal(a), "RegistrationClosed")
}

// Contracts are callers like any other: they register by their own address, a
// frame that reverts takes its registration along, and neither STATICCALL nor
// DELEGATECALL writes. mission E05
func TestFramesThatCallTheSigners(t *testing.T) {
	d := newDAStage(t, apptest.Options{}, 5)
	d.toEpochStart()
	p, q, alice := d.puppets[0], d.puppets[1], d.Accounts[3]
	d.mustEth(alice, apptest.Call(p, zg(20).BigInt(), d.run()))
	contractSigner := newDASigner(t, apptest.Account{Name: "contract", EVM: p, Address: sdk.AccAddress(p.Bytes())})
	data := d.registration(contractSigner).Data
	isSigner := func(at common.Address) bool { return d.read("isSigner(address)", at)[0].(bool) }

	d.fails(alice, apptest.Call(p, nil, d.run(op{Kind: opMust, To: q, Data: d.run(op{Kind: opMust, To: daAt, Data: data})})), "NotTheSigner")
	d.fails(alice, apptest.Call(p, nil, d.run(op{Kind: opMust, To: daAt, Data: data}, op{Kind: opRevert})), "")
	for name, kind := range map[string]uint8{"static": opStatic, "delegate": opDelegate, "callcode": opCallcode} {
		d.mustEth(alice, apptest.Call(p, nil, d.run(op{Kind: kind, To: daAt, Data: data})))
		require.False(t, isSigner(p), name)
	}
	d.owes()
	d.mustEth(alice, apptest.Call(p, nil, d.run(op{Kind: opTry, To: q, Data: d.run(op{Kind: opTry, To: p, Data: d.run(op{Kind: opMust, To: daAt, Data: data})}, op{Kind: opRevert})})))
	require.False(t, isSigner(p), "an outer frame reverted")
	d.owes()

	before := d.balanceOf(p)
	d.mustEth(alice, apptest.Call(p, nil, d.run(op{Kind: opMust, To: daAt, Data: data}, op{Kind: opHolds, To: p})))
	require.True(t, isSigner(p))
	require.Equal(t, before.Sub(zg(10)).String(), d.balanceOf(p).String())
	d.mustEth(alice, apptest.Call(p, zg(1).BigInt(), d.run(op{Kind: opMust, To: daAt, Value: zg(1).BigInt(), Data: calldata(t, daABI, "deposit()")})))
	require.Equal(t, zg(11).BigInt(), d.signerState(contractSigner).Deposit)
	require.Equal(t, before.Sub(zg(10)).String(), d.balanceOf(p).String())
	d.owes()
	d.requireSound()
}
