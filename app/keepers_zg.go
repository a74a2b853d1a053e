package app

import (
	"cosmossdk.io/core/appmodule"

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
func zgStoreNames() []string { return []string{flowtypes.StoreKey, poratypes.StoreKey} }

// zgModuleAccounts are the accounts of our modules with their rights.
func zgModuleAccounts() map[string][]string {
	return map[string][]string{
		flowtypes.ModuleName: nil, // holds the endowments
		poratypes.ModuleName: nil, // holds rewards whose push was refused
	}
}

// zgBeginBlockOrder: flow turns its epoch and notes the block's hash, then pora
// opens mining on the new context.
var zgBeginBlockOrder = []string{flowtypes.ModuleName, poratypes.ModuleName}

// zgGenesisOrder: pora reads the contexts that flow wrote.
var zgGenesisOrder = []string{flowtypes.ModuleName, poratypes.ModuleName}

// zgKeepers are the keepers of our modules.
type zgKeepers struct {
	FlowKeeper flowkeeper.Keeper
	PoraKeeper porakeeper.Keeper
}

// newZGKeepers builds our keepers; they may use any keeper of the SDK and of IBC.
func (app *App) newZGKeepers() {
	if !app.hasStorage() {
		return
	}
	app.FlowKeeper = flowkeeper.NewKeeper(app.appCodec, app.service(flowtypes.StoreKey), app.BankKeeper, Authority())
	app.PoraKeeper = porakeeper.NewKeeper(app.appCodec, app.service(poratypes.StoreKey), app.BankKeeper, app.FlowKeeper, Authority())
}

// zgModules are the doors of our modules.
func (app *App) zgModules() map[string]appmodule.AppModule {
	if !app.hasStorage() {
		return nil
	}
	return map[string]appmodule.AppModule{
		flowtypes.ModuleName: flow.NewAppModule(app.FlowKeeper),
		poratypes.ModuleName: pora.NewAppModule(app.PoraKeeper),
	}
}

// hasStorage says whether our modules are in the app; see WithoutStorage.
func (app *App) hasStorage() bool { return app.stores.kv[flowtypes.StoreKey] != nil }
