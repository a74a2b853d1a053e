package flow

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/zgd-network/zgd/x/flow/simulation"
	"github.com/zgd-network/zgd/x/flow/types"
)

var _ module.AppModuleSimulation = AppModule{}

// GenerateGenesisState starts a simulation with an empty flow and short epochs.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	genesis.Params.BlocksPerEpoch = uint64(2 + state.Rand.Intn(10))
	genesis.PayoutWindowLoads = 1 << state.Rand.Intn(6)
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(genesis)
}

// RegisterStoreDecoder has nothing to add: the schema decodes the store.
func (m AppModule) RegisterStoreDecoder(registry simtypes.StoreDecoderRegistry) {
	registry[types.StoreKey] = simtypes.NewStoreDecoderFuncFromCollectionsSchema(m.keeper.Schema)
}

// WeightedOperations is the old form; WeightedOperationsX is used.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX names the messages of a simulation and their weights.
func (m AppModule) WeightedOperationsX(weights simsx.WeightSource, registry simsx.Registry) {
	registry.Add(weights.Get("msg_flow_submit", 100), simulation.MsgSubmitFactory(m.keeper))
	registry.Add(weights.Get("msg_flow_recharge", 40), simulation.MsgRechargeFactory(m.keeper))
}
