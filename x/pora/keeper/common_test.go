package keeper_test

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/zgd-network/zgd/x/flow/layout"
	"github.com/zgd-network/zgd/x/flow/merkle"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/mine"
	"github.com/zgd-network/zgd/x/pora/types"
)

var (
	alice     = sdk.AccAddress("alice_______________")
	bob       = sdk.AccAddress("bob_________________")
	refused   = sdk.AccAddress("refused_____________")
	authority = sdk.AccAddress("gov_________________").String()
)

const loadReward = 1000 // azg that each load's window holds until it is paid

// bank pays from module accounts; one address is refused as in a blocked list.
type bank map[string]int64

func (b bank) SendCoinsFromModuleToAccount(_ context.Context, from string, to sdk.AccAddress, coins sdk.Coins) error {
	amount := coins.AmountOf(flowtypes.Denom).Int64()
	if b[from] < amount || to.Equals(refused) {
		return errors.New("insufficient funds, or recipient is blocked")
	}
	b[from] -= amount
	b[string(to)] += amount
	return nil
}

// flow is a log whose data all lies in memory. Each load is a reward window.
type flow struct {
	contexts []flowtypes.MiningContext
	empty    map[uint64]bool
	paid     map[uint64]bool
	bank     bank
	broken   error // of every payout, if set

	lengthSectors uint64 // if above the newest context's
}

func (f *flow) Flow(_ context.Context, flowID uint64) (flowtypes.Flow, error) {
	if flowID != 0 {
		return flowtypes.Flow{}, flowtypes.ErrFlowNotFound
	}
	length := uint64(1)
	if n := len(f.contexts); n > 0 {
		length = f.contexts[n-1].FlowLengthSectors
	}
	return flowtypes.Flow{LengthSectors: max(length, f.lengthSectors)}, nil
}

func (f *flow) Context(_ context.Context, flowID, epoch uint64) (flowtypes.MiningContext, error) {
	if epoch == 0 {
		epoch = uint64(len(f.contexts))
	}
	if flowID != 0 || epoch == 0 || epoch > uint64(len(f.contexts)) {
		return flowtypes.MiningContext{}, flowtypes.ErrContextNotFound
	}
	return f.contexts[epoch-1], nil
}

func (f *flow) ContextByDigest(_ context.Context, digest []byte) (flowtypes.MiningContext, error) {
	for _, c := range f.contexts {
		if string(c.Digest) == string(digest) {
			return c, nil
		}
	}
	return flowtypes.MiningContext{}, flowtypes.ErrContextNotFound
}

func (f *flow) LoadHoldsData(_ context.Context, _, load uint64) (bool, error) {
	return !f.empty[load], nil
}

func (f *flow) LastBlockDigest(ctx context.Context) ([]byte, error) {
	return binary.BigEndian.AppendUint64(make([]byte, 24), uint64(sdk.UnwrapSDKContext(ctx).BlockHeight())), nil
}

func (f *flow) pay(load uint64, to string) (sdkmath.Int, error) {
	if f.broken != nil {
		return sdkmath.Int{}, f.broken
	}
	if to == string(refused) {
		return sdkmath.Int{}, errors.New("recipient is blocked")
	}
	if f.paid[load] {
		return sdkmath.ZeroInt(), nil
	}
	f.paid[load] = true
	f.bank[to] += loadReward
	return sdkmath.NewInt(loadReward), nil
}

func (f *flow) Release(_ context.Context, _, load uint64, to sdk.AccAddress) (sdkmath.Int, error) {
	return f.pay(load, string(to))
}

func (f *flow) ReleaseToModule(_ context.Context, _, load uint64, module string) (sdkmath.Int, error) {
	return f.pay(load, module)
}

type flowContext = flowtypes.MiningContext

type fixture struct {
	tb      testing.TB
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	bank    bank
	flow    *flow
	plain   []byte      // the flow's bytes
	leaves  []mine.Hash // and leaves
}

