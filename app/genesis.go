package app

import (
	"encoding/json"
	"fmt"

	sdkmath "cosmossdk.io/math"

	cmttypes "github.com/cometbft/cometbft/types"

	erc20types "github.com/cosmos/evm/x/erc20/types"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/cosmos/cosmos-sdk/codec"
	"github.com/cosmos/cosmos-sdk/types/module"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
)

// What a new chain starts with, where it differs from the modules' defaults.
// Denoms of staking, mint, gov and vm follow sdk.DefaultBondDenom (config.go).
const (
	// MinGasPrice is the floor of the base fee in azg per gas: 1 gwei. Without a
	// floor the base fee decays to 0 within minutes and wallets send odd
	// transactions.
	MinGasPrice = 1_000_000_000
	// BlockMaxGas bounds the gas wanted by the transactions of a block.
	BlockMaxGas = 60_000_000
	// BlockMaxBytes bounds a block; 22 MB, the default, stalls small nodes.
	BlockMaxBytes = 4 << 20
	// NativeTokenAddress is the ERC-20 face of azg (wrapped zg).
	NativeTokenAddress = "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE"
)

// GenesisState is the app state of genesis.json, by module.
type GenesisState = map[string]json.RawMessage

// DefaultGenesis is the app state of a new chain without accounts.
func (app *App) DefaultGenesis() GenesisState {
	return app.BasicModuleManager.DefaultGenesis(app.appCodec)
}

// DefaultConsensusParams are CometBFT's with our block bounds.
func DefaultConsensusParams() *cmttypes.ConsensusParams {
	params := cmttypes.DefaultConsensusParams()
	params.Block.MaxGas = BlockMaxGas
	params.Block.MaxBytes = BlockMaxBytes
	return params
}

// NativeMetadata describes azg. x/vm reads the 18 decimals from it at genesis
// and refuses to start without.
func NativeMetadata() banktypes.Metadata {
	return banktypes.Metadata{
		Description: "The token of the zg network: fees, stake and storage endowments",
		DenomUnits: []*banktypes.DenomUnit{
			{Denom: BaseDenom, Exponent: 0, Aliases: []string{"attozg"}},
			{Denom: DisplayDenom, Exponent: Decimals},
		},
		Base: BaseDenom, Display: DisplayDenom, Name: "ZG", Symbol: "ZG",
	}
}

// genesisBasics are the modules whose default genesis is ours.
func (app *App) genesisBasics() map[string]module.AppModuleBasic {
	return map[string]module.AppModuleBasic{
		genutiltypes.ModuleName: genutil.NewAppModuleBasic(checkGenesisMessages),
		banktypes.ModuleName: app.withGenesis(banktypes.ModuleName, func(cdc codec.JSONCodec) json.RawMessage {
			state := banktypes.DefaultGenesisState()
			state.DenomMetadata = []banktypes.Metadata{NativeMetadata()}
			return cdc.MustMarshalJSON(state)
		}),
		evmtypes.ModuleName: app.withGenesis(evmtypes.ModuleName, func(cdc codec.JSONCodec) json.RawMessage {
			state := evmtypes.DefaultGenesisState()
			state.Params.EvmDenom = BaseDenom
			state.Params.ExtendedDenomOptions = &evmtypes.ExtendedDenomOptions{ExtendedDenom: BaseDenom}
			state.Params.ActiveStaticPrecompiles = app.defaultActivePrecompiles()
			state.Params.ExtraEIPs = []int64{blobBaseFeeEIP}
			state.Preinstalls = app.preinstalls()
			return cdc.MustMarshalJSON(state)
		}),
		feemarkettypes.ModuleName: app.withGenesis(feemarkettypes.ModuleName, func(cdc codec.JSONCodec) json.RawMessage {
			state := feemarkettypes.DefaultGenesisState()
			state.Params.BaseFee = sdkmath.LegacyNewDec(MinGasPrice)
			state.Params.MinGasPrice = sdkmath.LegacyNewDec(MinGasPrice)
			state.Params.MinGasMultiplier = sdkmath.LegacyZeroDec() // charge the gas used, not half of the limit
			return cdc.MustMarshalJSON(state)
		}),
		erc20types.ModuleName: app.withGenesis(erc20types.ModuleName, func(cdc codec.JSONCodec) json.RawMessage {
			state := erc20types.DefaultGenesisState()
			state.TokenPairs = []erc20types.TokenPair{{
				Erc20Address: NativeTokenAddress, Denom: BaseDenom, Enabled: true, ContractOwner: erc20types.OWNER_MODULE,
			}}
			state.NativePrecompiles = []string{NativeTokenAddress}
			return cdc.MustMarshalJSON(state)
		}),
	}
}

// genesisBasic is a module with another default genesis.
type genesisBasic struct {
	module.AppModuleBasic
	module.HasGenesisBasics // of the module itself, but for DefaultGenesis
	defaults                func(codec.JSONCodec) json.RawMessage
}

func (app *App) withGenesis(name string, defaults func(codec.JSONCodec) json.RawMessage) genesisBasic {
	own := app.ModuleManager.Modules[name]
	return genesisBasic{own.(module.AppModuleBasic), own.(module.HasGenesisBasics), defaults}
}

// DefaultGenesis is ours.
func (b genesisBasic) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage { return b.defaults(cdc) }

// checkGenesis refuses an app state that would start and fail later.
func (app *App) checkGenesis(state GenesisState) error {
	var vm evmtypes.GenesisState
	if raw, ok := state[evmtypes.ModuleName]; ok {
		if err := app.appCodec.UnmarshalJSON(raw, &vm); err != nil {
			return fmt.Errorf("decode genesis of %s: %w", evmtypes.ModuleName, err)
		}
	}
	if vm.Params.EvmDenom != BaseDenom {
		return fmt.Errorf("genesis: evm.params.evm_denom is %q, want %q: this binary runs chains of %s", vm.Params.EvmDenom, BaseDenom, BaseDenom)
	}
	return checkActivePrecompiles(app.precompiles, vm.Params.ActiveStaticPrecompiles)
}
