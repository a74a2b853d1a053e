package app

import (
	"slices"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
	"github.com/cosmos/cosmos-sdk/types/module"
)

// AppCodec encodes state and messages.
func (app *App) AppCodec() codec.Codec { return app.appCodec }

// LegacyAmino encodes what old wallets sign.
func (app *App) LegacyAmino() *codec.LegacyAmino { return app.legacyAmino }

// InterfaceRegistry knows every message of the chain.
func (app *App) InterfaceRegistry() codectypes.InterfaceRegistry { return app.interfaceRegistry }

// TxConfig encodes and signs transactions.
func (app *App) TxConfig() client.TxConfig { return app.txConfig }

// SimulationManager drives random operations in simulations.
func (app *App) SimulationManager() *module.SimulationManager { return app.simulation }

// GetMempool is the app's pool, nil when it is off.
func (app *App) GetMempool() sdkmempool.ExtMempool { return app.mempool }

// TrackedKeys are the keys of all stores, see stores.go.
func (app *App) TrackedKeys() []storetypes.StoreKey { return slices.Clone(app.stores.tracked) }
