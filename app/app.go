package app

import (
	"fmt"

	// register the native tracers (call, prestate, 4byte) of debug_traceTransaction
	_ "github.com/ethereum/go-ethereum/eth/tracers/native"

	"cosmossdk.io/log/v2"

	dbm "github.com/cosmos/cosmos-db"
	evmante "github.com/cosmos/evm/ante"
	evmserver "github.com/cosmos/evm/server"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/client"
	"github.com/cosmos/cosmos-sdk/codec"
	codectypes "github.com/cosmos/cosmos-sdk/codec/types"
	"github.com/cosmos/cosmos-sdk/runtime"
	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdkmempool "github.com/cosmos/cosmos-sdk/types/mempool"
	"github.com/cosmos/cosmos-sdk/types/module"
	"github.com/cosmos/cosmos-sdk/version"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

var (
	_ runtime.AppI          = (*App)(nil)
	_ evmserver.Application = (*App)(nil)
)

// App is the ABCI application with its keepers.
type App struct {
	*baseapp.BaseApp

	EVMChainID uint64 // of the compiled table, see chainid.go

	legacyAmino       *codec.LegacyAmino
	appCodec          codec.Codec
	interfaceRegistry codectypes.InterfaceRegistry
	txConfig          client.TxConfig
	addressCodecs     addressCodecs

	stores  stores
	queries *queryStore // nil when untuned

	sdkKeepers
	ibcKeepers
	evmKeepers
	zgKeepers

	ModuleManager      *module.Manager
	BasicModuleManager module.BasicManager
	configurator       module.Configurator
	simulation         *module.SimulationManager

	mempool            sdkmempool.ExtMempool // nil when mempool.max-txs is negative
	pendingTxListeners []evmante.PendingTxListener
	beaconSigners      []beacon.Signer

	ahead ahead
}

// Options say which chain is built and how.
type Options struct {
	Logger     log.Logger
	DB         dbm.DB
	ChainID    string // of genesis; it fixes the EVM chain id
	LoadLatest bool
	AppOptions servertypes.AppOptions // app.toml, config.toml and flags
	// BeaconSigners are a validator's beacon keys; the one that is effective on
	// chain signs. A node that proposes nothing needs none.
	BeaconSigners []beacon.Signer
	BaseApp       []func(*baseapp.BaseApp)

	withoutStorage bool // see WithoutStorage
	untuned        bool // see Untuned
}

// New builds the chain. It fails on a chain id that the table does not know and
// on a configured EVM chain id that contradicts it.
func New(o Options) (*App, error) {
	evmChainID, err := CheckEVMChainID(o.ChainID, configuredEVMChainID(o.AppOptions))
	if err != nil {
		return nil, err
	}
	return build(o, evmChainID)
}

// NewForCodecs builds an app that only lends its codecs and modules to a command
// line: no chain id, nothing loaded, no mempool.
func NewForCodecs() (*App, error) {
	return build(Options{Logger: log.NewNopLogger(), DB: dbm.NewMemDB(), AppOptions: codecOptions{}}, currentEVMChainID())
}

func build(o Options, evmChainID uint64) (*App, error) {
	if err := prepareEVMGlobals(evmChainID); err != nil {
		return nil, err
	}
	app := &App{EVMChainID: evmChainID, stores: newStores(o.withoutStorage), addressCodecs: newAddressCodecs()}
	app.openBase(o)

	// order matters inside and between these; README.md says why
	app.newSDKKeepers(o)
	app.newIBCKeepers()
	app.newEVMKeepers(o)
	app.newIBCStacks()
	app.newZGKeepers()
	app.setPrecompiles() // of all keepers

	app.newModules()
	app.setOrders()
	if err := app.registerServices(); err != nil {
		return nil, err
	}
	if err := app.registerUpgrades(o); err != nil {
		return nil, err
	}

	app.mountStores()
	if !o.untuned {
		app.setQueryStore()
	}
	app.setLifecycle()
	if err := app.setAnteHandler(o); err != nil {
		return nil, err
	}
	if err := app.setMempool(o); err != nil { // captures the ante handler: after it
		return nil, err
	}
	if err := app.setExecutor(o); err != nil {
		return nil, err
	}
	if o.LoadLatest {
		if err := app.LoadLatestVersion(); err != nil {
			return nil, fmt.Errorf("load latest state: %w", err)
		}
		app.hydrateEVM()
	}
	return app, nil
}

// openBase creates the BaseApp with its codecs.
func (app *App) openBase(o Options) {
	encoding := makeEncoding(app.EVMChainID)
	app.legacyAmino, app.appCodec = encoding.Amino, encoding.Codec
	app.interfaceRegistry, app.txConfig = encoding.InterfaceRegistry, encoding.TxConfig

	options := append([]func(*baseapp.BaseApp){
		baseapp.SetChainID(o.ChainID),
		app.ahead.option(),
	}, o.BaseApp...)
	app.BaseApp = baseapp.NewBaseApp(Name, o.Logger, o.DB, app.txConfig.TxDecoder(), options...)
	app.SetVersion(version.Version)
	app.SetInterfaceRegistry(app.interfaceRegistry)
	app.SetTxEncoder(app.txConfig.TxEncoder())
	app.SetDisableBlockGasMeter(true) // a parallel executor needs it off; proposal.go bounds block gas
}
