package app

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// mountStores opens every store of stores.go, and none besides.
func (app *App) mountStores() {
	app.MountKVStores(app.stores.kv)
	app.MountObjectStores(app.stores.object)
}

// setLifecycle gives the block hooks to BaseApp.
func (app *App) setLifecycle() {
	app.SetInitChainer(app.InitChainer)
	app.SetPreBlocker(app.PreBlocker)
	app.SetBeginBlocker(app.BeginBlocker)
	app.SetEndBlocker(app.EndBlocker)
}

// InitChainer writes genesis.
func (app *App) InitChainer(ctx sdk.Context, req *abci.RequestInitChain) (*abci.ResponseInitChain, error) {
	var state GenesisState
	if err := json.Unmarshal(req.AppStateBytes, &state); err != nil {
		return nil, fmt.Errorf("decode app state of genesis: %w", err)
	}
	if err := app.checkGenesis(state); err != nil {
		return nil, err
	}
	if err := app.UpgradeKeeper.SetModuleVersionMap(ctx, app.ModuleManager.GetVersionMap()); err != nil {
		return nil, fmt.Errorf("write module versions: %w", err)
	}
	response, err := app.ModuleManager.InitGenesis(ctx, app.appCodec, state)
	if err != nil {
		return nil, err
	}
	return response, app.checkGenesisBeaconKeys(ctx, response.Validators)
}

// PreBlocker runs before everything else in a block: first upgrades, then the
// beacon, which BeginBlock draws from.
func (app *App) PreBlocker(ctx sdk.Context, req *abci.RequestFinalizeBlock) (*sdk.ResponsePreBlock, error) {
	response, err := app.ModuleManager.PreBlock(ctx)
	if err != nil {
		return nil, err
	}
	app.mixBeacon(ctx, req)
	return response, nil
}

// BeginBlocker runs before the transactions.
func (app *App) BeginBlocker(ctx sdk.Context) (sdk.BeginBlock, error) {
	return app.ModuleManager.BeginBlock(ctx)
}

// EndBlocker runs after the transactions.
func (app *App) EndBlocker(ctx sdk.Context) (sdk.EndBlock, error) {
	return app.ModuleManager.EndBlock(ctx)
}

// LoadHeight loads the state of one height.
func (app *App) LoadHeight(height int64) error {
	if err := app.LoadVersion(height); err != nil {
		return fmt.Errorf("load state of height %d: %w", height, err)
	}
	app.hydrateEVM()
	return nil
}

// hydrateEVM restores the coin info that x/vm keeps in process globals.
func (app *App) hydrateEVM() {
	ctx := app.NewContextLegacy(true, cmtproto.Header{Height: app.LastBlockHeight(), ChainID: app.ChainID()})
	app.ModuleManager.Modules[evmtypes.ModuleName].(evmModule).HydrateGlobals(ctx)
}

// Close stops the pool and closes the stores.
func (app *App) Close() error {
	var err error
	if pool, ok := app.mempool.(io.Closer); ok {
		err = pool.Close()
	}
	return errors.Join(err, app.BaseApp.Close())
}
