package keeper_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/quorum"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// mission D05: votes are frozen half an epoch before the seed, and the seed is
// the beacon of the epoch's last block.
func TestSeatsComeFromFrozenVotesAndTheBeaconBefore(t *testing.T) {
	f := newFixture(t)
	f.begin()
	a, b := f.join("a", 60), f.join("b", 100)
	f.renew(a, b)
	f.to(3)
	late := f.join("c", 100)
	f.to(4)
	require.ErrorIs(t, f.renewOne(late), types.ErrRegistrationClosed)
	signer, err := f.keeper.Signer(f.ctx, late.address)
	require.NoError(t, err)
	require.Equal(t, uint64(1), signer.ActivationEpoch)
	tooLate := f.join("d", 100)
	signer, err = f.keeper.Signer(f.ctx, tooLate.address)
	require.NoError(t, err)
	require.Equal(t, uint64(2), signer.ActivationEpoch)
	f.stake[string(a.address)] = 0 // after the freeze: its seats stay
	f.to(7)
	before, err := f.keeper.BeaconValue(f.ctx)
	require.NoError(t, err)
	f.to(8)
	require.Equal(t, before[:], f.epoch().Seed)
	want, err := quorum.Draw(before, []quorum.Entry{{Address: [20]byte(a.address), Votes: 6}, {Address: [20]byte(b.address), Votes: 10}}, 16, 2)
	require.NoError(t, err)
	record, err := f.keeper.Quorum(f.ctx, 1, 0)
	require.NoError(t, err)
	require.Equal(t, want[0], record.Drawn())
	sum := bls.SumG2(a.secret.Public().G2, b.secret.Public().G2)
	require.Equal(t, bls.EncodeG2(&sum), record.SumG2)
	for name, c := range map[string]struct {
		m    member
		want error
	}{"no stake": {a, types.ErrNoVotes}, "stake": {b, nil}} {
		require.ErrorIs(t, f.renewOne(c.m), c.want, name)
	}
	require.ErrorIs(t, f.renewOne(b), types.ErrRegistered)
}

// mission D04
func TestWhoMayTakePartIsAskedAgainAtTheFreeze(t *testing.T) {
	f := newFixture(t)
	f.begin()
	poor, gone, thin, good := f.join("poor", 60), f.join("gone", 60), f.join("thin", 60), f.join("good", 60)
	f.renew(poor, gone, thin, good)
	_, err := f.msgs.UnregisterSigner(f.ctx, &types.MsgUnregisterSigner{Signer: gone.address.String()})
	require.NoError(t, err)
	f.stake[string(poor.address)] = 9
	signer, err := f.keeper.Signer(f.ctx, thin.address)
	require.NoError(t, err)
	signer.Deposit = signer.Deposit.SubRaw(1)
	require.NoError(t, f.keeper.Signers.Set(f.ctx, thin.address, signer))
	f.bank[string(types.ModuleAddress)] = f.bank.of(string(types.ModuleAddress)).SubRaw(1)
	f.to(8)
	record, err := f.keeper.Quorum(f.ctx, 1, 0)
	require.NoError(t, err)
	require.Equal(t, [][20]byte{[20]byte(good.address)}, record.Drawn().Members)
	require.ErrorIs(t, f.renewOne(thin), types.ErrDepositTooSmall)
	_, err = f.msgs.Deposit(f.ctx, &types.MsgDeposit{Signer: thin.address.String(), Amount: sdkmath.OneInt()})
	require.NoError(t, err)
	require.NoError(t, f.renewOne(thin))
}

