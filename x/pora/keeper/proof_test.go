package keeper_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/pora/types"
)

// mission R05, R06, P11: a miner finds work by query, its proof is accepted and
// its beneficiary is paid what the recalled load's window holds.
func TestProofIsAcceptedAndPaid(t *testing.T) {
	f, id := mining(t)
	answer := f.solve(id, 0, nil)
	response, err := f.submit(answer)
	require.NoError(t, err)
	require.Equal(t, sdkmath.NewInt(loadReward), response.Reward)
	require.Equal(t, int64(loadReward), f.bank[string(bob)], "the beneficiary, not owner or sender")

	miner, err := f.keeper.Miner(f.ctx, id)
	require.NoError(t, err)
	require.Equal(t, uint64(1), miner.Proofs)
	require.Equal(t, sdkmath.NewInt(loadReward), miner.Rewards)
	proof, err := f.keeper.Proofs.Get(f.ctx, response.ProofId)
	require.NoError(t, err)
	require.Equal(t, answer.RecallSector, proof.RecallSector)
	require.Equal(t, uint64(2), proof.Epoch)
	require.Len(t, proof.Output, 32)
	require.Less(t, answer.Size(), 10<<10, "mission R06: at most 10 KiB on chain")
}

// Data of both epochs is mined, each piece sealed under its own context; the
// load that both share (number 2) as well.
func TestEveryLoadCanBeProven(t *testing.T) {
	f, id := mining(t, func(g *types.GenesisState) { g.Params.MaxProofsPerEpoch = 100 })
	for want := range uint64(4) {
		answer := f.solve(id, 1000*want, func(load uint64, hit bool) bool { return hit && load == want })
		_, err := f.submit(answer)
		require.NoError(t, err, "load %d", want)
	}
}

// Each reject row of protocol-storage.md 8.8, one step away from an accept.
func TestProofRejects(t *testing.T) {
	cases := []struct {
		name   string
		change func(f *fixture, a *types.PoraAnswer)
		want   error
	}{
		{"unregistered miner", func(_ *fixture, a *types.PoraAnswer) { a.MinerId = flip(a.MinerId) }, types.ErrMinerNotFound},
		{"another registered miner's id", func(f *fixture, a *types.PoraAnswer) {
			a.MinerId = f.register(bob, bob, 9)
		}, types.ErrNoClaim},
		{"stale context", func(f *fixture, a *types.PoraAnswer) { a.ContextDigest = f.flow.contexts[0].Digest }, types.ErrStaleContext},
		{"one bit of the context digest", func(_ *fixture, a *types.PoraAnswer) { a.ContextDigest = flip(a.ContextDigest) }, types.ErrStaleContext},
		{"a flow that is not mined", func(_ *fixture, a *types.PoraAnswer) { a.FlowId = 1 }, types.ErrNoEpoch},
		{"one bit of the nonce", func(_ *fixture, a *types.PoraAnswer) { a.Nonce[0] ^= 1 }, types.ErrRecall},
		{"recall position off by one piece", func(_ *fixture, a *types.PoraAnswer) { a.RecallSector ^= 16 }, types.ErrInvalidProof},
		{"recall position off by one sector", func(_ *fixture, a *types.PoraAnswer) { a.RecallSector ^= 1 }, types.ErrRecall},
		{"piece 64 of the load", func(_ *fixture, a *types.PoraAnswer) { a.RecallSector = 4 * layout.SectorsPerLoad }, types.ErrRecall},
		{"recall position at the end of numbers", func(_ *fixture, a *types.PoraAnswer) { a.RecallSector = ^uint64(0) }, types.ErrRecall},
		{"proof too short", func(_ *fixture, a *types.PoraAnswer) { a.Proof = a.Proof[:len(a.Proof)-1] }, types.ErrInvalidProof},
		{"proof too long", func(_ *fixture, a *types.PoraAnswer) { a.Proof = append(a.Proof, make([]byte, 32)) }, types.ErrInvalidProof},
		{"proof of a thousand siblings", func(_ *fixture, a *types.PoraAnswer) { a.Proof = make([][]byte, 1000) }, types.ErrInvalidProof},
		{"a sibling of 31 bytes", func(_ *fixture, a *types.PoraAnswer) { a.Proof[3] = a.Proof[3][1:] }, types.ErrInvalidProof},
		{"one bit of a sibling", func(_ *fixture, a *types.PoraAnswer) { a.Proof[3] = flip(a.Proof[3]) }, types.ErrInvalidProof},
		{"seal context of another epoch", func(f *fixture, a *types.PoraAnswer) {
			a.SealContextDigest = f.flow.contexts[2-f.contextOf(a.RecallSector+15).Epoch].Digest
		}, types.ErrSealContext},
		{"seal context that never was", func(_ *fixture, a *types.PoraAnswer) { a.SealContextDigest = flip(a.SealContextDigest) }, types.ErrSealContext},
		{"one bit of the sealed piece", func(_ *fixture, a *types.PoraAnswer) { a.SealedPiece = flip(a.SealedPiece) }, types.ErrInvalidProof},
		{"sealed piece one byte short", func(_ *fixture, a *types.PoraAnswer) { a.SealedPiece = a.SealedPiece[1:] }, types.ErrInvalidMessage},
		{"nonce of 33 bytes", func(_ *fixture, a *types.PoraAnswer) { a.Nonce = append(a.Nonce, 0) }, types.ErrInvalidMessage},
		{"empty answer", func(_ *fixture, a *types.PoraAnswer) { *a = types.PoraAnswer{} }, types.ErrInvalidMessage},
		{"a load of padding only", func(f *fixture, a *types.PoraAnswer) {
			f.flow.empty[a.RecallSector/layout.SectorsPerLoad] = true
		}, types.ErrEmptyLoad},
		{"a new context since", func(f *fixture, _ *types.PoraAnswer) { f.grow(0) }, types.ErrStaleContext},
		{"claim released", func(f *fixture, a *types.PoraAnswer) {
			miner, err := f.keeper.Miner(f.ctx, a.MinerId)
			require.NoError(f.tb, err)
			miner.Claim = nil
			require.NoError(f.tb, f.keeper.Miners.Set(f.ctx, a.MinerId, miner))
		}, types.ErrNoClaim},
		{"target one below the output", func(f *fixture, a *types.PoraAnswer) {
			target := types.TargetOf(1 << 40)
			require.NoError(f.tb, f.keeper.Targets.Set(f.ctx, 0, target[:]))
		}, types.ErrQuality},
	}
	f, id := mining(t)
	good := f.solve(id, 0, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sub := *f
			sub.ctx, _ = f.ctx.CacheContext()
			contexts := f.flow.contexts
			defer func() { f.flow.contexts = contexts; f.flow.empty = map[uint64]bool{} }()
			answer := clone(good)
			c.change(&sub, &answer)
			_, err := sub.submit(answer)
			require.ErrorIs(t, err, c.want)
		})
	}
	require.Zero(t, f.bank[string(bob)], "no reject paid anything")
	_, err := f.submit(good)
	require.NoError(t, err, "the unchanged answer is good")
}

