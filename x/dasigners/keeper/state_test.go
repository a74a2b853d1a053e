package keeper_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// A prefix that moves is a store that cannot be read any more.
func TestPrefixesArePinned(t *testing.T) {
	want := map[string]byte{
		"params": 0, "beacon": 1, "epoch": 2, "signers": 3, "used_keys": 4, "beacon_keys": 5, "registrations": 6,
		"registration_order": 7, "registration_count": 8, "snapshots": 9, "frozen": 10, "quorums": 11, "tallies": 12,
		"pools": 13, "unsettled": 14, "blobs": 15, "blob_by_root": 16, "next_blob_id": 17, "pending": 18,
		"block_confirmed": 19, "confirmed_roots": 20, "rewards": 21, "sample_round": 22, "leaving": 23,
		"blob_by_submitter": 24, "sample_hits": 25, "next_challenge_id": 26, "challenges": 27, "challenge_by_chunk": 28,
		"challenge_queue": 29, "challenges_of": 30,
	}
	got := map[string]byte{}
	for _, collection := range newFixture(t).keeper.Schema.ListCollections() {
		got[collection.GetName()] = collection.GetPrefix()[0]
	}
	require.Equal(t, want, got)
}

// mission C17: only governance, and only values within bounds.
func TestParamsAreGovernanceOnly(t *testing.T) {
	f := newFixture(t)
	changed := smallGenesis().Params
	changed.MaxQuorums = 1
	update := func(authority string, p types.Params, chain string) error {
		_, err := f.msgs.UpdateParams(f.ctx.WithChainID(chain), &types.MsgUpdateParams{Authority: authority, Params: p})
		return err
	}
	require.Error(t, update(payer.String(), changed, chainID))
	bad := changed
	bad.MaxQuorums = 0
	require.ErrorIs(t, update(authority, bad, chainID), types.ErrInvalidParams)
	require.ErrorIs(t, update(authority, changed, "zg-1"), types.ErrUnsafeShape)
	require.NoError(t, update(authority, changed, chainID))
	got, err := f.queries.Params(f.ctx, &types.QueryParamsRequest{})
	require.NoError(t, err)
	require.Equal(t, changed, got.Params)
}

// A change of shape waits for the next epoch, and older quorums keep theirs.
func TestAnEpochKeepsItsShape(t *testing.T) {
	f, members := running(t, 60, 60)
	changed := smallGenesis().Params
	changed.DataSlices, changed.EncodedSlices = uint32(erasure.Dev.K), uint32(erasure.Dev.N)
	_, err := f.msgs.UpdateParams(f.ctx, &types.MsgUpdateParams{Authority: authority, Params: changed})
	require.NoError(t, err)
	f.renew(members...)
	f.to(15)
	_, err = f.submit(rootOf(1))
	require.NoError(t, err)
	f.to(16)
	_, err = f.submit(rootOf(2))
	require.ErrorIs(t, err, types.ErrWrongProfile)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(t, err)
}

// world is a random history.
type world struct {
	*fixture
	rng     *rand.Rand
	members []member
	blobs   []stored
	did     map[string]int // what succeeded
}

func newWorld(t *testing.T, seed uint64) *world {
	f := newFixture(t, func(g *types.GenesisState) {
		p := &g.Params
		p.SamplePeriodBlocks, p.TargetRoundSubmissions, p.ChallengeWindowBlocks = 3, 4, 4
		p.ChallengeBond, p.RecordRetentionEpochs = sdkmath.NewInt(bond), 2
	})
	f.begin()
	w := &world{fixture: f, rng: rand.New(rand.NewPCG(seed, 0)), did: map[string]int{}}
	round := must(f.keeper.SampleRound.Get(f.ctx))
	target := erasure.MaxTarget()
	round.Target = target[:]
	require.NoError(t, f.keeper.SampleRound.Set(f.ctx, round))
	for n := range 6 {
		w.blobs = append(w.blobs, newStored(t, 5000+1000*n))
	}
	return w
}

