package app

import (
	"github.com/cosmos/evm/x/erc20"
	erc20v2 "github.com/cosmos/evm/x/erc20/v2"
	"github.com/cosmos/ibc-go/v11/modules/apps/transfer"
	transferkeeper "github.com/cosmos/ibc-go/v11/modules/apps/transfer/keeper"
	ibctransfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	transferv2 "github.com/cosmos/ibc-go/v11/modules/apps/transfer/v2"
	porttypes "github.com/cosmos/ibc-go/v11/modules/core/05-port/types"
	ibcapi "github.com/cosmos/ibc-go/v11/modules/core/api"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibckeeper "github.com/cosmos/ibc-go/v11/modules/core/keeper"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"
)

// ibcKeepers are the keepers of IBC.
type ibcKeepers struct {
	IBCKeeper      *ibckeeper.Keeper
	TransferKeeper *transferkeeper.Keeper
	tendermint     ibctm.LightClientModule
}

// newIBCKeepers builds core and transfer. Transfer comes before the EVM, whose
// erc20 keeper holds it.
func (app *App) newIBCKeepers() {
	app.IBCKeeper = ibckeeper.NewKeeper(app.appCodec, app.service(ibcexported.StoreKey), app.UpgradeKeeper, Authority())
	app.TransferKeeper = transferkeeper.NewKeeper(app.appCodec, app.addressCodecs.account,
		app.service(ibctransfertypes.StoreKey), app.IBCKeeper.ChannelKeeper, app.MsgServiceRouter(),
		app.AccountKeeper, app.BankKeeper, Authority())
}

// newIBCStacks routes packets. A received packet goes down, a sent one up:
//
//	channel (v1)              channel (v2)
//	erc20 middleware          erc20 middleware      vouchers become ERC-20 tokens
//	transfer                  transfer
//
// Light clients: Tendermint only. There are no callbacks into contracts, no
// interchain accounts and no forwarding: each is a way into the EVM or into the
// message router that nothing here needs.
func (app *App) newIBCStacks() {
	v1 := porttypes.NewRouter()
	v1.AddRoute(ibctransfertypes.ModuleName,
		erc20.NewIBCMiddleware(app.Erc20Keeper, transfer.NewIBCModule(app.TransferKeeper)))
	app.IBCKeeper.SetRouter(v1)

	v2 := ibcapi.NewRouter()
	v2.AddRoute(ibctransfertypes.ModuleName,
		erc20v2.NewIBCMiddleware(transferv2.NewIBCModule(app.TransferKeeper), app.Erc20Keeper))
	app.IBCKeeper.SetRouterV2(v2)

	clients := app.IBCKeeper.ClientKeeper
	app.tendermint = ibctm.NewLightClientModule(app.appCodec, clients.GetStoreProvider())
	clients.AddRoute(ibctm.ModuleName, &app.tendermint)
}
