package app

import (
	"context"

	"cosmossdk.io/core/appmodule"
	sdkmath "cosmossdk.io/math"

	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"

	"github.com/zgd-network/zgd/x/dasigners"
	dakeeper "github.com/zgd-network/zgd/x/dasigners/keeper"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
	"github.com/zgd-network/zgd/x/flow"
	flowkeeper "github.com/zgd-network/zgd/x/flow/keeper"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora"
	porakeeper "github.com/zgd-network/zgd/x/pora/keeper"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// This file is where our own modules are plugged in: stores, accounts, keepers,
// modules and their order among themselves. Their place among all modules is in
// order.go; their precompile addresses are in precompiles.go.

// zgStoreNames are the stores of our modules.
func zgStoreNames() []string {
	return []string{flowtypes.StoreKey, poratypes.StoreKey, datypes.StoreKey}
}

// zgModuleAccounts are the accounts of our modules with their rights.
func zgModuleAccounts() map[string][]string {
	return map[string][]string{
		flowtypes.ModuleName: nil, // holds the endowments
		poratypes.ModuleName: nil, // holds rewards whose push was refused
		datypes.ModuleName:   nil, // holds deposits, fees of blobs that wait, pools and rewards
	}
}

// zgBeginBlockOrder: flow turns its epoch and notes the block's hash, then pora
// opens mining on the new context. dasigners turns its epoch from the beacon that
// PreBlocker has mixed; it reads delegations before slashing touches them.
var zgBeginBlockOrder = []string{flowtypes.ModuleName, poratypes.ModuleName, datypes.ModuleName}

// zgEndBlockOrder: dasigners closes the block's list of confirmed blobs and lets
// others lapse.
var zgEndBlockOrder = []string{datypes.ModuleName}

// zgGenesisOrder: pora reads the contexts that flow wrote.
var zgGenesisOrder = []string{flowtypes.ModuleName, poratypes.ModuleName, datypes.ModuleName}

// zgKeepers are the keepers of our modules.
type zgKeepers struct {
	FlowKeeper      flowkeeper.Keeper
	PoraKeeper      porakeeper.Keeper
	DASignersKeeper dakeeper.Keeper
}

// newZGKeepers builds our keepers; they may use any keeper of the SDK and of IBC.
func (app *App) newZGKeepers() {
	if !app.hasStorage() {
		return
	}
	app.FlowKeeper = flowkeeper.NewKeeper(app.appCodec, app.service(flowtypes.StoreKey), app.BankKeeper, Authority())
	app.PoraKeeper = porakeeper.NewKeeper(app.appCodec, app.service(poratypes.StoreKey), app.BankKeeper, app.FlowKeeper, Authority())
	stake := dakeeper.Staking{StakingKeeper: stakeSource{app.StakingKeeper}}
	app.DASignersKeeper = dakeeper.NewKeeper(app.appCodec, app.service(datypes.StoreKey), dakeeper.Dependencies{
		Bank: app.BankKeeper, Community: app.DistrKeeper, Stake: stake, Validators: stake, Set: stake,
		Slasher:    dakeeper.Slashing{Stake: app.StakingKeeper, Infractions: app.SlashingKeeper},
		Log:        dakeeper.FlowLog{Entries: app.FlowKeeper, Params: flowkeeper.NewQueryServer(app.FlowKeeper)},
		EVMChainID: app.EVMChainID, IsDevelopment: IsDevelopment, Authority: Authority(),
	})
}

// stakeSource is x/staking with the name that dasigners knows for bonded tokens.
type stakeSource struct{ *stakingkeeper.Keeper }

// TotalBondedTokens are the tokens of all bonded validators, base units.
func (s stakeSource) TotalBondedTokens(ctx context.Context) (sdkmath.Int, error) {
	return s.TotalValidatorPower(ctx)
}

// zgModules are the doors of our modules.
func (app *App) zgModules() map[string]appmodule.AppModule {
	if !app.hasStorage() {
		return nil
	}
	return map[string]appmodule.AppModule{
		flowtypes.ModuleName: flow.NewAppModule(app.FlowKeeper),
		poratypes.ModuleName: pora.NewAppModule(app.PoraKeeper),
		datypes.ModuleName:   dasigners.NewAppModule(app.DASignersKeeper),
	}
}

// hasStorage says whether our modules are in the app; see WithoutStorage.
func (app *App) hasStorage() bool { return app.stores.kv[flowtypes.StoreKey] != nil }