// newFixture has no context yet. The target lets about every nonce win.
func newFixture(tb testing.TB, change ...func(*types.GenesisState)) *fixture {
	tb.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(tb, key, storetypes.NewTransientStoreKey("unused")).Ctx
	ledger := bank{}
	data := &flow{empty: map[uint64]bool{}, paid: map[uint64]bool{}, bank: ledger}
	k := keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig().Codec, runtime.NewKVStoreService(key), ledger, data, authority)
	genesis := types.DefaultGenesis()
	target := types.TargetOf(32)
	genesis.Target = target[:]
	for _, f := range change {
		f(genesis)
	}
	require.NoError(tb, genesis.Validate())
	f := &fixture{
		tb: tb, keeper: k, bank: ledger, flow: data, msgs: keeper.NewMsgServer(k), queries: keeper.NewQueryServer(k),
		ctx: ctx.WithBlockHeight(1).WithBlockTime(time.Unix(1_800_000_000, 0)),
	}
	require.NoError(tb, k.InitGenesis(f.ctx, *genesis))
	return f
}

// grow appends random sectors to the flow and opens the next context over them.
func (f *fixture) grow(sectors int) {
	f.tb.Helper()
	previous := uint64(len(f.leaves))
	added := make([]byte, sectors*layout.SectorSize)
	rng := rand.NewChaCha8([32]byte{byte(len(f.flow.contexts))})
	rng.Read(added)
	if previous == 0 && sectors > 0 {
		clear(added[:layout.SectorSize]) // the dummy
	}
	f.plain = append(f.plain, added...)
	f.leaves = append(f.leaves, make([]mine.Hash, sectors)...)
	merkle.FlowLeaves(added, previous, f.leaves[previous:])
	length := uint64(len(f.leaves))
	_, root, err := merkle.ProveFlow(length, 0, 0, f.node)
	require.NoError(f.tb, err)
	digest := make([]byte, 32)
	rng.Read(digest)
	f.flow.contexts = append(f.flow.contexts, flowtypes.MiningContext{
		Epoch: uint64(len(f.flow.contexts)) + 1, FlowRoot: root[:], FlowLengthSectors: length,
		Digest: digest, PreviousLengthSectors: previous,
	})
	f.nextBlock(1)
}

func (f *fixture) node(height uint8, index uint64) (mine.Hash, bool, error) {
	if height != 0 {
		return mine.Hash{}, false, nil
	}
	return f.leaves[index], true, nil
}

// nextBlock moves the chain on and begins its last block.
func (f *fixture) nextBlock(blocks int64) {
	f.tb.Helper()
	f.ctx = f.ctx.WithBlockHeight(f.ctx.BlockHeight() + blocks).WithBlockTime(f.ctx.BlockTime().Add(time.Duration(blocks) * time.Second))
	require.NoError(f.tb, f.keeper.BeginBlock(f.ctx))
}

func (f *fixture) register(owner, beneficiary sdk.AccAddress, seed uint64) []byte {
	f.tb.Helper()
	response, err := f.msgs.RegisterMiner(f.ctx, &types.MsgRegisterMiner{Owner: owner.String(), Beneficiary: beneficiary.String(), Seed: seed})
	require.NoError(f.tb, err)
	return response.MinerId
}

func (f *fixture) claim(owner sdk.AccAddress, minerID []byte, numShard, shardID uint32) {
	f.tb.Helper()
	_, err := f.msgs.ClaimRange(f.ctx, &types.MsgClaimRange{Owner: owner.String(), MinerId: minerID, NumShard: numShard, ShardId: shardID})
	require.NoError(f.tb, err)
}

// mining is a fixture in which a miner of alice's may mine epoch 2: 4 full loads
// and a half, of which epoch 1 added the first 2 and a half.
func mining(tb testing.TB, change ...func(*types.GenesisState)) (*fixture, []byte) {
	f := newFixture(tb, change...)
	f.grow(2*layout.SectorsPerLoad + 512)
	id := f.register(alice, bob, 1)
	f.claim(alice, id, 1, 0)
	f.grow(2 * layout.SectorsPerLoad)
	return f, id
}

