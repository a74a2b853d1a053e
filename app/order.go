package app

import (
	erc20types "github.com/cosmos/evm/x/erc20/types"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	ibctransfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"
	ibcexported "github.com/cosmos/ibc-go/v11/modules/core/exported"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	evidencetypes "github.com/cosmos/cosmos-sdk/x/evidence/types"
	"github.com/cosmos/cosmos-sdk/x/feegrant"
	genutiltypes "github.com/cosmos/cosmos-sdk/x/genutil/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
	upgradetypes "github.com/cosmos/cosmos-sdk/x/upgrade/types"
)

// The manager panics at start when a module with a hook is missing in its list,
// so only modules that act are listed.

// PreBlockOrder: an upgrade must run before anything else reads state.
var PreBlockOrder = []string{
	upgradetypes.ModuleName, // runs a planned migration
	authtypes.ModuleName,    // forgets unordered transactions that timed out
	evmtypes.ModuleName,     // restores coin info into process globals after a restart
}

// BeginBlockOrder: ours stand before modules that do not touch their state.
var BeginBlockOrder = append(append([]string{}, zgBeginBlockOrder...),
	minttypes.ModuleName,      // new coins to the fee collector,
	distrtypes.ModuleName,     // which distribution pays out, before
	slashingtypes.ModuleName,  // slashing takes (the pool must be empty by then)
	evidencetypes.ModuleName,  // and punishes double signers
	stakingtypes.ModuleName,   // keeps the headers that IBC clients read
	authz.ModuleName,          // drops grants that ended
	ibcexported.ModuleName,    // keeps consensus states for an upgrade
	feemarkettypes.ModuleName, // sets the base fee,
	evmtypes.ModuleName,       // which the EVM reads
)

// EndBlockOrder: bank first, because it settles the virtual fees of this block;
// fee market last, because it reads the gas that the block used.
var EndBlockOrder = append(append([]string{
	banktypes.ModuleName,
	govtypes.ModuleName,
	stakingtypes.ModuleName, // the one module that returns validator updates
}, zgEndBlockOrder...),
	feegrant.ModuleName,
	evmtypes.ModuleName,
	feemarkettypes.ModuleName,
)

// GenesisOrder: accounts and balances first, ours after bank and staking,
// genutil after everything that an ante handler reads (it delivers the gentxs).
var GenesisOrder = append(append([]string{
	authtypes.ModuleName,
	banktypes.ModuleName,
	distrtypes.ModuleName,
	stakingtypes.ModuleName,
	slashingtypes.ModuleName,
	govtypes.ModuleName,
	minttypes.ModuleName,
	ibcexported.ModuleName,
	evmtypes.ModuleName,
	feemarkettypes.ModuleName,
	erc20types.ModuleName,
	ibctransfertypes.ModuleName,
}, zgGenesisOrder...),
	genutiltypes.ModuleName,
	evidencetypes.ModuleName,
	authz.ModuleName,
	feegrant.ModuleName,
	upgradetypes.ModuleName,
)

// setOrders gives the lists to the manager.
func (app *App) setOrders() {
	m := app.ModuleManager
	m.SetOrderPreBlockers(PreBlockOrder...)
	m.SetOrderBeginBlockers(BeginBlockOrder...)
	m.SetOrderEndBlockers(EndBlockOrder...)
	m.SetOrderInitGenesis(GenesisOrder...)
	m.SetOrderExportGenesis(GenesisOrder...)
	m.SetOrderPrecommiters()
	m.SetOrderPrepareCheckStaters()
}
