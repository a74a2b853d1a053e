package app_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/cosmos/gogoproto/proto"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	protov2 "google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	autocliv1 "cosmossdk.io/api/cosmos/autocli/v1"
	msgv1 "cosmossdk.io/api/cosmos/msg/v1"
	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	"github.com/cosmos/cosmos-sdk/types/msgservice"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	datypes "github.com/zgd-network/zgd/x/dasigners/types"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

func TestModuleAccountsArePinnedAndBlocked(t *testing.T) {
	accounts := app.ModuleAccounts()
	require.Equal(t, map[string][]string{
		"fee_collector": nil, "distribution": nil, "feemarket": nil, "flow": nil, "pora": nil, "dasigners": nil,
		"mint":               {"minter"},
		"gov":                {"burner"},
		"bonded_tokens_pool": {"burner", "staking"}, "not_bonded_tokens_pool": {"burner", "staking"},
		"transfer": {"minter", "burner"}, "evm": {"minter", "burner"}, "erc20": {"minter", "burner"},
	}, accounts)
	chain := apptest.New(t)
	for name := range accounts {
		address := authtypes.NewModuleAddress(name)
		require.True(t, app.BlockedAddresses()[address.String()], "%s is not blocked", name)
		require.True(t, chain.App.BankKeeper.BlockedAddr(address), "the bank does not block %s", name)
	}
	require.False(t, chain.App.BankKeeper.BlockedAddr(chain.Accounts[0].Address))
}

func TestTrackedKeysAreAllMountedStores(t *testing.T) {
	chain := apptest.New(t)
	mounted := chain.App.CommitMultiStore().(interface {
		StoreKeysByName() map[string]storetypes.StoreKey
	}).StoreKeysByName()
	tracked := map[string]storetypes.StoreKey{}
	for _, key := range chain.App.TrackedKeys() {
		switch key.(type) {
		case *storetypes.KVStoreKey, *storetypes.ObjectStoreKey:
		default:
			t.Errorf("%s is a %T: BlockSTM versions KV and object stores only", key.Name(), key)
		}
		tracked[key.Name()] = key
	}
	require.Equal(t, mounted, tracked)
	require.Contains(t, tracked, "flow")
	require.Contains(t, tracked, "pora")
	require.Contains(t, tracked, "dasigners")
}

func TestOrdersNameEachModuleOnce(t *testing.T) {
	chain := apptest.New(t)
	for name, order := range map[string][]string{
		"pre-block": app.PreBlockOrder, "begin-block": app.BeginBlockOrder, "end-block": app.EndBlockOrder, "genesis": app.GenesisOrder,
	} {
		seen := map[string]bool{}
		for _, module := range order {
			require.Contains(t, chain.App.ModuleManager.Modules, module, name)
			require.False(t, seen[module], "%s lists %s twice", name, module)
			seen[module] = true
		}
	}
	require.Equal(t, []string{"flow", "pora", "dasigners"}, app.BeginBlockOrder[:3])
	begin, end, genesis := position(app.BeginBlockOrder), position(app.EndBlockOrder), position(app.GenesisOrder)
	require.Less(t, begin("feemarket"), begin("evm"))
	require.Less(t, begin("distribution"), begin("slashing"))
	require.Zero(t, end("bank"), "bank settles the virtual fees first")
	require.Equal(t, len(app.EndBlockOrder)-1, end("feemarket"), "fee market reads the gas of the whole block")
	for _, before := range []string{"bank", "staking"} {
		require.Less(t, genesis(before), genesis("flow"))
		require.Less(t, genesis(before), genesis("dasigners"))
	}
	require.Less(t, end("staking"), end("dasigners"))
	require.Less(t, genesis("flow"), genesis("pora"))
	for _, before := range []string{"pora", "dasigners", "evm", "feemarket", "erc20", "transfer"} {
		require.Less(t, genesis(before), genesis("genutil"))
	}
}

