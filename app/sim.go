package app

import (
	"github.com/cosmos/cosmos-sdk/types/module"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

// simAccounts are the genesis accounts of a simulation. The SDK's own choice
// makes some of them vesting accounts, which this chain does not have.
func simAccounts(state *module.SimulationState) authtypes.GenesisAccounts {
	accounts := make(authtypes.GenesisAccounts, len(state.Accounts))
	for i, account := range state.Accounts {
		accounts[i] = authtypes.NewBaseAccountWithAddress(account.Address)
	}
	return accounts
}