func (w *world) try(what string, err error) {
	if err == nil {
		w.did[what]++
	}
}

// order orders a blob whose rows are known, perhaps for the log.
func (w *world) order() {
	b := w.blobs[w.rng.IntN(len(w.blobs))]
	root := b.DataRoot()
	msg := &types.MsgSubmitBlobs{
		Submitter: payer.String(), Profile: 4, DataRoots: root[:], DataLens: []uint64{b.DataLen}, MaxFee: sdkmath.NewInt(funds),
	}
	if len(w.members) > 0 && w.rng.IntN(3) == 0 {
		msg.Submitter = w.pick().address.String()
	}
	if w.rng.IntN(2) == 0 {
		msg.StorageRoots, _ = logRoots(w.tb, make([]byte, b.DataLen))
	}
	_, err := w.submitMsg(msg)
	w.try("order", err)
	w.log.closed = nil
	if w.rng.IntN(4) == 0 {
		w.log.closed = errors.New("paused")
	}
}

// useBlobs samples, challenges and answers whatever it can.
func (w *world) useBlobs() {
	for _, b := range w.blobs {
		row := w.rng.IntN(b.Profile.N)
		_, err := w.sample(w.sampleOf(b, row, 0))
		w.try("sample", err)
		if w.rng.IntN(3) == 0 {
			_, err = w.challenge(ask(b, row, 0))
			w.try("challenge", err)
		}
	}
	open, err := w.queries.Challenges(w.ctx, &types.QueryChallengesRequest{})
	require.NoError(w.tb, err)
	for _, c := range open.Challenges {
		for _, b := range w.blobs {
			if b.DataRoot() == erasure.Hash(c.DataRoot) && w.rng.IntN(4) == 0 {
				w.try("answer", w.answer(&types.MsgAnswerChallenge{
					Sender: payer.String(), ChallengeId: c.ChallengeId, Preimage: b.Preimage(), Chunk: w.chunkOf(b, int(c.Row), 0),
				}))
			}
		}
	}
}

// deposit refills what was slashed.
func (w *world) refill() {
	if len(w.members) > 0 {
		_ = w.do(func(ctx context.Context) error {
			_, err := w.msgs.Deposit(ctx, &types.MsgDeposit{Signer: w.pick().address.String(), Amount: sdkmath.NewInt(deposit)})
			return err
		})
	}
}

func (w *world) pick() member { return w.members[w.rng.IntN(len(w.members))] }

// step does something that may well be refused.
func (w *world) step() {
	switch w.rng.IntN(11) {
	case 0:
		if len(w.members) < 9 {
			name := string(rune('a' + len(w.members)))
			w.members = append(w.members, w.join(name, int64(w.rng.IntN(200))))
		}
	case 1, 2:
		for _, m := range w.members {
			_ = w.renewOne(m)
		}
	case 3, 4:
		roots := make([]erasure.Hash, 1+w.rng.IntN(3))
		for i := range roots {
			roots[i] = rootOf(byte(w.rng.IntN(256)))
		}
		_, _ = w.submit(roots...)
	case 8:
		w.order()
	case 9:
		w.useBlobs()
	case 10:
		w.refill()
	case 5:
		pending, err := w.queries.PendingBlobs(w.ctx, &types.QueryPendingBlobsRequest{})
		require.NoError(w.tb, err)
		for _, b := range pending.Blobs {
			_, _ = w.confirm(w.sign(w.members, b.BlobId, 1, func(member) bool { return w.rng.IntN(6) > 0 }))
		}
	case 6:
		if len(w.members) > 0 {
			m := w.pick()
			_ = w.do(func(ctx context.Context) error {
				_, err := w.msgs.ClaimRewards(ctx, &types.MsgClaimRewards{Signer: m.address.String()})
				return err
			})
			w.stake[string(m.address)] = int64(w.rng.IntN(200))
		}
	case 7:
		if len(w.members) > 0 && w.rng.IntN(5) == 0 {
			m := w.pick()
			_ = w.do(func(ctx context.Context) error {
				_, err := w.msgs.UnregisterSigner(ctx, &types.MsgUnregisterSigner{Signer: m.address.String()})
				return err
			})
		}
	}
}

