package app

import (
	"github.com/spf13/cast"

	srvflags "github.com/cosmos/evm/server/flags"
	erc20keeper "github.com/cosmos/evm/x/erc20/keeper"
	erc20types "github.com/cosmos/evm/x/erc20/types"
	feemarketkeeper "github.com/cosmos/evm/x/feemarket/keeper"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmkeeper "github.com/cosmos/evm/x/vm/keeper"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
)

// evmKeepers are the keepers of cosmos/evm.
type evmKeepers struct {
	FeeMarketKeeper feemarketkeeper.Keeper
	EVMKeeper       *evmkeeper.Keeper
	Erc20Keeper     erc20keeper.Keeper
	precompiles     precompileSet        // see setPrecompiles
	ownContracts    []*contract.Contract // those of our modules
}

// newEVMKeepers builds fee market, EVM and ERC-20. EVM and erc20 need each
// other: the EVM gets the address of a keeper that is filled in afterwards.
func (app *App) newEVMKeepers(o Options) {
	authority := sdk.MustAccAddressFromBech32(Authority())
	app.FeeMarketKeeper = feemarketkeeper.NewKeeper(app.appCodec, authority, app.stores.kv[feemarkettypes.StoreKey])
	app.EVMKeeper = evmkeeper.NewKeeper(
		app.appCodec, app.stores.kv[evmtypes.StoreKey], app.stores.object[evmtypes.ObjectKey], app.stores.tracked,
		authority, app.AccountKeeper, app.BankKeeper, app.StakingKeeper, app.FeeMarketKeeper,
		&app.ConsensusKeeper, nativeTokens{&app.Erc20Keeper}, app.EVMChainID,
		cast.ToString(o.AppOptions.Get(srvflags.EVMTracer)),
	)
	// Fees gather in the object store and reach the fee collector in bank's
	// EndBlock, so that transactions of a block do not all write one balance.
	app.EVMKeeper.EnableVirtualFeeCollection()
	app.Erc20Keeper = erc20keeper.NewKeeper(app.stores.kv[erc20types.StoreKey], app.appCodec, authority,
		app.AccountKeeper, app.BankKeeper, app.EVMKeeper, app.StakingKeeper, app.TransferKeeper)
}
