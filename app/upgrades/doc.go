// Package upgrades lists the on-chain upgrades that this binary can run.
//
// One upgrade is one folder upgrades/<name> with upgrade.go and a README.md that
// says what changes, who must act and how it was tried. It is added to [All].
package upgrades

import (
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/types/module"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// Upgrade is one planned change of the state machine.
type Upgrade struct {
	// Name is what the governance proposal names.
	Name string
	// Stores are added, renamed or deleted when the new binary starts.
	Stores storetypes.StoreUpgrades
	// Handler migrates the state in the upgrade block; nil runs the modules'
	// registered migrations and nothing else.
	Handler func(*module.Manager, module.Configurator) upgradetypes.UpgradeHandler
}

// All are the upgrades of this binary, oldest first.
var All []Upgrade