// No history creates or loses a unit, and each survives export and import at any
// height: both copies go on alike. next() compares what is held with what is owed
// after every block.
func TestConservationAndGenesisOverRandomHistories(t *testing.T) {
	sum := map[string]int{}
	for range 4 {
		seed := rand.Uint64()
		t.Logf("seed %d", seed)
		w := newWorld(t, seed)
		confirmed := 0
		for range 120 {
			for range 1 + w.rng.IntN(4) {
				w.step()
			}
			w.next()
			if root, err := w.keeper.ConfirmedRoots.Get(w.ctx, w.ctx.BlockHeight()-1); err == nil {
				confirmed += int(root.Blobs)
			}
		}
		require.NotZero(t, confirmed)
		t.Logf("%d confirmed, %d in the log, %v", confirmed, len(w.log.entries), w.did)
		for what, times := range w.did {
			sum[what] += times
		}
		total := sdkmath.ZeroInt()
		for _, amount := range w.bank {
			total = total.Add(amount)
		}
		require.Equal(t, int64(funds*(1+len(w.members))), total.Int64())
		w.roundTrip(t)
	}
	for _, what := range []string{"order", "sample", "challenge", "answer"} {
		require.NotZero(t, sum[what], what)
	}
}

func (w *world) roundTrip(t *testing.T) {
	require.NoError(t, w.keeper.EndBlock(w.ctx))
	exported, err := w.keeper.ExportGenesis(w.ctx)
	require.NoError(t, err)
	require.NoError(t, exported.Validate())
	copied := bareFixture(t)
	maps.Copy(copied.bank, w.bank)
	maps.Copy(copied.stake, w.stake)
	copied.nonce, copied.log.closed = w.nonce, w.log.closed
	copied.ctx = copied.ctx.WithBlockHeight(w.ctx.BlockHeight())
	require.NoError(t, copied.keeper.InitGenesis(copied.ctx, *exported))
	again, err := copied.keeper.ExportGenesis(copied.ctx)
	require.NoError(t, err)
	require.Equal(t, exported, again)
	for range 20 {
		w.next()
		copied.next()
	}
	require.Equal(t, w.round(), copied.round())
	one, err := w.keeper.ExportGenesis(w.ctx)
	require.NoError(t, err)
	other, err := copied.keeper.ExportGenesis(copied.ctx)
	require.NoError(t, err)
	require.Equal(t, one, other)
	require.Equal(t, w.bank, copied.bank)
	short := *exported
	copied = bareFixture(t)
	copied.bank[string(types.ModuleAddress)] = w.bank.of(string(types.ModuleAddress)).SubRaw(1)
	if owed, err := w.keeper.Liabilities(w.ctx); err == nil && owed.IsPositive() {
		copied.bank[string(types.ModuleAddress)] = sdkmath.ZeroInt()
		require.ErrorIs(t, copied.keeper.InitGenesis(copied.ctx, short), types.ErrInvalidGenesis)
	}
}

