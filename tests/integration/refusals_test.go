package integration_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// abciError is a sentinel error as a client sees it.
type abciError interface {
	Codespace() string
	ABCICode() uint32
}

// oneLongEpoch keeps blocks from changing state by themselves.
var oneLongEpoch = flowGenesis(func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 60 })

// requireNoTrace runs what must fail and compares the state of both modules.
func (c *chain) requireNoTrace(run func()) {
	c.tb.Helper()
	flow, pora, held := c.flowState(), c.poraState(), c.ModuleBalance(flowtypes.ModuleName)
	run()
	after := c.flowState()
	flow.LastBlock = after.LastBlock // each block notes its hash
	require.Equal(c.tb, flow, after)
	require.Equal(c.tb, pora, c.poraState())
	require.Equal(c.tb, held, c.ModuleBalance(flowtypes.ModuleName))
}

// TestBadSubmissionsLeaveNoTrace sends them through ante handler and signatures.
// mission S16 P01
func TestBadSubmissionsLeaveNoTrace(t *testing.T) {
	c := newChain(t, oneLongEpoch)
	alice := c.Accounts[0]
	_, s := randomFile(c, 1, 1000) // 4 sectors
	_, big := randomFile(c, 2, 20*256)
	fresh := func(s flowtypes.Submission) *flowtypes.MsgSubmit {
		msg := submission(c, alice, s, 1)
		msg.Submission.Nodes = append([]flowtypes.Node{}, s.Nodes...)
		return msg
	}
	for name, bad := range map[string]struct {
		want   abciError
		change func(*flowtypes.MsgSubmit)
	}{
		"no node":                   {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.Nodes = nil }},
		"nodes that do not descend": {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.Nodes = append(m.Submission.Nodes, m.Submission.Nodes[0]) }},
		"height 64":                 {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.Nodes[0].Height = 64 }},
		"one sector too many":       {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.SizeBytes = 4*256 + 1 }},
		"size 0":                    {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.SizeBytes = 0 }},
		"a root of 31 bytes":        {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.Nodes[0].Root = m.Submission.Nodes[0].Root[:31] }},
		"tags one byte too long":    {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submission.Tags = make([]byte, 4097) }},
		"endowment 0":               {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Endowment = sdkmath.ZeroInt() }},
		"one azg below the floor":   {flowtypes.ErrUnderpaid, func(m *flowtypes.MsgSubmit) { m.Endowment = m.Endowment.SubRaw(1) }},
		"a flow that is not there":  {flowtypes.ErrFlowNotFound, func(m *flowtypes.MsgSubmit) { m.FlowId = 1 }},
		"a submitter of no chain":   {flowtypes.ErrInvalidSubmission, func(m *flowtypes.MsgSubmit) { m.Submitter = "zg1nobody" }},
	} {
		t.Run(name, func(t *testing.T) {
			msg := fresh(s)
			bad.change(msg)
			c.requireNoTrace(func() { c.refused(c.send(alice, msg), bad.want) })
		})
	}
	t.Run("one bad item takes the batch with it", func(t *testing.T) {
		good, bad := fresh(big), fresh(s)
		batch := &flowtypes.MsgSubmitBatch{Sender: alice.Address.String(), Items: []flowtypes.SubmitItem{
			{Submission: good.Submission, Endowment: good.Endowment}, {Submission: bad.Submission, Endowment: bad.Endowment.SubRaw(1)},
		}}
		c.requireNoTrace(func() { c.refused(c.send(alice, batch), flowtypes.ErrInvalidSubmission) })
		batch.Items[1].Endowment = bad.Endowment
		c.accepted(c.send(alice, batch), nil)
	})
	t.Run("a failing message takes those before it with it", func(t *testing.T) {
		tooMuch := banktypes.NewMsgSend(alice.Address, c.Accounts[1].Address, azg(zg(1_000_000_000)))
		c.requireNoTrace(func() { require.NotZero(t, c.send(alice, fresh(s), tooMuch).Code) })
	})
	t.Run("recharges", func(t *testing.T) {
		recharge := &flowtypes.MsgRecharge{Sender: alice.Address.String(), TxSeq: 99, Amount: zg(1)}
		c.requireNoTrace(func() { c.refused(c.send(alice, recharge), flowtypes.ErrEntryNotFound) })
		recharge.TxSeq, recharge.Amount = 1, sdkmath.OneInt() // buys less than a second
		c.requireNoTrace(func() { c.refused(c.send(alice, recharge), flowtypes.ErrInvalidRecharge) })
	})
	c.accepted(c.send(alice, fresh(s)), nil) // the floor exactly, and a root that is there already, are fine
	c.accepted(c.send(alice, fresh(s)), nil)
	c.requireModuleAccounts()
}