// mission R14: only claimed loads may be proven.
func TestShardsAreHeldToTheirLoads(t *testing.T) {
	f := newFixture(t)
	f.grow(4 * layout.SectorsPerLoad)
	even, odd := f.register(alice, bob, 1), f.register(alice, bob, 2)
	f.claim(alice, even, 2, 0)
	f.claim(alice, odd, 2, 1)
	f.grow(16)
	answer := f.solve(even, 0, nil)
	require.Zero(t, answer.RecallSector/layout.SectorsPerLoad%2)

	wrong := clone(answer)
	wrong.RecallSector ^= layout.SectorsPerLoad
	_, err := f.submit(wrong)
	require.ErrorIs(t, err, types.ErrRecall)
	wrong = clone(answer)
	wrong.MinerId = odd
	_, err = f.submit(wrong)
	require.ErrorIs(t, err, types.ErrRecall)
	_, err = f.submit(answer)
	require.NoError(t, err)

	whole, half := types.TargetOf(32), f.work(odd).Target
	require.Nil(t, half, "closed epochs have no target")
	f.grow(16)
	half = f.work(odd).Target
	require.Less(t, hex0x(half), hex0x(whole[:]), "a shard's target is harder")
}

// mission R17: one payout per accepted proof, whatever is sent again.
func TestProofPaysOnce(t *testing.T) {
	t.Run("two proofs in one block, one allowed per epoch", func(t *testing.T) {
		f, id := mining(t)
		first, second := f.solve(id, 0, nil), f.solve(id, 500, nil)
		_, err := f.submit(first)
		require.NoError(t, err)
		_, err = f.submit(second)
		require.ErrorIs(t, err, types.ErrEpochClosed)
		_, err = f.submit(first)
		require.ErrorIs(t, err, types.ErrEpochClosed)
		require.Equal(t, int64(loadReward), f.bank[string(bob)])
	})
	t.Run("the same proof again while the epoch is open", func(t *testing.T) {
		f, id := mining(t, func(g *types.GenesisState) { g.Params.MaxProofsPerEpoch = 3 })
		answer := f.solve(id, 0, nil)
		_, err := f.submit(answer)
		require.NoError(t, err)
		_, err = f.submit(answer)
		require.ErrorIs(t, err, types.ErrReplay)
		require.Equal(t, int64(loadReward), f.bank[string(bob)])
	})
	t.Run("another proof over the same load pays only what accrued since", func(t *testing.T) {
		f, id := mining(t, func(g *types.GenesisState) { g.Params.MaxProofsPerEpoch = 3 })
		first := f.solve(id, 0, nil)
		second := f.solve(id, 500, func(load uint64, hit bool) bool {
			return hit && load == first.RecallSector/layout.SectorsPerLoad
		})
		_, err := f.submit(first)
		require.NoError(t, err)
		response, err := f.submit(second)
		require.NoError(t, err)
		require.True(t, response.Reward.IsZero())
		require.Equal(t, int64(loadReward), f.bank[string(bob)])
	})
}