// An exported state is refused with one record bent.
func TestABentExportIsRefused(t *testing.T) {
	f, members := running(t, 60, 60)
	_, err := f.submit(rootOf(1), rootOf(2))
	require.NoError(t, err)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(t, err)
	roots, _ := logRoots(t, make([]byte, 7*256))
	_, err = f.submitStored([][]byte{make([]byte, 7*256)}, roots)
	require.NoError(t, err)
	f.bank[string(payer)] = sdkmath.NewIntWithDecimal(2, 18)
	_, err = f.challenge(ask(f.store(newStored(t, 100), members, all), 0, 0))
	require.NoError(t, err)
	f.next()
	huge := sdkmath.NewIntWithDecimal(1, 39) // 130 bits
	for name, bend := range map[string]func(*types.GenesisState){
		"signer twice":          func(g *types.GenesisState) { g.Signers = append(g.Signers, g.Signers[0]) },
		"key of another":        func(g *types.GenesisState) { g.Signers[0].Key = g.Signers[1].Key },
		"halves of two keys":    func(g *types.GenesisState) { g.Signers[0].Key.G2 = g.Signers[1].Key.G2 },
		"no deposit":            func(g *types.GenesisState) { g.Signers[0].Deposit = sdkmath.Int{} },
		"member not frozen":     func(g *types.GenesisState) { g.Frozen = g.Frozen[1:] },
		"frozen without epoch":  func(g *types.GenesisState) { g.Snapshots = nil },
		"seat of nobody":        func(g *types.GenesisState) { g.Quorums[0].Seats[1] = 2 },
		"seat missing":          func(g *types.GenesisState) { g.Quorums[0].Seats = g.Quorums[0].Seats[2:] },
		"sum off the curve":     func(g *types.GenesisState) { g.Quorums[0].SumG2 = flip(g.Quorums[0].SumG2, 1023) },
		"tally of nobody":       func(g *types.GenesisState) { g.Tallies[0].QuorumId = 9 },
		"tally above its blobs": func(g *types.GenesisState) { g.Tallies[0].Signed[3] = 9 },
		"pending miscounted":    func(g *types.GenesisState) { g.Pools[0].Pending++ },
		"pool missing":          func(g *types.GenesisState) { g.Pools = nil },
		"blob from the future":  func(g *types.GenesisState) { g.NextBlobId = 3 },
		"one root twice":        func(g *types.GenesisState) { g.Blobs[1].DataRoot = g.Blobs[0].DataRoot },
		"blob without quorum":   func(g *types.GenesisState) { g.Blobs[0].QuorumId = 5 },
		"root of 31 bytes":      func(g *types.GenesisState) { g.ConfirmedRoots[0].Root = make([]byte, 31) },
		"beacon of 31 bytes":    func(g *types.GenesisState) { g.Beacon.Value = make([]byte, 31) },
		"no beacon":             func(g *types.GenesisState) { g.Beacon = nil },
		"no epoch":              func(g *types.GenesisState) { g.Epoch = nil },
		"storage root alone":    func(g *types.GenesisState) { g.Blobs[0].StorageRoot = make([]byte, 32) },
		"endowment alone":       func(g *types.GenesisState) { g.Blobs[0].StorageEndowment = sdkmath.OneInt() },
		"endowment missing":     func(g *types.GenesisState) { g.Blobs[0].StorageEndowment = sdkmath.Int{} },
		"subtrees of another":   func(g *types.GenesisState) { g.Blobs[2].StorageNodes = flip(g.Blobs[2].StorageNodes, 0) },
		"bitmap too short":      func(g *types.GenesisState) { g.Blobs[0].MemberBitmap = nil },
		"bond missing":          func(g *types.GenesisState) { g.Challenges[0].Bond = sdkmath.Int{} },
		"challenge of nobody":   func(g *types.GenesisState) { g.Challenges[0].Signer = payer.String() },
		"challenge ahead":       func(g *types.GenesisState) { g.NextChallengeId = 1 },
		"challenge id 0":        func(g *types.GenesisState) { g.NextChallengeId = 0; g.Challenges = nil },
		"challenged twice":      func(g *types.GenesisState) { g.Challenges = append(g.Challenges, g.Challenges[0]) },
		"no round":              func(g *types.GenesisState) { g.SampleRound.Number = 0 },
		"round without target":  func(g *types.GenesisState) { g.SampleRound.Target = nil },
		"hits miscounted":       func(g *types.GenesisState) { g.SampleRound.Submissions++ },
		"hit of 51 bytes": func(g *types.GenesisState) {
			g.SampleRound.Submissions, g.SampleHits = 1, [][]byte{make([]byte, 51)}
		},
		"seats nobody signed":     func(g *types.GenesisState) { g.Pools[0].ConfirmedSeats++ },
		"seats left out":          func(g *types.GenesisState) { g.Pools[0].ConfirmedSeats-- },
		"votes beyond one draw":   func(g *types.GenesisState) { g.Frozen[0].Entry.Votes = 65_536 },
		"paid before its end":     func(g *types.GenesisState) { g.NextUnsettledEpoch = g.Epoch.Number + 1 },
		"a fee beyond all coins":  func(g *types.GenesisState) { g.Blobs[1].Fee = huge },
		"a deposit beyond all":    func(g *types.GenesisState) { g.Signers[0].Deposit = huge },
		"a pool beyond all":       func(g *types.GenesisState) { g.Pools[0].Amount = huge },
		"a lottery beyond all":    func(g *types.GenesisState) { g.SampleRound.Pool = huge },
		"a bond beyond all":       func(g *types.GenesisState) { g.Challenges[0].Bond = huge },
		"an endowment beyond all": func(g *types.GenesisState) { g.Blobs[2].StorageEndowment = huge },
		"used keys out of order":  func(g *types.GenesisState) { g.UsedKeys[0], g.UsedKeys[1] = g.UsedKeys[1], g.UsedKeys[0] },
	} {
		g, err := f.keeper.ExportGenesis(f.ctx)
		require.NoError(t, err)
		require.NoError(t, g.Validate())
		bend(g)
		require.ErrorIs(t, g.Validate(), types.ErrInvalidGenesis, name)
	}
}

