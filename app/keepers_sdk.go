package app

import (
	"github.com/spf13/cast"

	"cosmossdk.io/core/store"

	"github.com/cosmos/cosmos-sdk/client/flags"
	"github.com/cosmos/cosmos-sdk/runtime"
	sdkserver "github.com/cosmos/cosmos-sdk/server"
	sdk "github.com/cosmos/cosmos-sdk/types"
	signingtypes "github.com/cosmos/cosmos-sdk/types/tx/signing"
	authkeeper "github.com/cosmos/cosmos-sdk/x/auth/keeper"
	authtx "github.com/cosmos/cosmos-sdk/x/auth/tx"
	txmodule "github.com/cosmos/cosmos-sdk/x/auth/tx/config"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	authzkeeper "github.com/cosmos/cosmos-sdk/x/authz/keeper"
	bankkeeper "github.com/cosmos/cosmos-sdk/x/bank/keeper"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	consensuskeeper "github.com/cosmos/cosmos-sdk/x/consensus/keeper"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distrkeeper "github.com/cosmos/cosmos-sdk/x/distribution/keeper"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencekeeper "github.com/cosmos/cosmos-sdk/x/evidence/keeper"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantkeeper "github.com/cosmos/cosmos-sdk/x/feegrant/keeper"
	govkeeper "github.com/cosmos/cosmos-sdk/x/gov/keeper"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	govv1beta1 "github.com/cosmos/cosmos-sdk/x/gov/types/v1beta1"
	mintkeeper "github.com/cosmos/cosmos-sdk/x/mint/keeper"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingkeeper "github.com/cosmos/cosmos-sdk/x/slashing/keeper"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingkeeper "github.com/cosmos/cosmos-sdk/x/staking/keeper"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradekeeper "github.com/cosmos/cosmos-sdk/x/upgrade/keeper"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// sdkKeepers are the keepers of the SDK's modules.
type sdkKeepers struct {
	ConsensusKeeper consensuskeeper.Keeper
	AccountKeeper   authkeeper.AccountKeeper
	BankKeeper      bankkeeper.Keeper
	StakingKeeper   *stakingkeeper.Keeper
	MintKeeper      mintkeeper.Keeper
	DistrKeeper     distrkeeper.Keeper
	SlashingKeeper  slashingkeeper.Keeper
	FeeGrantKeeper  feegrantkeeper.Keeper
	AuthzKeeper     authzkeeper.Keeper
	UpgradeKeeper   *upgradekeeper.Keeper
	GovKeeper       govkeeper.Keeper
	EvidenceKeeper  evidencekeeper.Keeper
}

// newSDKKeepers builds them in dependency order.
func (app *App) newSDKKeepers(o Options) {
	authority := Authority()
	app.ConsensusKeeper = consensuskeeper.NewKeeper(app.appCodec, app.service(consensustypes.StoreKey), authority, runtime.EventService{})
	app.SetParamStore(app.ConsensusKeeper.ParamsStore)

	app.AccountKeeper = authkeeper.NewAccountKeeper(app.appCodec, app.service(authtypes.StoreKey),
		authtypes.ProtoBaseAccount, ModuleAccounts(), app.addressCodecs.account,
		sdk.GetConfig().GetBech32AccountAddrPrefix(), authority)
	app.BankKeeper = bankkeeper.NewBaseKeeper(app.appCodec, app.service(banktypes.StoreKey),
		app.AccountKeeper, BlockedAddresses(), authority, o.Logger)
	app.BankKeeper = app.BankKeeper.WithObjStoreKey(app.stores.object[banktypes.ObjectStoreKey]) // virtual fees
	app.enableTextual()

	app.newStakingKeepers(authority)
	app.FeeGrantKeeper = feegrantkeeper.NewKeeper(app.appCodec, app.service(feegrant.StoreKey), app.AccountKeeper)
	app.AuthzKeeper = authzkeeper.NewKeeper(app.service(authzkeeper.StoreKey), app.appCodec, app.MsgServiceRouter(), app.AccountKeeper)
	app.UpgradeKeeper = upgradekeeper.NewKeeper(skipUpgradeHeights(o), app.service(upgradetypes.StoreKey),
		app.appCodec, cast.ToString(o.AppOptions.Get(flags.FlagHome)), app.BaseApp, authority)
	app.GovKeeper = *govkeeper.NewKeeper(app.appCodec, app.service(govtypes.StoreKey), app.AccountKeeper, app.BankKeeper,
		app.DistrKeeper, app.MsgServiceRouter(), govtypes.DefaultConfig(), authority,
		govkeeper.NewDefaultCalculateVoteResultsAndVotingPower(app.StakingKeeper))
	// proposals of the old form carry text only; without a router they panic
	app.GovKeeper.SetLegacyRouter(govv1beta1.NewRouter().AddRoute(govtypes.RouterKey, govv1beta1.ProposalHandler))
	app.EvidenceKeeper = *evidencekeeper.NewKeeper(app.appCodec, app.service(evidencetypes.StoreKey),
		app.StakingKeeper, app.SlashingKeeper, app.addressCodecs.account, runtime.ProvideCometInfoService())
}

// newStakingKeepers builds staking and those that hook into it.
func (app *App) newStakingKeepers(authority string) {
	app.StakingKeeper = stakingkeeper.NewKeeper(app.appCodec, app.service(stakingtypes.StoreKey), app.AccountKeeper,
		app.BankKeeper, authority, app.addressCodecs.validator, app.addressCodecs.consensus)
	app.MintKeeper = mintkeeper.NewKeeper(app.appCodec, app.service(minttypes.StoreKey), app.StakingKeeper,
		app.AccountKeeper, app.BankKeeper, authtypes.FeeCollectorName, authority)
	app.DistrKeeper = distrkeeper.NewKeeper(app.appCodec, app.service(distrtypes.StoreKey), app.AccountKeeper,
		app.BankKeeper, app.StakingKeeper, authtypes.FeeCollectorName, authority)
	app.SlashingKeeper = slashingkeeper.NewKeeper(app.appCodec, app.legacyAmino, app.service(slashingtypes.StoreKey),
		app.StakingKeeper, authority)
	app.StakingKeeper.SetHooks(stakingtypes.NewMultiStakingHooks(app.DistrKeeper.Hooks(), app.SlashingKeeper.Hooks()))
}

// enableTextual adds the human-readable sign mode, which reads denom metadata.
func (app *App) enableTextual() {
	config, err := authtx.NewTxConfigWithOptions(app.appCodec, authtx.ConfigOptions{
		EnabledSignModes:           append(authtx.DefaultSignModes, signingtypes.SignMode_SIGN_MODE_TEXTUAL),
		TextualCoinMetadataQueryFn: txmodule.NewBankKeeperCoinMetadataQueryFn(app.BankKeeper),
	})
	if err != nil {
		panic(err) // a wiring mistake: the modes are constants
	}
	app.txConfig = config
}

// service is the store of one module as its keeper sees it.
func (app *App) service(name string) store.KVStoreService {
	key, ok := app.stores.kv[name]
	if !ok {
		panic("store " + name + " is missing in stores.go") // a wiring mistake
	}
	return runtime.NewKVStoreService(key)
}

func skipUpgradeHeights(o Options) map[int64]bool {
	skip := map[int64]bool{}
	for _, height := range cast.ToIntSlice(o.AppOptions.Get(sdkserver.FlagUnsafeSkipUpgrades)) {
		skip[int64(height)] = true
	}
	return skip
}
