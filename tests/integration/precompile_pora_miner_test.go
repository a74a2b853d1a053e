package integration_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poraprecompile "github.com/zgd-network/zgd/x/pora/precompile"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// severalProofs lets an epoch take several, and stay open for a while.
func severalProofs(n uint32) []apptest.Mutator {
	return []apptest.Mutator{
		flowGenesis(func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 20 }),
		poraGenesis(func(g *poratypes.GenesisState) { g.Params.MaxProofsPerEpoch = n }),
	}
}

// TestAMinerByEthereumTransactions registers, claims, proves and is paid without
// one native message. mission E07
func TestAMinerByEthereumTransactions(t *testing.T) {
	c := newChain(t, severalProofs(2)...)
	alice, owner, beneficiary, stranger := c.Accounts[0], c.Accounts[1], c.Accounts[2], c.Accounts[3]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)

	r := c.callPora(owner, "requestMinerId(address,uint64)", owner.EVM, uint64(7))
	require.Empty(t, r.VmError)
	id := common.BytesToHash(r.Ret)
	require.Len(t, r.Logs, 1)
	require.Equal(t, []string{poraABI.Events["NewMinerId"].ID.Hex(), id.Hex(), common.BytesToHash(owner.EVM[:]).Hex()}, r.Logs[0].Topics)
	require.Equal(t, poraAt.Hex(), r.Logs[0].Address)
	require.Equal(t, [32]byte(id), c.view(poraABI, poraAt, "minerOf(address,uint64)", owner.EVM, uint64(7))[0])
	c.refusedAs(c.callPora(owner, "registerMiner(address,uint64)", owner.EVM, uint64(7)), "SeedUsed")

	r = c.callPora(owner, "transferBeneficial(address,bytes32)", beneficiary.EVM, [32]byte(id))
	require.Empty(t, r.VmError)
	require.Equal(t, []string{
		poraABI.Events["UpdateMinerId"].ID.Hex(), id.Hex(), common.BytesToHash(owner.EVM[:]).Hex(), common.BytesToHash(beneficiary.EVM[:]).Hex(),
	}, r.Logs[0].Topics)
	require.Equal(t, beneficiary.EVM, c.view(poraABI, poraAt, "beneficiaries(bytes32)", [32]byte(id))[0])
	c.refusedAs(c.callPora(stranger, "setBeneficiary(bytes32,address)", [32]byte(id), stranger.EVM), "NotOwner")
	c.refusedAs(c.callPora(owner, "setBeneficiary(bytes32,address)", [32]byte(id), common.Address{}), "InvalidMessage")

	c.refusedAs(c.callPora(stranger, claimRange, [32]byte(id), uint64(0), uint32(1), uint32(0)), "NotOwner")
	c.refusedAs(c.callPora(owner, claimRange, [32]byte(id), uint64(1), uint32(1), uint32(0)), "InvalidClaim")
	c.refusedAs(c.callPora(owner, claimRange, [32]byte(id), uint64(0), uint32(1<<31), uint32(0)), "InvalidClaim")
	c.refusedAs(c.callPora(owner, "releaseRange(bytes32)", [32]byte(id)), "NoClaim")
	r = c.callPora(owner, claimRange, [32]byte(id), uint64(0), uint32(1), uint32(0))
	require.Empty(t, r.VmError)
	c.refusedAs(c.callPora(owner, claimRange, [32]byte(id), uint64(0), uint32(1), uint32(0)), "ClaimExists")
	c.refusedAs(c.callPora(owner, "releaseRange(bytes32)", [32]byte(id)), "ClaimTooYoung")

	m := &miner{library: data, chain: c, owner: owner, id: id[:]}
	job := m.waitOpen(0)
	c.requireViewsOf(id, owner.EVM, beneficiary.EVM, job)
	answer := m.find(job, nil)
	due := c.accruedAt(answer.RecallSector/layout.SectorsPerLoad, 1)
	had := c.Balance(beneficiary.Address)
	r = c.callPora(stranger, submitProof, answerOf(answer))
	require.Empty(t, r.VmError, reason(r.Ret))
	out, err := poraABI.Methods["submitProof"].Outputs.Unpack(r.Ret)
	require.NoError(t, err)
	require.Equal(t, []any{uint64(1), due.BigInt()}, out)
	require.True(t, due.IsPositive())
	require.Equal(t, had.Add(due), c.Balance(beneficiary.Address), "pushed to the beneficiary, whoever brought the proof")
	c.requireProofLogs(r, id, beneficiary.EVM, job.Epoch, answer.RecallSector, due)
	proof := unpack[poraprecompile.ProofState](c.view(poraABI, poraAt, "proof(uint64)", uint64(1)))
	require.Equal(t, []any{[32]byte(id), beneficiary.EVM, answer.RecallSector, due.BigInt()}, []any{proof.MinerId, proof.Beneficiary, proof.RecallSector, proof.Reward})
	c.requireModuleAccounts()

	c.refusedAs(c.callPora(stranger, submitProof, answerOf(answer)), "Replayed")
	c.requireModuleAccounts()

	second := m.find(job, nil)
	r = c.callPora(stranger, mineSubmit, mineAnswerOf(second, job))
	require.Empty(t, r.VmError, reason(r.Ret))
	require.Empty(t, r.Ret)
	require.Equal(t, uint64(2), c.view(poraABI, poraAt, "proofCount()")[0])
	require.Equal(t, []any{false}, c.view(poraABI, poraAt, "canSubmit()"), "two proofs close this epoch")
	c.refusedAs(c.callPora(stranger, submitProof, answerOf(m.find(job, nil))), "EpochClosed")
	c.requireModuleAccounts()
}