// What retention has passed over is gone, records first.
func TestRecordsGoBeforePromisesEnd(t *testing.T) {
	f, members := running(t, 60, 60)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	_, err = f.confirm(f.sign(members, 1, 1, all))
	require.NoError(t, err)
	f.to(23)
	_, err = f.keeper.BlobWithRoot(f.ctx, rootOf(1))
	require.NoError(t, err)
	f.to(24)
	_, err = f.keeper.BlobWithRoot(f.ctx, rootOf(1))
	require.ErrorIs(t, err, types.ErrBlobNotFound)
	has := func() bool {
		quorum, err := f.keeper.Quorums.Iterate(f.ctx, nil)
		require.NoError(t, err)
		defer quorum.Close()
		roots, err := f.keeper.ConfirmedRoots.Iterate(f.ctx, nil)
		require.NoError(t, err)
		defer roots.Close()
		require.Equal(t, quorum.Valid(), roots.Valid())
		return roots.Valid()
	}
	f.to(47)
	require.True(t, has())
	f.to(48)
	require.False(t, has(), "epoch 1, retention 3, window 1: gone with epoch 6")
}

func TestALateConfirmationHasARecord(t *testing.T) {
	f := newFixture(t, func(g *types.GenesisState) { g.Params.ConfirmWindowBlocks = 40 })
	f.begin()
	m := f.join("a", 60)
	f.renew(m)
	f.to(8)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	f.to(48) // the last block of the window, five epochs later
	_, err = f.confirm(f.sign([]member{m}, 1, 1, all))
	require.NoError(t, err)
	f.to(55)
	_, err = f.keeper.Blob(f.ctx, 1)
	require.NoError(t, err)
	reward, err := f.keeper.Reward(f.ctx, m.address)
	require.NoError(t, err)
	require.Equal(t, "702", reward.String(), "its epoch's pool waited for it")
	f.to(64)
	_, err = f.keeper.Blob(f.ctx, 1)
	require.ErrorIs(t, err, types.ErrBlobNotFound)
}

