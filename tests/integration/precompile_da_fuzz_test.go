package integration_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
)

// daWorld is a chain with a quorum, a confirmed blob, one that waits and a
// challenge; the calls are accepted, each by itself. A signer sends them.
func daWorld(tb testing.TB) (d *daStage, sender common.Address, calls [][]byte) {
	d = runningDA(tb, apptest.Options{}, 5, 4, 3)
	a, alice := d.signers[0], d.Accounts[5]
	b := d.encode(bytes.Repeat([]byte("calldata "), 2000))
	blob := d.confirmed(alice, b)
	waits := [][32]byte{{1}}
	d.must(alice, zg(1).BigInt(), submitBlobs, erasure.Test.ID, waits, []uint64{300})
	d.mustEth(alice, apptest.Call(daAt, nil, calldata(tb, daABI, openChallenge, b.Preimage(), uint32(7), uint32(1), recent(), byRecord())))
	c := chunkOf(tb, b, 7, 1)
	e, q := blob.Epoch, new(big.Int)
	message := d.read("batchMessage(uint256,uint256,bytes32[],uint64[])", e, q, waits, []uint64{2})[0].([]byte)
	all := d.sign(e.Uint64(), 0, message, everyone)
	fresh := newDASigner(tb, apptest.Account{Name: "fresh"})
	public := fresh.secret.Public()
	possession := abiG1(fresh.secret.SignPoint(bls.RegistrationPoint(a.EVM, d.App.EVMChainID)))
	add := func(signature string, args ...any) { calls = append(calls, calldata(tb, daABI, signature, args...)) }
	add("getSigner(address[])", []common.Address{a.EVM, d.signers[1].EVM})
	add("isSigner(address)", a.EVM)
	add("registeredEpoch(address,uint256)", a.EVM, e)
	add("quorumCount(uint256)", e)
	add("getQuorum(uint256,uint256)", e, q)
	add("getQuorumRow(uint256,uint256,uint32)", e, q, uint32(3))
	add("getMembers(uint256,uint256)", e, q)
	add("getRowHolder(bytes32,uint256,uint256,uint32)", blob.DataRoot, e, q, uint32(3))
	add("getAggPkG1(uint256,uint256,bytes)", e, q, []byte{3, 0})
	add("currentEpoch()")
	add("updateSocket(string)", "10.0.0.1:34000")
	add(nextEpoch, d.epochPoint(a))
	add(nextEpochVotes, a.EVM, d.epochPoint(a), big.NewInt(7))
	add(rotateKey, abiG1(public.G1), abiG2(public.G2), possession)
	add("deposit(uint256)", big.NewInt(1))
	add(submitBlobsMax, erasure.Test.ID, [][32]byte{{8}, {9}}, []uint64{1, 2}, zg(1).BigInt())
	add(confirmBatch, []uint64{2}, all.members, all.signature)
	add(verifySignature, e, q, all.members, message, all.signature)
	add(verifyChunk, b.Preimage(), uint32(7), uint32(1), c.Data[:64], c.Path)
	add(wasConfirmed, blob.DataRoot, recent())
	add("batchMessage(uint256,uint256,bytes32[],uint64[])", e, q, waits, []uint64{2})
	add("hashToG1(bytes)", message)
	add("quote(uint64)", uint64(300))
	add(openChallenge, b.Preimage(), uint32(6), uint32(0), recent(), byRecord())
	add(answerChallenge, uint64(1), b.Preimage(), c)
	return d, a.EVM, calls
}

