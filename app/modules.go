package app

import (
	"cosmossdk.io/core/appmodule"

	"github.com/cosmos/evm/x/erc20"
	erc20types "github.com/cosmos/evm/x/erc20/types"
	"github.com/cosmos/evm/x/feemarket"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	"github.com/cosmos/evm/x/vm"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	"github.com/cosmos/ibc-go/v11/modules/apps/transfer"
	ibctransfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	ibc "github.com/cosmos/ibc-go/v11/modules/core"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"
	ibctm "github.com/cosmos/ibc-go/v11/modules/light-clients/07-tendermint"

	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/x/auth"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	authzmodule "github.com/cosmos/cosmos-sdk/x/authz/module"
	"github.com/cosmos/cosmos-sdk/x/bank"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	"github.com/cosmos/cosmos-sdk/x/consensus"
	consensustypes "github.com/cosmos/cosmos-sdk/x/consensus/types"
	distr "github.com/cosmos/cosmos-sdk/x/distribution"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	"github.com/cosmos/cosmos-sdk/x/evidence"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	feegrantmodule "github.com/cosmos/cosmos-sdk/x/feegrant/module"
	"github.com/cosmos/cosmos-sdk/x/genutil"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	"github.com/cosmos/cosmos-sdk/x/gov"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	"github.com/cosmos/cosmos-sdk/x/mint"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	"github.com/cosmos/cosmos-sdk/x/slashing"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	"github.com/cosmos/cosmos-sdk/x/upgrade"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// modules is the one map of every module. The manager, the command line and the
// tests are built from it, so that none can miss a module.
func (app *App) modules() map[string]appmodule.AppModule {
	cdc, registry := app.appCodec, app.interfaceRegistry
	all := map[string]appmodule.AppModule{
		authtypes.ModuleName:      auth.NewAppModule(cdc, app.AccountKeeper, simAccounts, nil),
		banktypes.ModuleName:      bank.NewAppModule(cdc, app.BankKeeper, app.AccountKeeper, nil),
		stakingtypes.ModuleName:   staking.NewAppModule(cdc, app.StakingKeeper, app.AccountKeeper, app.BankKeeper, nil),
		minttypes.ModuleName:      mint.NewAppModule(cdc, app.MintKeeper, app.AccountKeeper, nil, nil),
		distrtypes.ModuleName:     distr.NewAppModule(cdc, app.DistrKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil),
		slashingtypes.ModuleName:  slashing.NewAppModule(cdc, app.SlashingKeeper, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, nil, registry),
		govtypes.ModuleName:       gov.NewAppModule(cdc, &app.GovKeeper, app.AccountKeeper, app.BankKeeper, nil),
		upgradetypes.ModuleName:   upgrade.NewAppModule(app.UpgradeKeeper, app.addressCodecs.account),
		evidencetypes.ModuleName:  evidence.NewAppModule(app.EvidenceKeeper),
		feegrant.ModuleName:       feegrantmodule.NewAppModule(cdc, app.AccountKeeper, app.BankKeeper, app.FeeGrantKeeper, registry),
		authz.ModuleName:          authzmodule.NewAppModule(cdc, app.AuthzKeeper, app.AccountKeeper, app.BankKeeper, registry),
		consensustypes.ModuleName: consensus.NewAppModule(cdc, app.ConsensusKeeper),
		genutiltypes.ModuleName:   genutil.NewAppModule(app.AccountKeeper, app.StakingKeeper, app, app.txConfig),

		ibcexported.ModuleName:      ibc.NewAppModule(app.IBCKeeper),
		ibctm.ModuleName:            ibctm.NewAppModule(app.tendermint),
		ibctransfertypes.ModuleName: transfer.NewAppModule(app.TransferKeeper),

		evmtypes.ModuleName: evmModule{
			AppModule: vm.NewAppModule(app.EVMKeeper, app.AccountKeeper, app.BankKeeper, app.addressCodecs.account),
			msgs:      app.EVMKeeper, queries: app.EVMKeeper, precompiles: app.precompiles,
		},
		feemarkettypes.ModuleName: feemarket.NewAppModule(app.FeeMarketKeeper),
		erc20types.ModuleName:     erc20.NewAppModule(app.Erc20Keeper, app.AccountKeeper),
	}
	for name, m := range app.zgModules() { // deterministic: fills a map, the order is not seen
		all[name] = m
	}
	return all
}

// newModules builds the managers and registers what the modules put on the wire.
func (app *App) newModules() {
	app.ModuleManager = module.NewManagerFromMap(app.modules())
	app.BasicModuleManager = module.NewBasicManagerFromManager(app.ModuleManager, app.genesisBasics())
	app.BasicModuleManager.RegisterLegacyAminoCodec(app.legacyAmino)
	app.BasicModuleManager.RegisterInterfaces(app.interfaceRegistry)
	app.simulation = module.NewSimulationManagerFromAppModules(app.ModuleManager.Modules, map[string]module.AppModuleSimulation{})
	app.simulation.RegisterStoreDecoders()
}