// One vote costs twice as much until the tickets of an epoch fit one draw.
func TestThePriceOfAVoteDoublesUntilTicketsFit(t *testing.T) {
	for _, c := range []struct {
		tokens   []int64
		perVote  string
		votes    uint64
		expected []uint32
	}{
		{[]int64{655_350, 10}, "10000000000000000000", 65_536, []uint32{65_535, 1}},
		{[]int64{655_350, 20}, "20000000000000000000", 32_768, []uint32{32_767, 1}},
		{[]int64{9_000_000, 9_000_000, 25}, "320000000000000000000", 56_250, []uint32{28_125, 28_125}},
	} {
		f := newFixture(t, func(g *types.GenesisState) { g.Params.MaxVotesPerSigner = 65_536 })
		f.begin()
		var members []member
		for i, tokens := range c.tokens {
			members = append(members, f.join(string(rune('a'+i)), tokens))
		}
		f.renew(members...)
		f.to(4)
		snapshot, err := f.keeper.Snapshots.Get(f.ctx, 1)
		require.NoError(t, err)
		require.Equal(t, []any{c.perVote, c.votes, uint32(len(c.expected))}, []any{snapshot.TokensPerVote.String(), snapshot.Votes, snapshot.Signers})
		for i, votes := range c.expected {
			got, err := f.queries.Registration(f.ctx, &types.QueryRegistrationRequest{Epoch: 1, Address: members[i].address.String()})
			require.NoError(t, err)
			require.Equal(t, types.QueryRegistrationResponse{Registered: true, Votes: votes, Frozen: true}, *got)
		}
	}
}

func TestTheMostVotesAreKeptWhenASnapshotIsFull(t *testing.T) {
	f := newFixture(t, func(g *types.GenesisState) { g.Params.MaxMembers = 2 })
	f.begin()
	a, b, c := f.join("a", 60), f.join("b", 60), f.join("c", 70)
	f.renew(a, b, c)
	f.to(4)
	for m, want := range map[string]bool{a.address.String(): true, b.address.String(): false, c.address.String(): true} {
		got, err := f.queries.Registration(f.ctx, &types.QueryRegistrationRequest{Epoch: 1, Address: m})
		require.NoError(t, err)
		require.Equal(t, want, got.Registered, m)
	}
}

// The list of registrations is bounded, and money of a thousand small accounts
// does not keep a larger one out.
func TestAFullListGivesWayToMoreVotes(t *testing.T) {
	f := newFixture(t)
	f.begin()
	same, more := f.join("same", 30), f.join("more", 40)
	last := sdk.AccAddress(make([]byte, 20))
	for i := range 2048 {
		address := append(sdk.AccAddress{byte(i >> 8), byte(i)}, make([]byte, 18)...)
		votes := uint32(3 + i%5)
		require.NoError(t, f.keeper.Registrations.Set(f.ctx, collections.Join(uint64(1), address), votes))
		require.NoError(t, f.keeper.RegistrationOrder.Set(f.ctx, collections.Join3(uint64(1), votes, address)))
	}
	require.NoError(t, f.keeper.RegistrationCount.Set(f.ctx, 1, 2047))
	require.NoError(t, f.renewOne(same), "the last place")
	require.NoError(t, f.keeper.RegistrationCount.Set(f.ctx, 1, 2048))
	require.ErrorIs(t, f.renewOne(member{address: more.address, secret: same.secret}), types.ErrInvalidSignature)
	f.stake[string(more.address)] = 30
	require.ErrorIs(t, f.renewOne(more), types.ErrEpochFull)
	f.stake[string(more.address)] = 40
	require.NoError(t, f.renewOne(more))
	gone, err := f.queries.Registration(f.ctx, &types.QueryRegistrationRequest{Epoch: 1, Address: last.String()})
	require.NoError(t, err)
	require.False(t, gone.Registered, "the fewest votes, the lowest address")
	count, err := f.keeper.RegistrationCount.Get(f.ctx, 1)
	require.NoError(t, err)
	require.Equal(t, uint32(2048), count)
}

// Genesis may carry signers for epoch 0: a quorum stands in the first block.
func TestANewChainHasAQuorumInItsFirstBlock(t *testing.T) {
	a := signerNamed("a")
	f := bareFixture(t)
	g := smallGenesis()
	g.Signers = []types.Signer{{Address: a.address.String(), Socket: "x:1", Key: a.key(), KeyId: 1, Deposit: sdkmath.NewInt(deposit)}}
	g.Registrations = []types.Registration{{Epoch: 0, Address: a.address.String(), Votes: 6}}
	require.ErrorIs(t, f.keeper.InitGenesis(f.ctx, *g), types.ErrInvalidGenesis, "the account does not hold the deposit")
	f = bareFixture(t)
	f.bank[string(types.ModuleAddress)] = sdkmath.NewInt(deposit)
	f.stake[string(a.address)] = 60
	require.NoError(t, f.keeper.InitGenesis(f.ctx, *g))
	f.begin()
	require.Equal(t, types.Epoch{Number: 0, Blocks: 8, Quorums: 1, Seed: f.epoch().Seed}, f.epoch())
	value := beacon.Genesis(evmChain, [32]byte{})
	require.Equal(t, value[:], f.epoch().Seed)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	_, err = f.confirm(f.sign([]member{a}, 1, 1, all))
	require.NoError(t, err)
	main := bareFixture(t)
	require.ErrorIs(t, main.keeper.InitGenesis(main.ctx.WithChainID("zg-1"), *smallGenesis()), types.ErrUnsafeShape)
}

