// Package dasigners is data availability: signers, quorums, and blobs from their
// submission to their confirmation.
package dasigners

import (
	"context"
	"encoding/json"
	"fmt"

	gwruntime "github.com/grpc-ecosystem/grpc-gateway/runtime"
	"google.golang.org/grpc"

	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/module"

	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

var (
	_ appmodule.AppModule        = AppModule{}
	_ appmodule.HasServices      = AppModule{}
	_ appmodule.HasBeginBlocker  = AppModule{}
	_ appmodule.HasEndBlocker    = AppModule{}
	_ module.HasGenesis          = AppModule{}
	_ module.HasConsensusVersion = AppModule{}
)

// AppModule is the door of x/dasigners into the app.
type AppModule struct{ keeper keeper.Keeper }

// NewAppModule wraps a keeper.
func NewAppModule(k keeper.Keeper) AppModule { return AppModule{keeper: k} }

// IsAppModule marks the type for the module manager.
func (AppModule) IsAppModule() {}

// IsOnePerModuleType marks the type for the module manager.
func (AppModule) IsOnePerModuleType() {}

// Name is the module's name.
func (AppModule) Name() string { return types.ModuleName }

// ConsensusVersion is raised with every state-breaking change.
func (AppModule) ConsensusVersion() uint64 { return 1 }

// RegisterInterfaces registers the messages.
func (AppModule) RegisterInterfaces(r codectypes.InterfaceRegistry) { types.RegisterInterfaces(r) }

// RegisterLegacyAminoCodec registers the messages for typed-data signatures.
func (AppModule) RegisterLegacyAminoCodec(cdc *codec.LegacyAmino) {
	types.RegisterLegacyAminoCodec(cdc)
}

// RegisterGRPCGatewayRoutes serves the queries over REST.
func (AppModule) RegisterGRPCGatewayRoutes(ctx client.Context, mux *gwruntime.ServeMux) {
	if err := types.RegisterQueryHandlerClient(context.Background(), mux, types.NewQueryClient(ctx)); err != nil {
		panic(err) // two modules with one route: a wiring mistake, at start only
	}
}

// RegisterServices opens the native and the reading door.
func (m AppModule) RegisterServices(r grpc.ServiceRegistrar) error {
	types.RegisterMsgServer(r, keeper.NewMsgServer(m.keeper))
	types.RegisterQueryServer(r, keeper.NewQueryServer(m.keeper))
	return nil
}

// DefaultGenesis is no signer and the parameters of the main network.
func (AppModule) DefaultGenesis(cdc codec.JSONCodec) json.RawMessage {
	return cdc.MustMarshalJSON(types.DefaultGenesis())
}

// ValidateGenesis checks a state before it is used.
func (AppModule) ValidateGenesis(cdc codec.JSONCodec, _ client.TxEncodingConfig, raw json.RawMessage) error {
	var g types.GenesisState
	if err := cdc.UnmarshalJSON(raw, &g); err != nil {
		return fmt.Errorf("decode genesis of %s: %w", types.ModuleName, err)
	}
	return g.Validate()
}

// InitGenesis writes a state; a bad one must stop the chain from starting.
func (m AppModule) InitGenesis(ctx sdk.Context, cdc codec.JSONCodec, raw json.RawMessage) {
	var g types.GenesisState
	cdc.MustUnmarshalJSON(raw, &g)
	if err := m.keeper.InitGenesis(ctx, g); err != nil {
		panic(err)
	}
}

// ExportGenesis reads the whole state.
func (m AppModule) ExportGenesis(ctx sdk.Context, cdc codec.JSONCodec) json.RawMessage {
	g, err := m.keeper.ExportGenesis(ctx)
	if err != nil {
		panic(err)
	}
	return cdc.MustMarshalJSON(g)
}

// BeginBlock freezes votes and turns epochs; it must run after the block's beacon
// was mixed, which a PreBlocker does.
func (m AppModule) BeginBlock(ctx context.Context) error { return m.keeper.BeginBlock(ctx) }

// EndBlock closes the block's list of confirmed blobs and lets others lapse.
func (m AppModule) EndBlock(ctx context.Context) error { return m.keeper.EndBlock(ctx) }
