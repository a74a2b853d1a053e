package pora_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	gogoproto "github.com/cosmos/gogoproto/proto"

	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	"github.com/cosmos/cosmos-sdk/testutil"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/pora"
	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/types"
)

func newModule(t *testing.T) (pora.AppModule, sdk.Context, codec.Codec) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cdc := codec.NewProtoCodec(registry)
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(t, key, storetypes.NewTransientStoreKey("unused")).Ctx
	m := pora.NewAppModule(keeper.NewKeeper(cdc, runtime.NewKVStoreService(key), nil, nil, "authority"))
	m.RegisterInterfaces(registry)
	return m, ctx, cdc
}

func TestGenesisThroughTheDoor(t *testing.T) {
	m, ctx, cdc := newModule(t)
	raw := m.DefaultGenesis(cdc)
	require.NoError(t, m.ValidateGenesis(cdc, nil, raw))
	require.Error(t, m.ValidateGenesis(cdc, nil, []byte(`{"params":{}}`)))
	require.Error(t, m.ValidateGenesis(cdc, nil, []byte(`[`)))
	m.InitGenesis(ctx, cdc, raw)
	require.JSONEq(t, string(raw), string(m.ExportGenesis(ctx, cdc)))
}

// Every message resolves, and the services are where the app expects them.
func TestServices(t *testing.T) {
	m, _, cdc := newModule(t)
	for _, msg := range []sdk.Msg{
		&types.MsgRegisterMiner{}, &types.MsgSetBeneficiary{}, &types.MsgClaimRange{}, &types.MsgReleaseRange{},
		&types.MsgSubmitProof{}, &types.MsgWithdraw{}, &types.MsgUpdateParams{},
	} {
		_, err := cdc.InterfaceRegistry().Resolve(sdk.MsgTypeURL(msg))
		require.NoError(t, err)
	}
	server := grpc.NewServer()
	require.NoError(t, m.RegisterServices(server))
	require.Len(t, server.GetServiceInfo()["zg.pora.v1.Msg"].Methods, 7)
	require.Len(t, server.GetServiceInfo()["zg.pora.v1.Query"].Methods, 9)
}

// A command of a method or field that does not exist would fail at start.
func TestCommandsExist(t *testing.T) {
	options := pora.AppModule{}.AutoCLIOptions()
	for _, service := range []*autocliv1.ServiceCommandDescriptor{options.Query, options.Tx} {
		found, err := gogoproto.HybridResolver.FindDescriptorByName(protoreflect.FullName(service.Service))
		require.NoError(t, err)
		methods := found.(protoreflect.ServiceDescriptor).Methods()
		require.Len(t, service.RpcCommandOptions, methods.Len(), "every method is named or skipped")
		for _, command := range service.RpcCommandOptions {
			method := methods.ByName(protoreflect.Name(command.RpcMethod))
			require.NotNil(t, method, command.RpcMethod)
			for _, arg := range command.PositionalArgs {
				require.NotNil(t, method.Input().Fields().ByName(protoreflect.Name(arg.ProtoField)), "%s.%s", command.RpcMethod, arg.ProtoField)
			}
		}
	}
}
