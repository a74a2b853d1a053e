package pora

import (
	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/zgd-network/zgd/x/pora/simulation"
	"github.com/zgd-network/zgd/x/pora/types"
)

var _ module.AppModuleSimulation = AppModule{}

// GenerateGenesisState starts simulations from the default state.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	state.GenState[types.ModuleName] = state.Cdc.MustMarshalJSON(types.DefaultGenesis())
}

// RegisterStoreDecoder adds none: collections print themselves.
func (AppModule) RegisterStoreDecoder(simtypes.StoreDecoderRegistry) {}

// WeightedOperations is the older form of WeightedOperationsX, unused.
func (AppModule) WeightedOperations(module.SimulationState) []simtypes.WeightedOperation { return nil }

// WeightedOperationsX registers the random messages.
func (m AppModule) WeightedOperationsX(weights simsx.WeightSource, reg simsx.Registry) {
	reg.Add(weights.Get("msg_register_miner", 40), simulation.MsgRegisterMinerFactory())
	reg.Add(weights.Get("msg_claim_range", 60), simulation.MsgClaimRangeFactory(m.keeper))
	reg.Add(weights.Get("msg_release_range", 20), simulation.MsgReleaseRangeFactory(m.keeper))
	reg.Add(weights.Get("msg_withdraw", 10), simulation.MsgWithdrawFactory(m.keeper))
}