// Every word of every call is replaced, cut off and moved: an answer, or a reason
// and no log, never a defect. mission E05
func TestMalformedCalldataOfTheDASigners(t *testing.T) {
	d, sender, calls := daWorld(t)
	try := func(input []byte) (accepted bool) {
		_, r := d.apply(sender, daAt, 20_000_000, input)
		require.NotContains(t, reason(r.Ret), "defect", "%x", input)
		require.NotContains(t, reason(r.Ret), "more work now", "%x", input)
		if r.VmError == "" {
			return true
		}
		require.NotEmpty(t, r.Ret, "%s without a reason: %x", r.VmError, input)
		require.Empty(t, r.Logs)
		return false
	}
	wrong := [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), common.LeftPadBytes([]byte{0x80, 0, 0, 0, 0, 0, 0, 0}, 32)}
	for _, call := range calls {
		require.True(t, try(call), "%x", call[:4])
		words := (len(call) - 4) / 32
		for w := 0; w < words; w = nextWord(w, words) {
			for _, word := range wrong {
				changed := bytes.Clone(call)
				copy(changed[4+32*w:], word)
				try(changed)
			}
			require.False(t, try(call[:4+32*w]), "cut at word %d", w)
			require.False(t, try(call[:4+32*w+31]))
			moved := append(bytes.Clone(call[:4+32*w]), make([]byte, 32)...)
			require.False(t, try(append(moved, call[4+32*w:]...)), "a word between: %x", call[:4])
		}
		require.False(t, try(append(bytes.Clone(call), 0)))
	}
	for _, m := range daABI.Methods {
		other := bytes.Clone(m.ID)
		other[3] ^= 1
		require.False(t, try(other))
		require.False(t, try(m.ID[:3]))
	}
}

// FuzzDASigners: whatever comes in, the contract answers or reverts, and a call
// that reverts leaves no log. mission E05
func FuzzDASigners(f *testing.F) {
	d, sender, calls := daWorld(f)
	for _, call := range calls {
		f.Add(call)
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		fuzzed := *d.chain
		fuzzed.tb = t
		_, r := fuzzed.apply(sender, daAt, 20_000_000, input)
		require.NotContains(t, reason(r.Ret), "defect")
		if r.VmError != "" {
			require.Empty(t, r.Logs)
		}
	})
}

// TestLowGasOfTheDASigners sends calls with every gas limit in steps: with less
// than enough nothing has changed but the fee, and what is enough is exactly what
// the transaction uses. mission E05
func TestLowGasOfTheDASigners(t *testing.T) {
	d := runningDA(t, apptest.Options{}, 5, 4, 3)
	alice := d.Accounts[5]
	submit := apptest.Call(daAt, zg(1).BigInt(), calldata(t, daABI, submitBlobs, erasure.Test.ID, [][32]byte{{1}, {2}}, []uint64{5, 6}))
	d.lowGas(alice, submit, 20_000)
	d.lowGas(alice, d.confirmation(everyone, [32]byte{1}, [32]byte{2}), 40_000)
	d.toEpochStart() // a freeze in between would change signers, too
	d.lowGas(d.signers[0].Account, d.renewal(d.signers[0]), 40_000)
	d.lowGas(d.signers[0].Account, apptest.Call(daAt, big.NewInt(9), calldata(t, daABI, "deposit()")), 10_000)
}

func (d *daStage) lowGas(from apptest.Account, call apptest.EthCall, step uint64) {
	d.tb.Helper()
	for gas := uint64(30_000); ; gas += step {
		require.Less(d.tb, gas, uint64(1_000_000), "never enough")
		call.GasLimit = gas
		before, balance := d.written(), d.Balance(from.Address)
		result := d.block(d.SignEth(from, call)).TxResults[0]
		d.owes()
		if result.Code != 0 { // below what its bytes cost: it never enters the EVM
			require.Equal(d.tb, before, d.written())
			continue
		}
		r := d.receipt(result)
		if r.VmError == "" {
			require.NotEqual(d.tb, before, d.written())
			require.LessOrEqual(d.tb, r.GasUsed, gas)
			require.Greater(d.tb, r.GasUsed+step, gas, "the step before was not enough")
			return
		}
		require.Empty(d.tb, r.Logs)
		require.Equal(d.tb, before, d.written(), "with %d gas", gas)
		require.Equal(d.tb, balance.Sub(apptestFee(r.GasUsed)).String(), d.Balance(from.Address).String())
	}
}
