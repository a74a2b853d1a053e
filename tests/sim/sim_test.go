package sim_test

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"os"
	"path/filepath"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/cosmos/gogoproto/proto"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"
	sdkmath "cosmossdk.io/math"

	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	simtestutil "github.com/cosmos/cosmos-sdk/testutil/sims"
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	chainID     = "zg-devnet-1" // EVM chain ids are compiled in, the simulator's own chain id has none
	blocks      = 50
	blockSize   = 60 // at most about as many messages per block
	maxAccounts = 60
	genesisTime = 1_790_000_000
)

// params give each account and validator 9 zg, about the most that fits 64 bits. By default a validator has just
// over one unit of power, 1 zg: whoever unbonds anything leaves the set, and the
// simulation ends when all have.
const params = `{"stake_per_account": "9000000000000000000"}`

var seeds = []int64{7, 32, 4}

type instance = simsx.TestInstance[*app.App]

// TestSimulation runs each seed with the checks that follow it.
// mission C18; threats B20, B14
func TestSimulation(t *testing.T) {
	for _, seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			simulate(t, seed, requireOurMessagesRan, requireModuleAccounts, requireImportExport)
		})
	}
}

// TestSimulationIsDeterministic runs one seed twice. Threat B19.
func TestSimulationIsDeterministic(t *testing.T) {
	var hashes [][]byte
	for range 2 {
		simulate(t, seeds[0], func(_ testing.TB, i instance, _ []simtypes.Account) {
			hashes = append(hashes, i.App.LastCommitID().Hash)
		})
	}
	require.NotEmpty(t, hashes[0])
	require.Equal(t, hashes[0], hashes[1], "the same seed reached two states")
}

func simulate(t *testing.T, seed int64, then ...func(testing.TB, instance, []simtypes.Account)) {
	t.Helper()
	t.Logf("seed %d, %d blocks", seed, blocks)
	t.Setenv("HOME", t.TempDir()) // the simulator leaves its log of a failure there
	config := simtypes.Config{
		InitialBlockHeight: 1, GenesisTime: genesisTime, NumBlocks: blocks, BlockSize: blockSize,
		ChainID: chainID, Commit: true, DBBackend: string(dbm.MemDBBackend), ParamsFile: filepath.Join(t.TempDir(), "params.json"),
	}
	require.NoError(t, os.WriteFile(config.ParamsFile, []byte(params), 0o600))
	t.Cleanup(func() { // the simulator skips a test when all validators are gone
		require.False(t, t.Skipped(), "seed %d ran out of validators: choose another", seed)
	})
	simsx.RunWithSeedAndRandAcc(t, config, newApp(t), setup, seed, nil, fewAccounts, then...)
}

// newApp builds the app without a mempool of its own: that one has goroutines.
func newApp(t *testing.T) func(log.Logger, dbm.DB, bool, servertypes.AppOptions, ...func(*baseapp.BaseApp)) *app.App {
	return func(logger log.Logger, db dbm.DB, loadLatest bool, o servertypes.AppOptions, base ...func(*baseapp.BaseApp)) *app.App {
		built, err := app.New(app.Options{
			Logger: logger, DB: db, ChainID: chainID, LoadLatest: loadLatest, AppOptions: noMempool{o}, BaseApp: base,
		})
		require.NoError(t, err)
		return built
	}
}

type noMempool struct{ servertypes.AppOptions }

func (o noMempool) Get(key string) any {
	if key == "mempool.max-txs" {
		return -1
	}
	return o.AppOptions.Get(key)
}

func fewAccounts(r *rand.Rand, n int) []simtypes.Account {
	return simtypes.RandomAccounts(r, min(max(n, 10), maxAccounts))
}

// setup makes random genesis states fit this chain: the native token has its
// metadata, and fees of any size are accepted, because the simulator's are random.
func setup(a *app.App) simsx.SimStateFactory {
	cdc := a.AppCodec()
	state := a.DefaultGenesis()
	var fees feemarkettypes.GenesisState
	cdc.MustUnmarshalJSON(state[feemarkettypes.ModuleName], &fees)
	fees.Params.NoBaseFee = true
	fees.Params.BaseFee, fees.Params.MinGasPrice = sdkmath.LegacyZeroDec(), sdkmath.LegacyZeroDec()
	state[feemarkettypes.ModuleName] = cdc.MustMarshalJSON(&fees)
	var da datypes.GenesisState
	cdc.MustUnmarshalJSON(state[datypes.ModuleName], &da)
	da.Params.RequireBeaconKey = false // the simulator's validators have none, and its blocks no proposals
	state[datypes.ModuleName] = cdc.MustMarshalJSON(&da)
	withMetadata := func(name string, genesis any) {
		if bank, ok := genesis.(*banktypes.GenesisState); ok && name == banktypes.ModuleName {
			bank.DenomMetadata = []banktypes.Metadata{app.NativeMetadata()}
		}
	}
	return simsx.SimStateFactory{
		Codec:         cdc,
		AppStateFn:    simtestutil.AppStateFnWithExtendedCbs(cdc, a.SimulationManager(), state, withMetadata, nil),
		BlockedAddr:   app.BlockedAddresses(),
		AccountSource: a.AccountKeeper,
		BalanceSource: a.BankKeeper,
	}
}