// brokenStake fails at the freeze.
type brokenStake struct{ stake }

func (brokenStake) TotalBonded(context.Context) (sdkmath.Int, error) {
	return sdkmath.Int{}, errors.New("no stake today")
}

func TestAStepThatFailsLeavesAnEventAndTheChainGoesOn(t *testing.T) {
	f := newFixture(t)
	f.begin()
	m := f.join("a", 60)
	f.renew(m)
	broken := f.keeper
	broken.Stake = brokenStake{f.stake}
	ctx := f.ctx.WithBlockHeight(4).WithEventManager(sdk.NewEventManager())
	require.NoError(t, broken.BeginBlock(ctx))
	require.Len(t, ctx.EventManager().Events(), 1)
	require.Contains(t, ctx.EventManager().Events()[0].Type, "EventFailure")
	registered, err := f.queries.Registration(f.ctx, &types.QueryRegistrationRequest{Epoch: 1, Address: m.address.String()})
	require.NoError(t, err)
	require.Equal(t, types.QueryRegistrationResponse{Registered: true, Votes: 6}, *registered, "nothing is used up")
	f.to(5) // tried again
	require.Equal(t, uint64(0), f.epoch().Number)
	_, err = f.keeper.Snapshots.Get(f.ctx, 1)
	require.NoError(t, err)
}

// mission D05
func TestBeaconKeysTakeOverTwoEpochsLater(t *testing.T) {
	f := newFixture(t)
	f.begin()
	operator := sdk.AccAddress("v___________________")
	consensus, err := validators{}.ConsensusAddress(f.ctx, operator)
	require.NoError(t, err)
	set := func(operator sdk.AccAddress, secret bls.SecretKey, consensus []byte) error {
		key := types.KeyOf(secret.Public())
		public := secret.Public().G2
		point, err := secret.Sign(bls.DomainBeacon, beacon.PossessionMessage(evmChain, [20]byte(consensus), &public))
		require.NoError(t, err)
		return f.do(func(ctx context.Context) error {
			_, err := f.msgs.SetBeaconKey(ctx, &types.MsgSetBeaconKey{Operator: operator.String(), Key: key, Possession: bls.EncodeG1(&point)})
			return err
		})
	}
	first, second := secretOf("1"), secretOf("2")
	require.ErrorIs(t, set(payer, first, consensus), types.ErrNotValidator)
	require.ErrorIs(t, set(operator, first, flip(consensus, 0)), types.ErrInvalidSignature)
	require.NoError(t, set(operator, first, consensus))
	require.ErrorIs(t, set(operator, first, consensus), types.ErrKeyUsed)
	at := func(height int64, want []byte, why string) {
		t.Helper()
		got, err := f.keeper.BeaconKeyFor(f.ctx, consensus, height)
		require.NoError(t, err)
		require.Equal(t, want, got, why)
	}
	one, two := types.KeyOf(first.Public()).G2, types.KeyOf(second.Public()).G2
	require.ErrorIs(t, f.keeper.CheckBeaconKeys(f.ctx, [][]byte{consensus}), types.ErrInvalidGenesis)
	f.to(15)
	at(15, nil, "epoch 1")
	at(16, one, "the next block opens epoch 2")
	f.to(16)
	require.NoError(t, f.keeper.CheckBeaconKeys(f.ctx, [][]byte{consensus}))
	at(16, one, "epoch 2")
	require.NoError(t, set(operator, second, consensus))
	f.to(31)
	at(31, one, "epoch 3")
	at(32, two, "epoch 4")
	require.ErrorIs(t, set(operator, secretOf("3"), consensus), types.ErrRegistrationClosed, "a choice between two values of height 32")
	at(32, two, "it stands")
	at(32, two, "again")
	unknown, err := f.keeper.BeaconKeyFor(f.ctx, flip(consensus, 3), 32)
	require.NoError(t, err)
	require.Nil(t, unknown)
}