func TestQueriesAnswer(t *testing.T) {
	f, members := running(t, 60, 100)
	_, err := f.submit(rootOf(1))
	require.NoError(t, err)
	blob, err := f.keeper.Blob(f.ctx, 1)
	require.NoError(t, err)
	quorum, err := f.queries.EpochQuorum(f.ctx, &types.QueryEpochQuorumRequest{Epoch: 1})
	require.NoError(t, err)
	require.Len(t, quorum.Members, 2)
	require.Equal(t, "10.0.0.1:34000", quorum.Members[0].Socket)
	require.Equal(t, uint32(16), quorum.Members[0].Seats+quorum.Members[1].Seats)
	root := rootOf(1)
	hexRoot := "0x01" + "01" + strings.Repeat("00", 30)
	placement := erasure.Placement(erasure.Test, root, 1, 0)
	for seat, row := range placement {
		bySeat, err := f.queries.EpochQuorumRow(f.ctx, &types.QueryEpochQuorumRowRequest{Epoch: 1, Index: uint32(seat)})
		require.NoError(t, err)
		byRow, err := f.queries.EpochQuorumRow(f.ctx, &types.QueryEpochQuorumRowRequest{Epoch: 1, Index: uint32(row), DataRoot: hexRoot})
		require.NoError(t, err)
		require.Equal(t, []any{bySeat.Address, uint32(seat)}, []any{byRow.Address, byRow.Seat})
	}
	_, err = f.queries.EpochQuorumRow(f.ctx, &types.QueryEpochQuorumRowRequest{Epoch: 1, Index: 16})
	require.ErrorContains(t, err, "InvalidArgument")
	aggregate, err := f.queries.AggregatePubkeyG1(f.ctx, &types.QueryAggregatePubkeyG1Request{Epoch: 1, SeatBitmap: []byte{255, 255}})
	require.NoError(t, err)
	sum := bls.SumG1(members[0].secret.Public().G1, members[1].secret.Public().G1)
	require.Equal(t, types.QueryAggregatePubkeyG1Response{G1: bls.EncodeG1(&sum), TotalSeats: 16, HitSeats: 16}, *aggregate)
	_, err = f.queries.AggregatePubkeyG1(f.ctx, &types.QueryAggregatePubkeyG1Request{Epoch: 1, SeatBitmap: []byte{255}})
	require.ErrorContains(t, err, "InvalidArgument")
	byRoot, err := f.queries.Blob(f.ctx, &types.QueryBlobRequest{DataRoot: hexRoot})
	require.NoError(t, err)
	require.Equal(t, blob, byRoot.Blob)
	_, err = f.queries.Blob(f.ctx, &types.QueryBlobRequest{DataRoot: hexRoot[:64]})
	require.ErrorContains(t, err, "InvalidArgument")
	quote, err := f.queries.Quote(f.ctx, &types.QueryQuoteRequest{DataLen: 1000})
	require.NoError(t, err)
	require.Equal(t, types.QueryQuoteResponse{Fee: blob.Fee, Profile: 4, RowSize: 256, StorageEndowment: sdkmath.NewInt(40)}, *quote)
	epoch, err := f.queries.EpochNumber(f.ctx, &types.QueryEpochNumberRequest{})
	require.NoError(t, err)
	require.Equal(t, []any{int64(12), int64(16), uint64(16)}, []any{epoch.FreezeHeight, epoch.NextHeight, epoch.Snapshot.Votes})
	signers, err := f.queries.Signers(f.ctx, &types.QuerySignersRequest{AfterAddress: members[0].address.String()})
	require.NoError(t, err)
	require.Len(t, signers.Signers, 1)
	count, err := f.queries.QuorumCount(f.ctx, &types.QueryQuorumCountRequest{Epoch: 1})
	require.NoError(t, err)
	require.Equal(t, uint32(1), count.Quorums)
	_, err = f.queries.Signer(f.ctx, &types.QuerySignerRequest{Address: sdk.AccAddress(make([]byte, 20)).String()})
	require.ErrorContains(t, err, "NotFound")
}
