package integration_test

import (
	"bytes"
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// honestCall is calldata that the contracts accept.
type honestCall struct {
	which uint8 // of poraContracts
	input []byte
}

var poraContracts = []common.Address{poraAt, rewardAt, verifyAt}

// poraWorld is a chain with a miner that has found a proof, and calls that name
// what there is.
func poraWorld(tb testing.TB) (*chain, []honestCall) {
	c := newChain(tb, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 20 }))
	alice, owner := c.Accounts[0], c.Accounts[1]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)
	m := newEVMMiner(c, data, owner, common.Address{}, 1)
	job := m.waitOpen(0)
	answer := m.find(job, nil)
	id := [32]byte(m.id)
	pora := func(signature string, args ...any) honestCall {
		return honestCall{0, calldata(tb, poraABI, signature, args...)}
	}
	verify := func(signature string, args ...any) honestCall {
		return honestCall{2, calldata(tb, verifyABI, signature, args...)}
	}
	p := newProvable(tb, data.plain[4<<10:40<<10])
	offset, leaf, proof := p.block(0, 3)
	return c, []honestCall{
		pora(submitProof, answerOf(answer)), pora(mineSubmit, mineAnswerOf(answer, job)),
		pora("registerMiner(address,uint64)", alice.EVM, uint64(3)), pora("setBeneficiary(bytes32,address)", id, alice.EVM),
		pora("transferBeneficial(address,bytes32)", alice.EVM, id), pora("miner(bytes32)", id), pora("work(bytes32)", id),
		pora("minerOf(address,uint64)", owner.EVM, uint64(1)), pora("beneficiaries(bytes32)", id), pora("miningEpoch()"),
		{1, calldata(tb, rewardABI, "payments(address)", alice.EVM)}, {1, calldata(tb, rewardABI, "accrued(uint64)", uint64(1))},
		verify(inclusion, [32]byte(p.file.Root()), p.size(), offset, leaf, proof), verify(entryInclusion, big.NewInt(1), offset, leaf, proof),
		verify(flowInclusion, job32(job.FlowRoot), new(big.Int).SetUint64(job.FlowLengthSectors), offset, leaf, proof),
		verify(contextInclusion, new(big.Int), offset, leaf, proof), verify("contextRoot(uint256)", new(big.Int)),
		verify("replicas(uint256)", big.NewInt(5)),
	}
}

func job32(hash []byte) [32]byte { return [32]byte(hash) }

// Every word of every call is replaced, cut off and moved: an answer, or a reason
// and no log, never a defect. mission E07
func TestMalformedCalldataOfEveryField(t *testing.T) {
	c, calls := poraWorld(t)
	owner := c.Accounts[1].EVM
	try := func(which uint8, input []byte) (accepted bool) {
		_, r := c.apply(owner, poraContracts[which], 20_000_000, input)
		require.NotContains(t, reason(r.Ret), "defect", "%x", input)
		if r.VmError == "" {
			return true
		}
		require.NotEmpty(t, r.Ret, "%s without a reason: %x", r.VmError, input)
		require.Empty(t, r.Logs)
		return false
	}
	wrong := [][]byte{make([]byte, 32), bytes.Repeat([]byte{0xff}, 32), common.LeftPadBytes([]byte{0x80, 0, 0, 0, 0, 0, 0, 0}, 32)}
	for _, call := range calls {
		require.True(t, try(call.which, call.input), "%x", call.input[:4])
		words := (len(call.input) - 4) / 32
		for w := 0; w < words; w = nextWord(w, words) {
			for _, word := range wrong {
				changed := bytes.Clone(call.input)
				copy(changed[4+32*w:], word)
				try(call.which, changed)
			}
			require.False(t, try(call.which, call.input[:4+32*w]), "cut at word %d", w)
			require.False(t, try(call.which, call.input[:4+32*w+31]))
			moved := append(bytes.Clone(call.input[:4+32*w]), make([]byte, 32)...)
			require.False(t, try(call.which, append(moved, call.input[4+32*w:]...)), "a word between: %x", call.input[:4])
		}
		require.False(t, try(call.which, append(bytes.Clone(call.input), 0)))
	}
	for which, api := range []abi.ABI{poraABI, rewardABI, verifyABI} {
		for _, m := range api.Methods {
			wrongSelector := bytes.Clone(m.ID)
			wrongSelector[3] ^= 1
			require.False(t, try(uint8(which), wrongSelector))
			require.False(t, try(uint8(which), m.ID[:3]))
		}
	}
}

// nextWord looks at each of the first and last 24 words and at few between: the
// inside of a sealed piece is all one field.
func nextWord(w, words int) int {
	if w < 24 || w > words-24 {
		return w + 1
	}
	return min(w+16, words-23)
}

// FuzzPoraContracts: whatever comes in, the three contracts answer or revert, and
// a call that reverts leaves no log. mission E07
func FuzzPoraContracts(f *testing.F) {
	c, calls := poraWorld(f)
	for _, call := range calls {
		f.Add(call.which, call.input)
	}
	f.Fuzz(func(t *testing.T, which uint8, input []byte) {
		fuzzed := *c
		fuzzed.tb = t
		_, r := fuzzed.apply(c.Accounts[1].EVM, poraContracts[which%3], 20_000_000, input)
		require.NotContains(t, reason(r.Ret), "defect")
		if r.VmError != "" {
			require.Empty(t, r.Logs)
		}
	})
}