// A refused push becomes a credit, and the credit is paid once.
func TestRefusedRewardWaits(t *testing.T) {
	f, id := mining(t)
	_, err := f.msgs.SetBeneficiary(f.ctx, &types.MsgSetBeneficiary{Sender: bob.String(), MinerId: id, Beneficiary: refused.String()})
	require.NoError(t, err)
	response, err := f.submit(f.solve(id, 0, nil))
	require.NoError(t, err, "the proof stands")
	require.Equal(t, sdkmath.NewInt(loadReward), response.Reward)
	require.Equal(t, int64(loadReward), f.bank[types.ModuleName])

	credit, err := f.queries.Credit(f.ctx, &types.QueryCreditRequest{Beneficiary: refused.String()})
	require.NoError(t, err)
	require.Equal(t, sdkmath.NewInt(loadReward), credit.Amount)
	failing, _ := f.ctx.CacheContext()
	_, err = f.msgs.Withdraw(failing, &types.MsgWithdraw{Beneficiary: refused.String()})
	require.Error(t, err, "the bank still refuses the beneficiary itself")
	paid, err := f.msgs.Withdraw(f.ctx, &types.MsgWithdraw{Beneficiary: refused.String(), Recipient: alice.String()})
	require.NoError(t, err)
	require.Equal(t, sdkmath.NewInt(loadReward), paid.Amount)
	require.Equal(t, int64(loadReward), f.bank[string(alice)])
	_, err = f.msgs.Withdraw(f.ctx, &types.MsgWithdraw{Beneficiary: refused.String(), Recipient: alice.String()})
	require.ErrorIs(t, err, types.ErrNoCredit)
	_, err = f.msgs.Withdraw(f.ctx, &types.MsgWithdraw{Beneficiary: alice.String()})
	require.ErrorIs(t, err, types.ErrNoCredit)
}

// Where x/flow cannot pay at all the message fails, and with it all it wrote.
func TestProofThatCannotBePaidFails(t *testing.T) {
	f, id := mining(t)
	answer := f.solve(id, 0, nil)
	f.flow.broken = errors.New("totals are lost")
	ctx, _ := f.ctx.CacheContext()
	_, err := f.msgs.SubmitProof(ctx, &types.MsgSubmitProof{Sender: alice.String(), Answer: answer})
	require.ErrorIs(t, err, f.flow.broken)
	f.flow.broken = nil
	_, err = f.submit(answer)
	require.NoError(t, err)
}

// mission R06: gas is flat, and charged before anything is looked at.
func TestProofGasIsFlatAndFirst(t *testing.T) {
	f, id := mining(t)
	good := f.solve(id, 0, nil)
	bad := clone(good)
	bad.SealedPiece = nil
	for name, answer := range map[string]types.PoraAnswer{"accepted": good, "refused": bad} {
		ctx, _ := f.ctx.CacheContext()
		ctx = ctx.WithGasMeter(storetypes.NewGasMeter(2_000_000))
		_, _ = f.msgs.SubmitProof(ctx, &types.MsgSubmitProof{Sender: alice.String(), Answer: answer})
		require.GreaterOrEqual(t, ctx.GasMeter().GasConsumed(), uint64(400_000), name)
		require.Less(t, ctx.GasMeter().GasConsumed(), uint64(600_000), name)
		t.Logf("%s: %d gas", name, ctx.GasMeter().GasConsumed())
	}
}

// BenchmarkSubmitProof is the CPU of one proof message: judge, state and events.
func BenchmarkSubmitProof(b *testing.B) {
	f, id := mining(b)
	answer := f.solve(id, 0, nil)
	b.ReportAllocs()
	for b.Loop() {
		ctx, _ := f.ctx.CacheContext()
		if _, err := f.msgs.SubmitProof(ctx, &types.MsgSubmitProof{Sender: alice.String(), Answer: answer}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheapReject is the CPU of a proof that no hash is spent on.
func BenchmarkCheapReject(b *testing.B) {
	f, id := mining(b)
	answer := f.solve(id, 0, nil)
	answer.Proof = answer.Proof[1:]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.submit(answer); err == nil {
			b.Fatal("accepted")
		}
	}
}

func flip(data []byte) []byte {
	out := append([]byte(nil), data...)
	out[len(out)/2] ^= 1
	return out
}

func clone(a types.PoraAnswer) types.PoraAnswer {
	a.Proof = append([][]byte(nil), a.Proof...)
	a.Nonce = append([]byte(nil), a.Nonce...)
	return a
}