// requireOurMessagesRan fails a simulation that never touched our modules.
func requireOurMessagesRan(tb testing.TB, i instance, _ []simtypes.Account) {
	flow, pora := ourState(tb, i.App)
	require.NotEmpty(tb, flow.Entries, "no file was entered: choose another seed")
	require.NotEmpty(tb, flow.Contexts, "no epoch turned: choose another seed")
	require.NotEmpty(tb, pora.Miners, "no miner registered: choose another seed")
	da := daState(tb, i.App)
	require.NotEmpty(tb, da.Signers, "no DA signer registered: choose another seed")
	require.NotZero(tb, da.Epoch.Number, "no DA epoch turned: choose another seed")
	require.NotEmpty(tb, da.ConfirmedRoots, "no blob was confirmed: choose another seed")
	tb.Logf("%d DA signers, %d quorums, blobs up to %d, %d roots confirmed, pool of the lottery %s",
		len(da.Signers), len(da.Quorums), da.NextBlobId-1, len(da.ConfirmedRoots), da.SampleRound.Pool)
}

// requireModuleAccounts compares what our accounts hold with what they owe.
func requireModuleAccounts(tb testing.TB, i instance, _ []simtypes.Account) {
	a := i.App
	ctx := a.NewContextLegacy(true, cmtproto.Header{Height: a.LastBlockHeight()})
	held := func(module string) sdkmath.Int {
		return a.BankKeeper.GetBalance(ctx, a.AccountKeeper.GetModuleAddress(module), app.BaseDenom).Amount
	}
	flow, pora := ourState(tb, a)
	require.Equal(tb, flow.Totals.Deposited.Sub(flow.Totals.Paid), held(flowtypes.ModuleName))
	credits := sdkmath.ZeroInt()
	for _, credit := range pora.Credits {
		credits = credits.Add(credit.Amount)
	}
	require.Equal(tb, credits, held(poratypes.ModuleName))
	owed, err := a.DASignersKeeper.Liabilities(ctx)
	require.NoError(tb, err)
	require.Equal(tb, owed.String(), held(datypes.ModuleName).String())
}

func daState(tb testing.TB, a *app.App) (da datypes.GenesisState) {
	tb.Helper()
	require.NoError(tb, a.AppCodec().UnmarshalJSON(exported(tb, a)[datypes.ModuleName], &da))
	return da
}

func ourState(tb testing.TB, a *app.App) (flow flowtypes.GenesisState, pora poratypes.GenesisState) {
	tb.Helper()
	state := exported(tb, a)
	for name, into := range map[string]proto.Message{flowtypes.ModuleName: &flow, poratypes.ModuleName: &pora} {
		require.NoError(tb, a.AppCodec().UnmarshalJSON(state[name], into))
	}
	return flow, pora
}

func exported(tb testing.TB, a *app.App) (state map[string]json.RawMessage) {
	tb.Helper()
	export, err := a.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(export.AppState, &state))
	return state
}

// requireImportExport starts a second app from the state of the first; it must
// hold the same. Threat B21.
func requireImportExport(tb testing.TB, i instance, _ []simtypes.Account) {
	export, err := i.App.ExportAppStateAndValidators(false, nil, nil)
	require.NoError(tb, err)
	second, err := app.New(app.Options{
		Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: chainID, LoadLatest: true,
		AppOptions: noMempool{simtestutil.AppOptionsMap{"home": tb.TempDir()}},
	})
	require.NoError(tb, err)
	defer func() { require.NoError(tb, second.Close()) }()
	params := export.ConsensusParams
	_, err = second.InitChain(&abci.RequestInitChain{
		ChainId: chainID, InitialHeight: export.Height, AppStateBytes: export.AppState, ConsensusParams: &params,
	})
	require.NoError(tb, err)
	ctx := second.NewContextLegacy(false, cmtproto.Header{Height: export.Height, ChainID: chainID})
	got, err := second.ModuleManager.ExportGenesisForModules(ctx, second.AppCodec(), nil)
	require.NoError(tb, err)
	for name, want := range exported(tb, i.App) {
		require.JSONEq(tb, string(want), string(got[name]), "state of %s", name)
	}
}
