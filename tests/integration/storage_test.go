package integration_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// TestAFileIsEnteredMinedAndPaid is the storage mission on the real app.
// mission S04 S07 S16 S17 P01 P07 R01 R02 R17
func TestAFileIsEnteredMinedAndPaid(t *testing.T) {
	c := newChain(t)
	alice, owner, beneficiary, stranger := c.Accounts[0], c.Accounts[1], c.Accounts[2], c.Accounts[3]
	data := new(library)

	before := c.Balance(alice.Address)
	first := data.put(c, alice, 1, 700<<10, 1)
	second := data.put(c, alice, 2, 300, 2)
	paid := first.Endowment.Add(second.Endowment)
	require.Equal(t, before.Sub(paid).Sub(fee().MulRaw(2)), c.Balance(alice.Address), "chain fee and endowment are all that a submission costs")
	require.Equal(t, paid, c.ModuleBalance(flowtypes.ModuleName))
	requireSameRoot(c, data)

	m := newMiner(c, data, owner, beneficiary.Address.String(), 7)
	job := m.waitOpen(0)
	answer := m.find(job, nil)
	load := answer.RecallSector / layout.SectorsPerLoad
	accrued := c.accruedAt(load, 1)
	require.True(t, accrued.IsPositive())

	had, held := c.Balance(beneficiary.Address), c.ModuleBalance(flowtypes.ModuleName)
	response := new(poratypes.MsgSubmitProofResponse)
	c.mustSend(stranger, proof(stranger, answer), response) // anyone may bring it

	require.Equal(t, accrued, response.Reward, "a proof pays what the window of its load has accrued")
	require.Equal(t, had.Add(accrued), c.Balance(beneficiary.Address))
	require.Equal(t, held.Sub(accrued), c.ModuleBalance(flowtypes.ModuleName))
	require.True(t, c.accruedAt(load, 0).IsZero(), "a window pays once")

	c.refused(c.send(stranger, proof(stranger, answer)), poratypes.ErrEpochClosed)
	c.refused(c.send(stranger, proof(stranger, m.find(job, nil))), poratypes.ErrEpochClosed)

	next := m.waitOpen(job.Epoch)
	c.refused(c.send(stranger, proof(stranger, answer)), poratypes.ErrStaleContext)
	c.accepted(c.send(stranger, proof(stranger, m.find(next, nil))), response)
	require.EqualValues(t, 2, response.ProofId)
}

// requireSameRoot compares the chain's incremental root with one over all bytes.
func requireSameRoot(c *chain, data *library) {
	c.tb.Helper()
	response, err := c.flow().Flow(context.Background(), &flowtypes.QueryFlowRequest{})
	require.NoError(c.tb, err)
	length := response.Flow.LengthSectors
	data.grow(length * layout.SectorSize)
	_, root, err := merkle.ProveFlow(length, 0, 0, data.leaf)
	require.NoError(c.tb, err)
	require.Equal(c.tb, root[:], response.Root)
}

// accruedAt is what the window of a load will pay that many seconds from now.
func (c *chain) accruedAt(load uint64, seconds int64) sdkmath.Int {
	c.tb.Helper()
	windowLoads := c.flowState().PayoutWindowLoads
	ctx := c.Ctx().WithBlockTime(c.Time.Add(time.Duration(seconds) * time.Second))
	amount, err := c.App.FlowKeeper.Accrued(ctx, flowtypes.MainFlowID, load/windowLoads)
	require.NoError(c.tb, err)
	return amount
}

// TestAProofIsPaidOnce tries every way to be paid twice in an epoch that takes
// several proofs. mission R17
func TestAProofIsPaidOnce(t *testing.T) {
	c := newChain(t,
		flowGenesis(func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 10 }),
		poraGenesis(func(g *poratypes.GenesisState) { g.Params.MaxProofsPerEpoch = 2 }))
	alice, bob, carol := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	data := new(library)
	data.put(c, alice, 1, 600<<10, 1)
	m := newMiner(c, data, bob, carol.Address.String(), 1)
	job := m.waitOpen(0)
	answer := m.find(job, nil)
	had := c.Balance(carol.Address)

	bad := answer
	bad.SealedPiece = append([]byte{}, answer.SealedPiece...)
	bad.SealedPiece[17] ^= 1
	c.refused(c.send(bob, proof(bob, bad)), poratypes.ErrInvalidProof)

	due := c.accruedAt(answer.RecallSector/layout.SectorsPerLoad, 1)
	// the same proof by two senders in one block
	results := c.block(c.Sign(bob, proof(bob, answer)), c.Sign(alice, proof(alice, answer))).TxResults
	c.accepted(results[0], nil)
	c.refused(results[1], poratypes.ErrReplay)
	c.refused(c.send(bob, proof(bob, answer)), poratypes.ErrReplay)
	require.Equal(t, had.Add(due), c.Balance(carol.Address))
	require.True(t, due.IsPositive())

	// the other proof of the epoch, then one too many
	c.accepted(c.send(bob, proof(bob, m.find(job, nil))), nil)
	c.refused(c.send(bob, proof(bob, m.find(job, nil))), poratypes.ErrEpochClosed)
	require.Len(t, c.poraState().Proofs, 2)
}

