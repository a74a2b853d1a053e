package app

import (
	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
)

// What ibctesting.TestingApp asks for beyond BaseApp and AppCodec. Chains of one
// ibctesting coordinator take zg-ibctest-N as chain ids (chainid.go).

// GetBaseApp is the embedded BaseApp.
func (app *App) GetBaseApp() *baseapp.BaseApp { return app.BaseApp }

// GetIBCKeeper is the keeper of IBC core.
func (app *App) GetIBCKeeper() *ibckeeper.Keeper { return app.IBCKeeper }

// GetTxConfig is TxConfig under the name that ibctesting uses.
func (app *App) GetTxConfig() client.TxConfig { return app.txConfig }
