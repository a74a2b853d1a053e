package app_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// busyChain has entries in the flow, a contract with state and a delegation.
func busyChain(t *testing.T) *apptest.Chain {
	t.Helper()
	chain := apptest.New(t, apptest.Options{Genesis: []apptest.Mutator{
		apptest.Mutate(flowtypes.ModuleName, func(g *flowtypes.GenesisState) { g.Params.BlocksPerEpoch = 5 }),
	}})
	alice, bob := chain.Accounts[0], chain.Accounts[1]
	chain.SignAndDeliver(alice, chain.Submit(alice, []byte("first entry"), []byte("tag")))
	chain.SignAndDeliver(bob, chain.Submit(bob, make([]byte, 3000), nil))
	chain.EthAndDeliver(alice, apptest.Create(counterCode))
	chain.EthAndDeliver(bob, apptest.Call(counterAddress(alice, 1), nil, nil))
	chain.SignAndDeliver(alice, send(alice, bob, 77))
	chain.Skip(3)
	return chain
}

func TestExportedStateStartsAChainWithTheSameState(t *testing.T) {
	old := busyChain(t)
	exported := old.Export(false)
	young := apptest.New(t, apptest.Options{State: &exported})
	old.Deliver()
	require.Equal(t, old.Height, young.Height)

	want, got := modules(t, old.Export(false)), modules(t, young.Export(false))
	for name := range want {
		switch name {
		case "staking": // keeps headers, and those name an app hash
			continue
		case "genutil":
			continue // gentxs are not exported
		}
		require.JSONEq(t, string(want[name]), string(got[name]), name)
	}
	alice, bob := young.Accounts[0], young.Accounts[1]
	young.EthAndDeliver(bob, apptest.Call(counterAddress(alice, 1), nil, nil))
	young.SignAndDeliver(alice, young.Submit(alice, []byte("third entry"), nil))
}

func TestExportForHeightZeroStartsAChain(t *testing.T) {
	old := busyChain(t)
	old.Skip(30) // far beyond where the young chain's first epoch ends
	exported := old.Export(true)
	require.Zero(t, exported.Height)
	young := apptest.New(t, apptest.Options{State: &exported})
	young.Skip(3)
	alice, bob := young.Accounts[0], young.Accounts[1]
	young.SignAndDeliver(alice, send(alice, bob, 1))
	flow, err := young.App.FlowKeeper.Flow(young.Ctx(), 0)
	require.NoError(t, err)
	params, err := young.App.FlowKeeper.Params.Get(young.Ctx())
	require.NoError(t, err)
	require.LessOrEqual(t, flow.NextEpochHeight, young.Height+int64(params.BlocksPerEpoch), "epochs count from the new chain's heights")
	require.Positive(t, flow.NextEpochHeight)
}

func modules(t *testing.T, exported apptest.ExportedState) map[string]json.RawMessage {
	t.Helper()
	var state map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(exported.AppState, &state))
	return state
}