// requireViewsOf compares what contracts read with what the queries say.
func (c *chain) requireViewsOf(id common.Hash, owner, beneficiary common.Address, job *poratypes.QueryWorkResponse) {
	c.tb.Helper()
	m := unpack[poraprecompile.MinerState](c.view(poraABI, poraAt, "miner(bytes32)", [32]byte(id)))
	require.Equal(c.tb, []any{owner, beneficiary, uint64(7), true, uint32(1)}, []any{m.Owner, m.Beneficiary, m.Seed, m.Claims, m.NumShard})
	w := unpack[poraprecompile.WorkState](c.view(poraABI, poraAt, "work(bytes32)", [32]byte(id)))
	require.True(c.tb, w.Open)
	require.Equal(c.tb, job.ContextDigest, w.ContextDigest[:])
	require.Equal(c.tb, []uint64{job.Epoch, job.FlowLengthSectors, job.LengthLoads}, []uint64{w.Epoch, w.FlowLength, w.LengthLoads})
	require.Equal(c.tb, new(big.Int).SetBytes(job.Target), w.Target)
	epoch := c.view(poraABI, poraAt, "miningEpoch()")
	require.Equal(c.tb, []any{job.Epoch, uint64(0), uint32(0)}, []any{epoch[0], epoch[2], epoch[3]})
	target := c.view(poraABI, poraAt, "poraTarget()")[0]
	require.Equal(c.tb, epoch[4], target)
	require.Equal(c.tb, []any{true}, c.view(poraABI, poraAt, "canSubmit()"))
	require.Equal(c.tb, []any{new(big.Int).SetUint64(job.Epoch)}, c.view(poraABI, poraAt, "lastMinedEpoch()"))
	require.Zero(c.tb, c.view(poraABI, poraAt, "currentSubmissions()")[0].(*big.Int).Sign())
	require.Equal(c.tb, []any{uint64(64)}, c.view(poraABI, poraAt, "maxShards()"))
	require.Equal(c.tb, []any{big.NewInt(1)}, c.view(poraABI, poraAt, "minDifficulty()"))
	require.Equal(c.tb, []any{flowAt, rewardAt}, []any{c.view(poraABI, poraAt, "flow()")[0], c.view(poraABI, poraAt, "reward()")[0]})
	require.Equal(c.tb, []any{poraAt, marketAt}, []any{c.view(rewardABI, rewardAt, "mine()")[0], c.view(rewardABI, rewardAt, "market()")[0]})
	require.Equal(c.tb, c.accruedAt(1, 0).String(), c.view(rewardABI, rewardAt, "accrued(uint64)", uint64(1))[0].(*big.Int).String())
	require.Equal(c.tb, []any{uint64(1)}, c.view(rewardABI, rewardAt, "windowLoads()"))
	require.Zero(c.tb, c.view(rewardABI, rewardAt, "accrued(uint64)", ^uint64(0))[0].(*big.Int).Sign())

	_, failure := c.ethCall(common.Address{}, poraAt, nil, calldata(c.tb, poraABI, "miner(bytes32)", [32]byte{1}))
	require.NotEmpty(c.tb, failure)
	require.Equal(c.tb, []any{common.Address{}}, c.view(poraABI, poraAt, "beneficiaries(bytes32)", [32]byte{1}))
}

// requireProofLogs reads both logs as a client of 0G does.
func (c *chain) requireProofLogs(r receipt, id common.Hash, beneficiary common.Address, epoch, recall uint64, reward sdkmath.Int) {
	c.tb.Helper()
	require.Len(c.tb, r.Logs, 2)
	entered, paid := r.Logs[0], r.Logs[1]
	require.Equal(c.tb, []string{poraAt.Hex(), rewardAt.Hex()}, []string{entered.Address, paid.Address})
	require.Equal(c.tb, []string{poraABI.Events["NewSubmission"].ID.Hex(), common.BigToHash(new(big.Int).SetUint64(epoch)).Hex(), id.Hex()}, entered.Topics)
	values, err := poraABI.Events["NewSubmission"].Inputs.NonIndexed().Unpack(entered.Data)
	require.NoError(c.tb, err)
	require.Zero(c.tb, values[0].(*big.Int).Sign(), "the first of its epoch")
	require.Equal(c.tb, recall, values[1].(*big.Int).Uint64())
	window := new(big.Int).SetUint64(recall / layout.SectorsPerLoad)
	require.Equal(c.tb, []string{
		rewardABI.Events["DistributeReward"].ID.Hex(), common.BigToHash(window).Hex(), common.BytesToHash(beneficiary[:]).Hex(), id.Hex(),
	}, paid.Topics)
	require.Equal(c.tb, common.BigToHash(reward.BigInt()).Bytes(), paid.Data)
}