// TestAProofOverAGapCostsItsFeeAndChangesNothingElse: the second file is aligned
// to 1 MiB, so that three loads before it hold no sector of anybody's data.
// mission R17
func TestAProofOverAGapCostsItsFeeAndChangesNothingElse(t *testing.T) {
	c := newChain(t)
	alice, bob, carol := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	data := new(library)
	data.put(c, alice, 1, 5000, 1)
	require.EqualValues(t, 4*layout.SectorsPerLoad, data.put(c, alice, 2, 1<<20, 1).StartSector)
	m := newMiner(c, data, bob, "", 1)
	job := m.waitOpen(0)
	gap := m.find(job, func(load uint64) bool { return load >= 1 && load <= 3 })
	sound := m.find(job, nil)

	accounts, flow, pora := c.balances(), c.flowState(), c.poraState()
	c.refused(c.send(carol, proof(carol, gap)), poratypes.ErrEmptyLoad)
	require.Equal(t, job.Epoch, m.work().Epoch, "the block was inside one epoch")

	after := c.flowState()
	flow.LastBlock = after.LastBlock // each block notes its hash
	require.Equal(t, flow, after)
	require.Equal(t, pora, c.poraState())
	accounts[carol.Address.String()] = accounts[carol.Address.String()].Sub(fee())
	require.Equal(t, accounts, c.balances())

	c.accepted(c.send(carol, proof(carol, sound)), nil) // the epoch is still open
}

// balances are what the test's accounts and our modules hold.
func (c *chain) balances() map[string]sdkmath.Int {
	held := map[string]sdkmath.Int{
		flowtypes.ModuleName: c.ModuleBalance(flowtypes.ModuleName), poratypes.ModuleName: c.ModuleBalance(poratypes.ModuleName),
	}
	for _, a := range c.Accounts {
		held[a.Address.String()] = c.Balance(a.Address)
	}
	return held
}

// TestWhoPaysMoreOffersMorePerProof enters two files of one size in one block,
// one at three times the price. mission P04
func TestWhoPaysMoreOffersMorePerProof(t *testing.T) {
	c := newChain(t, poraGenesis(func(g *poratypes.GenesisState) { g.Params.MaxProofsPerEpoch = 2 }))
	alice, bob := c.Accounts[0], c.Accounts[1]
	data := new(library)
	data.put(c, alice, 1, 1<<20-256, 1) // fills the first four loads
	cheapData, cheap := randomFile(c, 2, 256<<10)
	dearData, dear := randomFile(c, 3, 256<<10)
	results := c.block(c.Sign(alice, submission(c, alice, cheap, 1)), c.Sign(bob, submission(c, bob, dear, 3))).TxResults
	var at [2]flowtypes.MsgSubmitResponse
	for i := range at {
		c.accepted(results[i], &at[i])
	}
	data.keep(at[0].StartSector, cheapData)
	data.keep(at[1].StartSector, dearData)

	m := newMiner(c, data, bob, "", 1)
	job := m.waitOpen(0)
	only := func(r flowtypes.MsgSubmitResponse) poratypes.PoraAnswer {
		return m.find(job, func(load uint64) bool { return load == r.StartSector/layout.SectorsPerLoad })
	}
	results = c.block(c.Sign(bob, proof(bob, only(at[0]))), c.Sign(bob, proof(bob, only(at[1])))).TxResults
	var low, high poratypes.MsgSubmitProofResponse
	c.accepted(results[0], &low)
	c.accepted(results[1], &high)
	require.True(t, low.Reward.IsPositive())
	difference := high.Reward.Sub(low.Reward.MulRaw(3)).Abs()
	require.True(t, difference.LTE(sdkmath.NewInt(3)), "three times the price pays %s, once the price %s", high.Reward, low.Reward)
}

// TestManyReplicasShareWhatOneWouldEarn pays the endowment of a file out to one
// miner or to five: together they get the same. mission P08
func TestManyReplicasShareWhatOneWouldEarn(t *testing.T) {
	paid := map[int]sdkmath.Int{}
	for _, miners := range []int{1, 5} {
		c := newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.PeriodSeconds = 60 }))
		data := new(library)
		entry := data.put(c, c.Accounts[0], 1, 256<<10, 1)
		var crowd []*miner
		for i := range miners {
			crowd = append(crowd, newMiner(c, data, c.Accounts[1+i], c.Accounts[6].Address.String(), 1))
		}
		had := c.Balance(c.Accounts[6].Address)
		for round, epoch := 0, uint64(0); c.Time.Unix() < entry.EndTime+10; round++ {
			m := crowd[round%miners]
			job := m.waitOpen(epoch)
			epoch = job.Epoch
			from := c.Accounts[0]
			c.accepted(c.send(from, proof(from, m.find(job, func(load uint64) bool { return load == 1 }))), nil)
		}
		paid[miners] = c.Balance(c.Accounts[6].Address).Sub(had)
		require.Equal(t, entry.Endowment, paid[miners], "all of the endowment is paid, to the base unit")
	}
	require.Equal(t, paid[1], paid[5])
}