// TestBadProofsLeaveNoTrace changes a good proof in one place at a time; at the
// end the good one is still taken. mission R06 R14 R17
func TestBadProofsLeaveNoTrace(t *testing.T) {
	c := newChain(t, oneLongEpoch)
	alice, bob := c.Accounts[0], c.Accounts[1]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)
	unclaimed := new(poratypes.MsgRegisterMinerResponse)
	c.mustSend(alice, &poratypes.MsgRegisterMiner{Owner: alice.Address.String()}, unclaimed)
	m := newMiner(c, data, bob, "", 1)
	job := m.waitOpen(1) // the first epoch holds the data, this one adds none
	good := m.find(job, func(load uint64) bool { return load > 0 && m.holds(load) })

	flip := func(raw []byte, bit int) []byte {
		out := append([]byte{}, raw...)
		out[bit/8] ^= 1 << (bit % 8)
		return out
	}
	neighbour := good.RecallSector ^ 16 // the piece beside, in the same load
	for name, bad := range map[string]struct {
		want   abciError
		change func(*poratypes.PoraAnswer)
	}{
		"a miner that is not registered":      {poratypes.ErrMinerNotFound, func(a *poratypes.PoraAnswer) { a.MinerId = flip(a.MinerId, 3) }},
		"a miner without a claim":             {poratypes.ErrNoClaim, func(a *poratypes.PoraAnswer) { a.MinerId = unclaimed.MinerId }},
		"another context":                     {poratypes.ErrStaleContext, func(a *poratypes.PoraAnswer) { a.ContextDigest = a.SealContextDigest }},
		"the piece beside":                    {poratypes.ErrInvalidProof, func(a *poratypes.PoraAnswer) { a.RecallSector = neighbour }},
		"a sector inside a piece":             {poratypes.ErrRecall, func(a *poratypes.PoraAnswer) { a.RecallSector++ }},
		"a load behind the range":             {poratypes.ErrRecall, func(a *poratypes.PoraAnswer) { a.RecallSector += 1 << 40 }},
		"a seal context that adds no data":    {poratypes.ErrSealContext, func(a *poratypes.PoraAnswer) { a.SealContextDigest = a.ContextDigest }},
		"a seal context that is not there":    {poratypes.ErrSealContext, func(a *poratypes.PoraAnswer) { a.SealContextDigest = flip(a.SealContextDigest, 255) }},
		"one sibling too few":                 {poratypes.ErrInvalidProof, func(a *poratypes.PoraAnswer) { a.Proof = a.Proof[1:] }},
		"one sibling too many":                {poratypes.ErrInvalidProof, func(a *poratypes.PoraAnswer) { a.Proof = append(append([][]byte{}, a.Proof...), a.Nonce) }},
		"a flipped bit in a sibling":          {poratypes.ErrInvalidProof, func(a *poratypes.PoraAnswer) { a.Proof = append([][]byte{flip(a.Proof[0], 9)}, a.Proof[1:]...) }},
		"a flipped bit in the piece":          {poratypes.ErrInvalidProof, func(a *poratypes.PoraAnswer) { a.SealedPiece = flip(a.SealedPiece, 30_000) }},
		"a piece of 4095 bytes":               {poratypes.ErrInvalidMessage, func(a *poratypes.PoraAnswer) { a.SealedPiece = a.SealedPiece[1:] }},
		"a nonce of 31 bytes":                 {poratypes.ErrInvalidMessage, func(a *poratypes.PoraAnswer) { a.Nonce = a.Nonce[1:] }},
		"a nonce that recalls something else": {poratypes.ErrRecall, func(a *poratypes.PoraAnswer) { a.Nonce = m.nonceOfAnotherLoad(job, a) }},
	} {
		t.Run(name, func(t *testing.T) {
			answer := good
			bad.change(&answer)
			c.requireNoTrace(func() { c.refused(c.send(alice, proof(alice, answer)), bad.want) })
		})
	}
	c.accepted(c.send(alice, proof(alice, good)), nil)
	require.Equal(t, job.Epoch, c.poraState().Epochs[0].Epoch, "all of it happened in one epoch")
}
