package app

import (
	"cosmossdk.io/core/appmodule"
)

// This file is where our own modules are plugged in: stores, accounts, keepers,
// modules. Their place in the block orders is in order.go.

// zgStoreNames are the stores of our modules.
func zgStoreNames() []string { return nil }

// zgModuleAccounts are the accounts of our modules with their rights.
func zgModuleAccounts() map[string][]string { return nil }

// zgKeepers are the keepers of our modules.
type zgKeepers struct{}

// newZGKeepers builds our keepers; they may use any keeper of the SDK and of IBC.
func (app *App) newZGKeepers() {}

// zgModules are the doors of our modules.
func (app *App) zgModules() map[string]appmodule.AppModule { return nil }

// zgBeginBlockOrder: flow turns the epoch, then pora opens its mining.
var zgBeginBlockOrder = []string{}

// zgGenesisOrder: pora reads the contexts that flow wrote.
var zgGenesisOrder = []string{}
