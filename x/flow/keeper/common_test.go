package keeper_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	corestore "cosmossdk.io/core/store"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"
	moduletestutil "github.com/cosmos/cosmos-sdk/types/module/testutil"

	"github.com/zgd-network/zgd/x/flow/keeper"
	"github.com/zgd-network/zgd/x/flow/merkle"
	"github.com/zgd-network/zgd/x/flow/types"
)

const startTime = 1_800_000_000

var (
	alice     = sdk.AccAddress("alice_______________")
	bob       = sdk.AccAddress("bob_________________")
	refused   = sdk.AccAddress("refused_____________")
	authority = sdk.AccAddress("gov_________________").String()
)

// bank is a ledger of one denom; an account may be refused as in a blocked list.
type bank struct{ balances map[string]sdkmath.Int }

func (b bank) balance(name string) sdkmath.Int {
	if amount, ok := b.balances[name]; ok {
		return amount
	}
	return sdkmath.ZeroInt()
}

func (b bank) move(from, to string, coins sdk.Coins) error {
	amount := coins.AmountOf(types.Denom)
	if b.balance(from).LT(amount) {
		return errors.New("insufficient funds")
	}
	if to == string(refused) {
		return errors.New("recipient is blocked")
	}
	b.balances[from] = b.balance(from).Sub(amount)
	b.balances[to] = b.balance(to).Add(amount)
	return nil
}

func (b bank) SendCoinsFromAccountToModule(_ context.Context, from sdk.AccAddress, to string, c sdk.Coins) error {
	return b.move(string(from), to, c)
}

func (b bank) SendCoinsFromModuleToAccount(_ context.Context, from string, to sdk.AccAddress, c sdk.Coins) error {
	return b.move(from, string(to), c)
}

func (b bank) SendCoinsFromModuleToModule(_ context.Context, from, to string, c sdk.Coins) error {
	return b.move(from, to, c)
}

type fixture struct {
	tb      testing.TB
	commit  func() // to the tree, as at the end of a block
	ctx     sdk.Context
	keeper  keeper.Keeper
	msgs    types.MsgServer
	queries types.QueryServer
	bank    bank
	writes  *int
}

// countingService counts the writes that reach the module's store.
type countingService struct {
	corestore.KVStoreService
	writes *int
}

type countingStore struct {
	corestore.KVStore
	writes *int
}

func (s countingService) OpenKVStore(ctx context.Context) corestore.KVStore {
	return countingStore{KVStore: s.KVStoreService.OpenKVStore(ctx), writes: s.writes}
}

func (s countingStore) Set(key, value []byte) error { *s.writes++; return s.KVStore.Set(key, value) }
func (s countingStore) Delete(key []byte) error     { *s.writes++; return s.KVStore.Delete(key) }

func newFixture(tb testing.TB, change ...func(*types.GenesisState)) *fixture {
	tb.Helper()
	key := storetypes.NewKVStoreKey(types.StoreKey)
	stores := testutil.DefaultContextWithDB(tb, key, storetypes.NewTransientStoreKey("unused"))
	ctx := stores.Ctx
	ledger := bank{balances: map[string]sdkmath.Int{
		string(alice): sdkmath.NewInt(1).MulRaw(1e18).MulRaw(1e12), string(bob): sdkmath.NewInt(1e18),
	}}
	writes := new(int)
	service := countingService{KVStoreService: runtime.NewKVStoreService(key), writes: writes}
	k := keeper.NewKeeper(moduletestutil.MakeTestEncodingConfig().Codec, service, ledger, authority)
	genesis := types.DefaultGenesis()
	for _, f := range change {
		f(genesis)
	}
	require.NoError(tb, genesis.Validate())
	f := &fixture{
		tb: tb, commit: func() { stores.CMS.Commit() }, keeper: k, bank: ledger, writes: writes,
		msgs: keeper.NewMsgServer(k), queries: keeper.NewQueryServer(k),
		ctx: ctx.WithBlockTime(time.Unix(startTime, 0)).WithBlockHeight(1),
	}
	require.NoError(tb, k.InitGenesis(f.ctx, *genesis))
	return f
}

// after moves the clock.
func (f *fixture) after(seconds int64) {
	f.ctx = f.ctx.WithBlockTime(f.ctx.BlockTime().Add(time.Duration(seconds) * time.Second))
}

// submission is what a client sends for a file of the vectors' generator.
func submission(tb testing.TB, sizeBytes int) types.Submission {
	tb.Helper()
	data := make([]byte, sizeBytes)
	for i := range data {
		data[i] = byte((i*7 + 3) % 251)
	}
	file, err := merkle.NewFileFromData(data)
	require.NoError(tb, err)
	s := types.Submission{SizeBytes: uint64(sizeBytes)}
	for _, node := range file.Nodes() {
		s.Nodes = append(s.Nodes, types.Node{Root: node.Root[:], Height: uint32(node.Height)})
	}
	return s
}

// subtree is a submission of one full subtree, without data.
func subtree(height uint32) types.Submission {
	root := merkle.ZeroRoot(uint8(height))
	return types.Submission{SizeBytes: 256 << height, Nodes: []types.Node{{Root: root[:], Height: height}}}
}

func sectors(s types.Submission) int64 {
	total := int64(0)
	for _, node := range s.Nodes {
		total += 1 << node.Height
	}
	return total
}

// submit pays a unit price per sector.
func (f *fixture) submit(s types.Submission, unitPrice int64) *types.MsgSubmitResponse {
	f.tb.Helper()
	response, err := f.msgs.Submit(f.ctx, &types.MsgSubmit{
		Sender: alice.String(), Submission: s, Endowment: sdkmath.NewInt(unitPrice).MulRaw(sectors(s)),
	})
	require.NoError(f.tb, err)
	return response
}

func (f *fixture) reward(txSeq uint64) *types.QueryEntryRewardResponse {
	f.tb.Helper()
	response, err := f.queries.EntryReward(f.ctx, &types.QueryEntryRewardRequest{TxSeq: txSeq})
	require.NoError(f.tb, err)
	return response
}

func (f *fixture) moduleBalance() sdkmath.Int { return f.bank.balance(types.ModuleName) }

// cheap makes the floor and the periods small enough to read.
func cheap(g *types.GenesisState) {
	g.Params.PriceFloor = sdkmath.NewInt(10)
	g.Params.PeriodSeconds = 1000
	g.Params.MinRechargeSeconds = 1
	g.Params.RechargeGraceSeconds = 500
	g.Params.BlocksPerEpoch = 5
	g.PayoutWindowLoads = 4 // 1 MiB
}
