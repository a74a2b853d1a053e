package app_test

import (
	"encoding/json"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"

	"github.com/cosmos/cosmos-sdk/codec"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
)

func dasigners(t *testing.T, cdc codec.Codec, state app.GenesisState) (g datypes.GenesisState) {
	t.Helper()
	require.NoError(t, cdc.UnmarshalJSON(state[datypes.ModuleName], &g))
	return g
}

func TestOnlyAKeyWhoseSecretIsKnownEntersGenesis(t *testing.T) {
	chain := apptest.New(t)
	cdc, state := chain.App.AppCodec(), chain.App.DefaultGenesis()
	first, second, _ := proposers(t)
	mine, err := beacon.Register(first.signer, testEVMChainID, [20]byte(first.address))
	require.NoError(t, err)
	theirs, err := beacon.Register(second.signer, testEVMChainID, [20]byte(second.address))
	require.NoError(t, err)

	require.NoError(t, app.AddBeaconKey(cdc, state, testEVMChainID, mine))
	require.NoError(t, app.AddBeaconKey(cdc, state, testEVMChainID, theirs))
	require.NoError(t, app.AddBeaconKey(cdc, state, testEVMChainID, mine), "once more changes nothing")
	g := dasigners(t, cdc, state)
	require.Len(t, g.BeaconKeys, 2)
	require.Len(t, g.UsedKeys, 2)
	require.NoError(t, g.Validate())

	copied := theirs
	copied.ConsensusAddress = [20]byte{9}
	require.ErrorContains(t, app.AddBeaconKey(cdc, state, testEVMChainID, copied), "proof of possession", "the proof is another validator's")
	shared, err := beacon.Register(second.signer, testEVMChainID, [20]byte{9})
	require.NoError(t, err)
	require.ErrorContains(t, app.AddBeaconKey(cdc, state, testEVMChainID, shared), "a key of its own")
	require.ErrorContains(t, app.AddBeaconKey(cdc, state, testEVMChainID+1, mine), "proof of possession", "the proof is for another chain")

	exported := chain.Export(false)
	var running app.GenesisState
	require.NoError(t, json.Unmarshal(exported.AppState, &running))
	require.ErrorContains(t, app.AddBeaconKey(cdc, running, testEVMChainID, theirs), "has run")
}

// A new chain that wants a key of every validator does not start without one; a
// chain that goes on from an export does, for its validators bonded meanwhile.
func TestANewChainWantsTheKeysOfItsValidators(t *testing.T) {
	chain := apptest.New(t, apptest.Options{NoBeaconKey: true, Genesis: []apptest.Mutator{
		apptest.Mutate(datypes.ModuleName, func(g *datypes.GenesisState) { g.Params.RequireBeaconKey = false }),
	}})
	cdc := chain.App.AppCodec()
	start := func(change func(*datypes.GenesisState)) error {
		var state app.GenesisState
		exported := chain.Export(false)
		require.NoError(t, json.Unmarshal(exported.AppState, &state))
		require.NoError(t, apptest.Mutate(datypes.ModuleName, change)(cdc, state))
		raw, err := json.Marshal(state)
		require.NoError(t, err)
		fresh, err := app.New(app.Options{Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), ChainID: apptest.ChainID, LoadLatest: true,
			AppOptions: options{"mempool.max-txs": -1}})
		require.NoError(t, err)
		defer func() { _ = fresh.Close() }()
		params := exported.ConsensusParams
		_, err = fresh.InitChain(&abci.RequestInitChain{
			ChainId: apptest.ChainID, Time: time.Now(), InitialHeight: 1, ConsensusParams: &params, AppStateBytes: raw,
		})
		return err
	}
	asNew := func(g *datypes.GenesisState) {
		params := g.Params
		*g = *datypes.DefaultGenesis()
		g.Params = params
	}
	require.NoError(t, start(asNew))
	require.ErrorContains(t, start(func(g *datypes.GenesisState) {
		asNew(g)
		g.Params.RequireBeaconKey = true
	}), "has no beacon key")
	require.NoError(t, start(func(g *datypes.GenesisState) { g.Params.RequireBeaconKey = true }), "a chain that goes on")
}