// One step beside an accepted call of either ABI: a typed reason, no log, no
// change. mission E07 R17
func TestProofsThatAreRefusedInTheEVM(t *testing.T) {
	c := newChain(t, severalProofs(1)...)
	alice, owner := c.Accounts[0], c.Accounts[1]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)
	m := newEVMMiner(c, data, owner, common.Address{}, 1)
	job := m.waitOpen(0)
	good := m.find(job, nil)
	for _, w := range []struct {
		name   string
		want   string
		change func(*poraprecompile.Answer)
	}{
		{"unknown miner", "MinerNotFound", func(a *poraprecompile.Answer) { a.MinerId[0] ^= 1 }},
		{"stale context", "StaleContext", func(a *poraprecompile.Answer) { a.ContextDigest[0] ^= 1 }},
		{"recall position", "WrongRecall", func(a *poraprecompile.Answer) { a.RecallSector ^= 1 }},
		{"past every flow", "WrongRecall", func(a *poraprecompile.Answer) { a.RecallSector = ^uint64(0) }},
		{"seal context", "WrongSealContext", func(a *poraprecompile.Answer) { a.SealContextDigest[0] ^= 1 }},
		{"one bit of the piece", "InvalidProof", func(a *poraprecompile.Answer) { a.SealedPiece[9] ^= 1 }},
		{"a short piece", "InvalidMessage", func(a *poraprecompile.Answer) { a.SealedPiece = a.SealedPiece[1:] }},
		{"an empty piece", "InvalidMessage", func(a *poraprecompile.Answer) { a.SealedPiece = nil }},
		{"a sibling less", "InvalidProof", func(a *poraprecompile.Answer) { a.Proof = a.Proof[1:] }},
		{"a thousand siblings", "InvalidProof", func(a *poraprecompile.Answer) { a.Proof = make([][32]byte, 1000) }},
	} {
		a := answerOf(good)
		a.SealedPiece = append([]byte{}, a.SealedPiece...)
		w.change(&a)
		ctx, r := c.apply(alice.EVM, poraAt, 2_000_000, calldata(t, poraABI, submitProof, a))
		name, text := typedReason(poraABI, r.Ret)
		require.Equal(t, w.want, name, "%s: %s", w.name, text)
		require.Empty(t, r.Logs)
		require.GreaterOrEqual(t, r.GasUsed, uint64(500_000), "%s: a refused proof pays for the search too", w.name)
		proofs, err := c.App.PoraKeeper.NextProofID.Peek(ctx)
		require.NoError(t, err)
		require.Equal(t, uint64(1), proofs)
	}
	for _, w := range []struct {
		want   string
		change func(*poraprecompile.MineAnswer)
	}{
		{"InvalidClaim", func(a *poraprecompile.MineAnswer) { a.Range.MineLength.Add(a.Range.MineLength, big.NewInt(1024)) }},
		{"InvalidClaim", func(a *poraprecompile.MineAnswer) { a.Range.StartPosition.SetInt64(1024) }},
		{"InvalidClaim", func(a *poraprecompile.MineAnswer) { a.Range.ShardMask = ^uint64(1) }},
		{"WrongRecall", func(a *poraprecompile.MineAnswer) { a.SealOffset.Add(a.SealOffset, big.NewInt(1)) }},
		{"WrongRecall", func(a *poraprecompile.MineAnswer) { a.RecallPosition.Lsh(big.NewInt(1), 64) }},
		{"InvalidProof", func(a *poraprecompile.MineAnswer) { a.SealedData[127][31] ^= 1 }},
		{"MinerNotFound", func(a *poraprecompile.MineAnswer) { a.MinerId[31] ^= 1 }},
	} {
		a := mineAnswerOf(good, job)
		w.change(&a)
		_, r := c.apply(alice.EVM, poraAt, 2_000_000, calldata(t, poraABI, mineSubmit, a))
		name, text := typedReason(poraABI, r.Ret)
		require.Equal(t, w.want, name, text)
	}
	require.Empty(t, c.callPora(alice, submitProof, answerOf(good)).VmError, "the unchanged answer is good")
	c.requireModuleAccounts()
}
