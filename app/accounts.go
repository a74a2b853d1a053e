package app

import (
	corevm "github.com/ethereum/go-ethereum/core/vm"

	"github.com/cosmos/evm/utils"
	erc20types "github.com/cosmos/evm/x/erc20/types"
	feemarkettypes "github.com/cosmos/evm/x/feemarket/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
	ibctransfertypes "github.com/cosmos/ibc-go/v11/modules/apps/transfer/types"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"
	govtypes "github.com/cosmos/cosmos-sdk/x/gov/types"
	minttypes "github.com/cosmos/cosmos-sdk/x/mint/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// ModuleAccounts are the accounts that modules own, with their rights over the
// supply.
func ModuleAccounts() map[string][]string {
	perms := map[string][]string{
		authtypes.FeeCollectorName:     nil,
		distrtypes.ModuleName:          nil,
		minttypes.ModuleName:           {authtypes.Minter},
		stakingtypes.BondedPoolName:    {authtypes.Burner, authtypes.Staking},
		stakingtypes.NotBondedPoolName: {authtypes.Burner, authtypes.Staking},
		govtypes.ModuleName:            {authtypes.Burner},
		ibctransfertypes.ModuleName:    {authtypes.Minter, authtypes.Burner},
		evmtypes.ModuleName:            {authtypes.Minter, authtypes.Burner},
		feemarkettypes.ModuleName:      nil,
		erc20types.ModuleName:          {authtypes.Minter, authtypes.Burner},
	}
	for name, rights := range zgModuleAccounts() { // deterministic: fills a map, the order is not seen
		perms[name] = rights
	}
	return perms
}

// BlockedAddresses may not receive coins from users: all module accounts, and
// the contracts that Ethereum and cosmos/evm keep in code.
//
// A module account that is missing here is a trap: bank events of a precompile
// call mirror its balance into the EVM's state, and the whole transaction then
// fails at commit ("not allowed to receive funds"). A test pins that all are here.
func BlockedAddresses() map[string]bool {
	blocked := map[string]bool{}
	for name := range ModuleAccounts() { // deterministic: fills a map, the order is not seen
		blocked[authtypes.NewModuleAddress(name).String()] = true
	}
	for _, address := range corevm.PrecompiledAddressesPrague {
		blocked[utils.Bech32StringFromHexAddress(address.Hex())] = true
	}
	for _, address := range evmtypes.AvailableStaticPrecompiles {
		blocked[utils.Bech32StringFromHexAddress(address)] = true
	}
	return blocked
}

// Authority is the account that may change parameters: governance.
func Authority() string { return authtypes.NewModuleAddress(govtypes.ModuleName).String() }
