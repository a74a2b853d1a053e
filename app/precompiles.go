package app

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	corevm "github.com/ethereum/go-ethereum/core/vm"

	precompiletypes "github.com/cosmos/evm/precompiles/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"
)

// Address book of our contracts in code. 0x1000 is fixed by the ABI of 0G's
// data-availability signers; 0x1001 to 0x100f stay free, 0G uses some of them
// for other things. cosmos/evm owns 0x0100 to 0x0807.
const (
	PrecompileDASigners     = "0x0000000000000000000000000000000000001000"
	PrecompileServing       = "0x0000000000000000000000000000000000001010"
	PrecompileFlow          = "0x0000000000000000000000000000000000001020"
	PrecompileMarket        = "0x0000000000000000000000000000000000001021"
	PrecompilePora          = "0x0000000000000000000000000000000000001022"
	PrecompileReward        = "0x0000000000000000000000000000000000001023"
	PrecompileVerify        = "0x0000000000000000000000000000000000001024"
	PrecompileSharedStaking = "0x0000000000000000000000000000000000001030"
)

// precompileSet are the contracts in code that this binary has.
type precompileSet = map[common.Address]corevm.PrecompiledContract

// newPrecompiles builds them. Ethereum's own and P256 cannot be switched off;
// which of the others answer is a parameter of x/vm (active_static_precompiles).
// ics20, ics02 and vesting are not in the binary: every drained cosmos/evm chain
// was drained through one of these or through vesting accounts, and nothing
// here needs them.
func (app *App) newPrecompiles() precompileSet {
	return precompileSet(precompiletypes.NewStaticPrecompiles().
		WithPraguePrecompiles().
		WithP256Precompile().
		WithBech32Precompile().
		WithBankPrecompile(app.BankKeeper, &app.Erc20Keeper).
		WithStakingPrecompile(*app.StakingKeeper, app.BankKeeper).
		WithDistributionPrecompile(app.DistrKeeper, *app.StakingKeeper, app.BankKeeper).
		WithGovPrecompile(app.GovKeeper, app.BankKeeper, app.appCodec).
		WithSlashingPrecompile(app.SlashingKeeper, app.BankKeeper))
}

// defaultActivePrecompiles answer in a new chain: those that only read. The
// others (staking, distribution, gov, slashing) can be activated by governance.
func defaultActivePrecompiles() []string {
	active := []string{
		evmtypes.P256PrecompileAddress,
		evmtypes.Bech32PrecompileAddress,
		evmtypes.BankPrecompileAddress,
	}
	slices.Sort(active) // x/vm wants them sorted
	return active
}

// checkActivePrecompiles refuses an active address without code behind it: x/vm
// panics when such an address is called.
func checkActivePrecompiles(set precompileSet, active []string) error {
	for _, text := range active {
		if !common.IsHexAddress(text) {
			return fmt.Errorf("active_static_precompiles: %q is not an address", text)
		}
		address := common.HexToAddress(text)
		if text != address.Hex() {
			return fmt.Errorf("active_static_precompiles: %s is not in EIP-55 form, want %s: x/vm compares text", text, address.Hex())
		}
		if _, ok := set[address]; !ok {
			return fmt.Errorf("active_static_precompiles: %s is not in this binary, which has %s", text, addressesOf(set))
		}
	}
	return nil
}

// addressesOf lists the set for an error text.
func addressesOf(set precompileSet) string {
	list := make([]string, 0, len(set))
	for address := range set { // deterministic: the list is sorted below
		list = append(list, address.Hex())
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}