func position(order []string) func(string) int {
	return func(module string) int { return slices.Index(order, module) }
}

func TestEveryModuleWithCommandsIsOnTheCommandLine(t *testing.T) {
	chain := apptest.New(t)
	root := &cobra.Command{Use: "zgd"}
	query, tx := &cobra.Command{Use: "query"}, &cobra.Command{Use: "tx"}
	root.AddCommand(query, tx)
	options := chain.App.AutoCLI()
	require.NoError(t, options.EnhanceRootCommand(root))
	checked := 0
	for name, module := range chain.App.ModuleManager.Modules {
		described, ok := module.(interface {
			AutoCLIOptions() *autocliv1.ModuleOptions
		})
		if !ok {
			continue
		}
		o := described.AutoCLIOptions()
		if o.Query != nil {
			require.True(t, hasCommand(query, name), "query %s is missing", name)
			checked++
		}
		if o.Tx != nil {
			require.True(t, hasCommand(tx, name), "tx %s is missing", name)
			checked++
		}
	}
	require.Greater(t, checked, 10)
	for _, name := range []string{"flow", "pora", "dasigners", "evm", "bank"} {
		require.True(t, hasCommand(query, name), "query %s", name)
		require.True(t, hasCommand(tx, name), "tx %s", name)
	}
}

func hasCommand(parent *cobra.Command, name string) bool {
	return slices.ContainsFunc(parent.Commands(), func(c *cobra.Command) bool { return c.Name() == name || c.HasAlias(name) })
}

func TestEveryMessageHasASigner(t *testing.T) {
	chain := apptest.New(t)
	files, err := proto.MergedRegistry()
	require.NoError(t, err)
	require.NoError(t, msgservice.ValidateProtoAnnotations(files))
	custom := []string{"/cosmos.evm.vm.v1.MsgEthereumTx"} // signed as Ethereum does
	urls := chain.App.InterfaceRegistry().ListImplementations(sdk.MsgInterfaceProtoName)
	require.Contains(t, urls, "/zg.pora.v1.MsgSubmitProof")
	require.Contains(t, urls, "/zg.dasigners.v1.MsgConfirmBatch")
	for _, url := range urls {
		if strings.HasSuffix(url, "Response") || slices.Contains(custom, url) {
			continue
		}
		descriptor, err := files.FindDescriptorByName(protoreflect.FullName(url[1:]))
		require.NoError(t, err, url)
		signers, _ := protov2.GetExtension(descriptor.Options(), msgv1.E_Signer).([]string)
		require.NotEmpty(t, signers, "%s names no signer: add option (cosmos.msg.v1.signer)", url)
	}
}

// A wallet's typed data in the amino sign mode is checked by decoding it with the
// app's legacy codec, so each of our modules has to be in it.
func TestOurMessagesAreInTheLegacyCodec(t *testing.T) {
	amino := apptest.New(t).App.LegacyAmino()
	for name, msg := range map[string]sdk.Msg{
		"zg/x/flow/MsgSubmit":                &flowtypes.MsgSubmit{},
		"zg/x/pora/MsgSubmitProof":           &poratypes.MsgSubmitProof{},
		"zg/x/dasigners/MsgConfirmBatch":     &datypes.MsgConfirmBatch{},
		"zg/x/dasigners/MsgFalseAttestation": &datypes.MsgSubmitFalseAttestation{},
	} {
		raw, err := amino.MarshalJSON(msg)
		require.NoError(t, err, name)
		require.Contains(t, string(raw), `"type":"`+name+`"`)
	}
}

func TestVestingIsNotInTheApp(t *testing.T) {
	chain := apptest.New(t)
	for _, url := range []string{"/cosmos.vesting.v1beta1.MsgCreateVestingAccount", "/cosmos.vesting.v1beta1.MsgCreatePeriodicVestingAccount"} {
		require.Nil(t, chain.App.MsgServiceRouter().HandlerByTypeURL(url), url)
		_, err := chain.App.InterfaceRegistry().Resolve(url)
		require.Error(t, err, "%s decodes", url)
	}
	require.NotNil(t, chain.App.MsgServiceRouter().HandlerByTypeURL("/zg.flow.v1.MsgSubmit"), "the counter-example")
}

