package dasigners_test

import (
	"context"
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

	"github.com/zgd-network/zgd/x/dasigners"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// noBank holds nothing and owes nothing.
type noBank struct{ types.BankKeeper }

func (noBank) GetBalance(_ context.Context, _ sdk.AccAddress, denom string) sdk.Coin {
	return sdk.NewInt64Coin(denom, 0)
}

func newModule(t *testing.T) (dasigners.AppModule, sdk.Context, codec.Codec) {
	t.Helper()
	registry := codectypes.NewInterfaceRegistry()
	cdc := codec.NewProtoCodec(registry)
	key := storetypes.NewKVStoreKey(types.StoreKey)
	ctx := testutil.DefaultContextWithDB(t, key, storetypes.NewTransientStoreKey("unused")).Ctx
	m := dasigners.NewAppModule(keeper.NewKeeper(cdc, runtime.NewKVStoreService(key), keeper.Dependencies{
		Bank: noBank{}, Authority: "authority", IsDevelopment: func(string) bool { return true },
	}))
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
		&types.MsgRegisterSigner{}, &types.MsgSetBeaconKey{}, &types.MsgUpdateSocket{}, &types.MsgRotateKey{},
		&types.MsgRegisterNextEpoch{}, &types.MsgUnregisterSigner{}, &types.MsgDeposit{}, &types.MsgSubmitBlobs{},
		&types.MsgConfirmBatch{}, &types.MsgSubmitSample{}, &types.MsgOpenChallenge{}, &types.MsgAnswerChallenge{},
		&types.MsgSubmitFalseAttestation{}, &types.MsgClaimRewards{}, &types.MsgUpdateParams{},
	} {
		_, err := cdc.InterfaceRegistry().Resolve(sdk.MsgTypeURL(msg))
		require.NoError(t, err)
	}
	server := grpc.NewServer()
	require.NoError(t, m.RegisterServices(server))
	require.Len(t, server.GetServiceInfo()["zg.dasigners.v1.Msg"].Methods, 15)
	require.Len(t, server.GetServiceInfo()["zg.dasigners.v1.Query"].Methods, 22)
}

// A command of a method or field that does not exist would fail at start.
func TestCommandsExist(t *testing.T) {
	options := dasigners.AppModule{}.AutoCLIOptions()
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
