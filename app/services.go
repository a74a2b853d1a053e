package app

import (
	"fmt"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	reflectionv1 "cosmossdk.io/api/cosmos/reflection/v1"
	"cosmossdk.io/client/v2/autocli"
	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/client/grpc/cmtservice"
	"github.com/cosmos/cosmos-sdk/client/grpc/node"
	runtimeservices "github.com/cosmos/cosmos-sdk/runtime/services"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	"github.com/cosmos/cosmos-sdk/server/api"
	serverconfig "github.com/cosmos/cosmos-sdk/server/config"
	"github.com/cosmos/cosmos-sdk/types/module"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
)

// registerServices opens the modules' message and query doors, and the services
// by which clients discover them.
func (app *App) registerServices() error {
	app.configurator = module.NewConfigurator(app.appCodec, app.MsgServiceRouter(), app.GRPCQueryRouter())
	if err := app.ModuleManager.RegisterServices(app.configurator); err != nil {
		return fmt.Errorf("register module services: %w", err)
	}
	autocliv1.RegisterQueryServer(app.GRPCQueryRouter(), runtimeservices.NewAutoCLIQueryService(app.ModuleManager.Modules))
	reflection, err := runtimeservices.NewReflectionService()
	if err != nil {
		return fmt.Errorf("reflection service: %w", err)
	}
	reflectionv1.RegisterReflectionServiceServer(app.GRPCQueryRouter(), reflection)
	return nil
}

// AutoCLI are the options of the generated tx and query commands. They come from
// the same modules as the manager: a module without a Name method would vanish
// from the command line if it were asked for one.
func (app *App) AutoCLI() autocli.AppOptions {
	modules := make(map[string]appmodule.AppModule, len(app.ModuleManager.Modules))
	for name, m := range app.ModuleManager.Modules { // deterministic: fills a map, the order is not seen
		modules[name] = m.(appmodule.AppModule)
	}
	return autocli.AppOptions{
		Modules:               modules,
		ModuleOptions:         runtimeservices.ExtractAutoCLIOptions(app.ModuleManager.Modules),
		AddressCodec:          app.addressCodecs.account,
		ValidatorAddressCodec: app.addressCodecs.validator,
		ConsensusAddressCodec: app.addressCodecs.consensus,
	}
}

// RegisterAPIRoutes serves REST and the Swagger page.
func (app *App) RegisterAPIRoutes(server *api.Server, config serverconfig.APIConfig) {
	ctx, mux := server.ClientCtx, server.GRPCGatewayRouter
	authtx.RegisterGRPCGatewayRoutes(ctx, mux)
	cmtservice.RegisterGRPCGatewayRoutes(ctx, mux)
	node.RegisterGRPCGatewayRoutes(ctx, mux)
	app.BasicModuleManager.RegisterGRPCGatewayRoutes(ctx, mux)
	if err := sdkserver.RegisterSwaggerAPI(ctx, server.Router, config.Swagger); err != nil {
		panic(err) // the page is compiled in
	}
}

// RegisterTxService serves simulation and broadcast.
func (app *App) RegisterTxService(ctx client.Context) {
	authtx.RegisterTxService(app.GRPCQueryRouter(), ctx, app.Simulate, app.interfaceRegistry)
}

// RegisterTendermintService serves blocks and validators.
func (app *App) RegisterTendermintService(ctx client.Context) {
	cmtservice.RegisterTendermintService(ctx, app.GRPCQueryRouter(), app.interfaceRegistry, app.Query)
}

// RegisterNodeService serves the node's own settings.
func (app *App) RegisterNodeService(ctx client.Context, config serverconfig.Config) {
	node.RegisterNodeService(ctx, app.GRPCQueryRouter(), config, func() int64 {
		return app.CommitMultiStore().EarliestVersion()
	})
}