func TestGenesisSpeaksOneDenom(t *testing.T) {
	chain := apptest.New(t)
	state := chain.App.DefaultGenesis()
	text, err := json.Marshal(state)
	require.NoError(t, err)
	for _, foreign := range []string{`"stake"`, "atom", "aevmos", "atest"} {
		require.False(t, strings.Contains(string(text), foreign), "genesis names %s", foreign)
	}
	ctx := chain.Ctx()
	bond, err := chain.App.StakingKeeper.BondDenom(ctx)
	require.NoError(t, err)
	mint, err := chain.App.MintKeeper.Params.Get(ctx)
	require.NoError(t, err)
	gov, err := chain.App.GovKeeper.Params.Get(ctx)
	require.NoError(t, err)
	vm := chain.App.EVMKeeper.GetParams(ctx)
	for name, denom := range map[string]string{
		"staking": bond, "mint": mint.MintDenom, "evm": vm.EvmDenom, "evm extended": vm.ExtendedDenomOptions.ExtendedDenom,
		"gov": gov.MinDeposit[0].Denom, "gov expedited": gov.ExpeditedMinDeposit[0].Denom,
		"coin info": evmtypes.GetEVMCoinDenom(), "coin info extended": evmtypes.GetEVMCoinExtendedDenom(),
	} {
		require.Equal(t, app.BaseDenom, denom, name)
	}
	require.EqualValues(t, app.Decimals, evmtypes.GetEVMCoinDecimals())
	fees := chain.App.FeeMarketKeeper.GetParams(ctx)
	require.Equal(t, sdkmath.LegacyNewDec(app.MinGasPrice), fees.MinGasPrice)
	require.True(t, fees.MinGasMultiplier.IsZero())
	require.False(t, fees.BaseFee.LT(fees.MinGasPrice))
}

func TestGenesisWithAPrecompileThatIsNotThereIsRefused(t *testing.T) {
	chain := apptest.New(t)
	active := chain.App.EVMKeeper.GetParams(chain.Ctx()).ActiveStaticPrecompiles
	require.True(t, slices.IsSorted(active))
	for _, off := range []string{evmtypes.ICS20PrecompileAddress, evmtypes.VestingPrecompileAddress, evmtypes.ICS02PrecompileAddress} {
		require.NotContains(t, active, off)
		authority := app.Authority()
		params := chain.App.EVMKeeper.GetParams(chain.Ctx())
		params.ActiveStaticPrecompiles = []string{off}
		handler := chain.App.MsgServiceRouter().Handler(&evmtypes.MsgUpdateParams{})
		_, err := handler(chain.Ctx(), &evmtypes.MsgUpdateParams{Authority: authority, Params: params})
		require.ErrorContains(t, err, "is not in this binary", "governance activates %s", off)
		params.ActiveStaticPrecompiles = []string{evmtypes.StakingPrecompileAddress}
		_, err = handler(chain.Ctx(), &evmtypes.MsgUpdateParams{Authority: authority, Params: params})
		require.NoError(t, err, "one that the binary has")
	}
}

func TestModuleSetIsPinned(t *testing.T) {
	chain := apptest.New(t)
	require.Equal(t, []string{
		"07-tendermint", "auth", "authz", "bank", "consensus", "dasigners", "distribution", "erc20", "evidence", "evm", "feegrant", "feemarket",
		"flow", "genutil", "gov", "ibc", "mint", "pora", "slashing", "staking", "transfer", "upgrade",
	}, slices.Sorted(maps.Keys(chain.App.ModuleManager.Modules)))
}