func (f *fixture) work(minerID []byte) *types.QueryWorkResponse {
	f.tb.Helper()
	response, err := f.queries.Work(f.ctx, &types.QueryWorkRequest{MinerId: hex0x(minerID)})
	require.NoError(f.tb, err)
	return response
}

// solve mines like a miner: from the answer of the Work query alone, nonces from
// startNonce on, until want accepts a solution (nil: any that meets the target).
func (f *fixture) solve(minerID []byte, startNonce uint64, want func(load uint64, hit bool) bool) types.PoraAnswer {
	f.tb.Helper()
	job := f.work(minerID)
	require.True(f.tb, job.Open, job.Reason)
	work := mine.Work{
		MinerID: mine.Hash(minerID), ContextDigest: mine.Hash(job.ContextDigest), Target: mine.Hash(job.Target),
		Range: mine.Range{LengthLoads: job.LengthLoads, Claim: mine.Claim{
			StartLoad: job.StartLoad, NumShard: uint64(job.NumShard), ShardID: uint64(job.ShardId),
		}},
	}
	it := new(mine.Iteration)
	for nonce := startNonce; nonce < startNonce+10_000; nonce++ {
		var full mine.Hash
		binary.BigEndian.PutUint64(full[24:], nonce)
		load, err := it.Start(&work, full)
		require.NoError(f.tb, err)
		sealed := f.sealLoad(minerID, load)
		piece, output := it.Check(sealed)
		hit := mine.Meets(output, work.Target)
		if want == nil && hit || want != nil && want(load, hit) {
			return f.answer(minerID, job, full, load, piece, sealed)
		}
	}
	f.tb.Fatal("no solution in 10 000 nonces")
	return types.PoraAnswer{}
}

func (f *fixture) sealLoad(minerID []byte, load uint64) *mine.Load {
	var contexts [layout.SealsPerLoad]mine.Hash
	for k := range contexts {
		contexts[k] = mine.Hash(f.contextOf(mine.PieceSector(load, k) + 15).Digest)
	}
	seeds := mine.SealSeeds(mine.Hash(minerID), &contexts, load)
	sealed := new(mine.Load)
	mine.SealLoad(sealed, (*mine.Load)(f.plain[load*layout.LoadSize:]), &seeds)
	return sealed
}

func (f *fixture) contextOf(sector uint64) flowtypes.MiningContext {
	for _, c := range f.flow.contexts {
		if sector < c.FlowLengthSectors {
			return c
		}
	}
	f.tb.Fatalf("sector %d is in no context", sector)
	return flowtypes.MiningContext{}
}

func (f *fixture) answer(minerID []byte, job *types.QueryWorkResponse, nonce mine.Hash, load uint64, piece int, sealed *mine.Load) types.PoraAnswer {
	sector := mine.PieceSector(load, piece)
	siblings, _, err := merkle.ProveFlow(job.FlowLengthSectors, 4, sector/layout.SectorsPerSeal, f.node)
	require.NoError(f.tb, err)
	a := types.PoraAnswer{
		MinerId: minerID, ContextDigest: job.ContextDigest, Nonce: nonce[:], RecallSector: sector,
		SealContextDigest: f.contextOf(sector + 15).Digest, SealedPiece: sealed[piece*layout.SealSize : (piece+1)*layout.SealSize],
	}
	for i := range siblings {
		a.Proof = append(a.Proof, siblings[i][:])
	}
	return a
}

func (f *fixture) submit(a types.PoraAnswer) (*types.MsgSubmitProofResponse, error) {
	return f.msgs.SubmitProof(f.ctx, &types.MsgSubmitProof{Sender: alice.String(), Answer: a})
}

func hex0x(id []byte) string {
	const digits = "0123456789abcdef"
	out := []byte("0x")
	for _, b := range id {
		out = append(out, digits[b>>4], digits[b&15])
	}
	return string(out)
}
