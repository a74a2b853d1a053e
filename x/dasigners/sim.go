package dasigners

import (
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	"github.com/cosmos/cosmos-sdk/types/module"
	simtypes "github.com/cosmos/cosmos-sdk/types/simulation"

	"github.com/zgd-network/zgd/x/dasigners/erasure"
	"github.com/zgd-network/zgd/x/dasigners/simulation"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

var _ module.AppModuleSimulation = AppModule{}

// GenerateGenesisState starts a simulation with short epochs, the smallest shape
// and prices that simulated accounts can pay. Its validators have no beacon keys.
func (AppModule) GenerateGenesisState(state *module.SimulationState) {
	genesis := types.DefaultGenesis()
	p := &genesis.Params
	p.DataSlices, p.EncodedSlices, p.MaxBlobBytes = uint32(erasure.Test.K), uint32(erasure.Test.N), 64<<10
	p.EpochBlocks, p.ConfirmWindowBlocks = uint64(6+state.Rand.Intn(4)), uint64(2+state.Rand.Intn(8))
	p.RecordRetentionEpochs, p.RetentionEpochs = 1, uint64(1+state.Rand.Intn(3))
	p.TokensPerVote, p.RequireBeaconKey = 1, false
	p.SamplePeriodBlocks = 1 // a target that begins low has risen by the end
	p.ChallengeBond, p.ChallengeWindowBlocks = sdkmath.NewInt(5000), uint64(1+state.Rand.Intn(4))
	p.BlobBaseFee, p.FeePerKib, p.SignerDeposit = sdkmath.NewInt(1000), sdkmath.NewInt(42), sdkmath.NewInt(100_000)
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
	registry.Add(weights.Get("msg_da_register_signer", 80), simulation.MsgRegisterSignerFactory(m.keeper))
	registry.Add(weights.Get("msg_da_register_next_epoch", 400), simulation.MsgRegisterNextEpochFactory(m.keeper))
	registry.Add(weights.Get("msg_da_submit_blobs", 100), simulation.MsgSubmitBlobsFactory(m.keeper))
	registry.Add(weights.Get("msg_da_confirm_batch", 100), simulation.MsgConfirmBatchFactory(m.keeper))
	registry.Add(weights.Get("msg_da_submit_sample", 60), simulation.MsgSubmitSampleFactory(m.keeper))
	registry.Add(weights.Get("msg_da_open_challenge", 40), simulation.MsgOpenChallengeFactory(m.keeper))
	registry.Add(weights.Get("msg_da_answer_challenge", 30), simulation.MsgAnswerChallengeFactory(m.keeper))
	registry.Add(weights.Get("msg_da_deposit", 60), simulation.MsgDepositFactory(m.keeper))
	registry.Add(weights.Get("msg_da_unregister_signer", 5), simulation.MsgUnregisterSignerFactory(m.keeper))
	registry.Add(weights.Get("msg_da_claim_rewards", 20), simulation.MsgClaimRewardsFactory(m.keeper))
}