func TestTheBeaconMixesSignaturesAndNothingElse(t *testing.T) {
	f := newFixture(t)
	value, err := f.keeper.BeaconValue(f.ctx)
	require.NoError(t, err)
	require.Equal(t, beacon.Genesis(evmChain, [32]byte{}), value)
	signature := append(make([]byte, 63), 7)
	for _, c := range []struct{ given, mixed []byte }{{signature, signature}, {nil, nil}, {signature[:63], nil}, {append(signature, 0), nil}} {
		before, err := f.keeper.BeaconValue(f.ctx)
		require.NoError(t, err)
		require.NoError(t, f.keeper.MixBlock(f.ctx, c.given))
		after, err := f.keeper.BeaconValue(f.ctx)
		require.NoError(t, err)
		require.Equal(t, beacon.Mix(before, c.mixed), after)
	}
}

// A chain whose first block is beyond the first epoch, after an upgrade or by its
// initial height, has an epoch 0 all the same: it begins with that block.
func TestTheFirstEpochBeginsWithTheFirstBlock(t *testing.T) {
	a := signerNamed("a")
	f := bareFixture(t)
	g := smallGenesis()
	g.Signers = []types.Signer{{Address: a.address.String(), Socket: "x:1", Key: a.key(), KeyId: 1, Deposit: sdkmath.NewInt(deposit)}}
	g.Registrations = []types.Registration{{Epoch: 0, Address: a.address.String(), Votes: 6}}
	f.bank[string(types.ModuleAddress)], f.stake[string(a.address)] = sdkmath.NewInt(deposit), 60
	f.ctx = f.ctx.WithBlockHeight(1_000_000)
	require.NoError(t, f.keeper.InitGenesis(f.ctx, *g))
	f.begin()
	f.next()
	require.Equal(t, types.Epoch{Number: 0, StartHeight: 1_000_000, Blocks: 8, Quorums: 1, Seed: f.epoch().Seed}, f.epoch())
	f.renew(a)
	f.to(1_000_008)
	require.Equal(t, types.Epoch{Number: 1, StartHeight: 1_000_008, Blocks: 8, Quorums: 1, Seed: f.epoch().Seed}, f.epoch())
}

// Who signed is what dispersers say. One that orders most of the blobs of an epoch
// and leaves others out of them puts a tenth of the seats out at most, and one
// signer at least: the laziest.
func TestADisperserCannotPutOthersOut(t *testing.T) {
	f := newFixture(t, func(g *types.GenesisState) {
		g.Params.DataSlices, g.Params.EncodedSlices = uint32(erasure.Dev.K), uint32(erasure.Dev.N)
	})
	f.begin()
	var members []member
	for i := range 20 {
		members = append(members, f.join(string(rune('a'+i)), 64))
	}
	f.renew(members...)
	f.to(8)
	seats := map[[20]byte]int{}
	record := must(f.keeper.Quorum(f.ctx, 1, 0))
	drawn := record.Drawn()
	for m, count := range drawn.SeatsOf() {
		seats[drawn.Members[m]] = count
	}
	left, victims := 0, map[[20]byte]bool{}
	for _, m := range drawn.Members {
		if left+seats[m] <= 42 { // of 128
			left, victims[m] = left+seats[m], true
		}
	}
	for n := range byte(6) {
		root := rootOf(n)
		_, err := f.submitMsg(&types.MsgSubmitBlobs{
			Submitter: payer.String(), Profile: uint32(erasure.Dev.ID), MaxFee: sdkmath.NewInt(funds), DataRoots: root[:], DataLens: []uint64{1000},
		})
		require.NoError(t, err)
		_, err = f.confirm(f.sign(members, uint64(n)+1, 1, func(m member) bool { return n < 2 || !victims[[20]byte(m.address)] }))
		require.NoError(t, err)
	}
	f.to(16)
	jailed := 0
	for m := range victims {
		if must(f.keeper.Signer(f.ctx, m[:])).JailedUntilEpoch > 0 {
			jailed += seats[m]
		}
	}
	require.Greater(t, left, 128/4, "by the bitmaps, they all sat idle")
	require.Positive(t, jailed)
	require.LessOrEqual(t, jailed, 128/10)
}
