package app

import (
	"context"
	"fmt"

	"github.com/spf13/cast"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"

	"github.com/zgd-network/zgd/app/upgrades"
)

// registerUpgrades gives every known upgrade to x/upgrade and, when the node
// restarts at an upgrade height, changes the set of stores while loading. An app
// that lends its codecs has no home.
func (app *App) registerUpgrades(o Options) error {
	var pending upgradetypes.Plan
	if home := cast.ToString(o.AppOptions.Get(flags.FlagHome)); home != "" { // without one, reading would make data/ in the working directory
		var err error
		if pending, err = app.UpgradeKeeper.ReadUpgradeInfoFromDisk(); err != nil {
			return fmt.Errorf("read data/upgrade-info.json: %w", err)
		}
	}
	for _, upgrade := range upgrades.All {
		var handler upgradetypes.UpgradeHandler = app.runMigrations
		if upgrade.Handler != nil {
			handler = upgrade.Handler(app.ModuleManager, app.configurator)
		}
		app.UpgradeKeeper.SetUpgradeHandler(upgrade.Name, handler)
		if pending.Name == upgrade.Name && !app.UpgradeKeeper.IsSkipHeight(pending.Height) {
			stores := upgrade.Stores
			app.SetStoreLoader(upgradetypes.UpgradeStoreLoader(pending.Height, &stores))
		}
	}
	return nil
}

// runMigrations runs what the modules registered for their versions.
func (app *App) runMigrations(ctx context.Context, _ upgradetypes.Plan, from module.VersionMap) (module.VersionMap, error) {
	return app.ModuleManager.RunMigrations(ctx, app.configurator, from)
}
