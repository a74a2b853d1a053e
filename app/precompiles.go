package app

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ethereum/go-ethereum/common"
	corevm "github.com/ethereum/go-ethereum/core/vm"

	errorsmod "cosmossdk.io/errors"

	precompiletypes "github.com/cosmos/evm/precompiles/types"
	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/x/contract"
	daprecompile "github.com/zgd-network/zgd/x/dasigners/precompile"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	poraprecompile "github.com/zgd-network/zgd/x/pora/precompile"
	"github.com/zgd-network/zgd/x/pora/precompile/verify"
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

// zgContracts are the contracts of our own modules. What is in this list is
// active in a new chain, has code at its address, and takes no plain transfers.
func (app *App) zgContracts() []*contract.Contract {
	if !app.hasStorage() {
		return nil
	}
	flow, market := flowprecompile.New(app.FlowKeeper, app.BankKeeper, flowprecompile.Addresses{
		Flow:   common.HexToAddress(PrecompileFlow),
		Market: common.HexToAddress(PrecompileMarket),
		Reward: common.HexToAddress(PrecompileReward),
	})
	pora, reward := poraprecompile.New(app.PoraKeeper, app.FlowKeeper, app.FlowKeeper.PayoutWindow, app.BankKeeper, poraprecompile.Addresses{
		Flow:   common.HexToAddress(PrecompileFlow),
		Market: common.HexToAddress(PrecompileMarket),
		Pora:   common.HexToAddress(PrecompilePora),
		Reward: common.HexToAddress(PrecompileReward),
	})
	return []*contract.Contract{
		daprecompile.New(app.DASignersKeeper, app.BankKeeper, common.HexToAddress(PrecompileDASigners)),
		flow, market,
		pora, reward, verify.New(app.FlowKeeper, app.PoraKeeper, app.BankKeeper, common.HexToAddress(PrecompileVerify)),
	}
}

// setPrecompiles gives the EVM its contracts in code. Ethereum's own and P256
// cannot be switched off; which of the others answer is a parameter of x/vm
// (active_static_precompiles). ics20, ics02 and vesting are not in the binary:
// every drained cosmos/evm chain was drained through one of these or through
// vesting accounts, and nothing here needs them.
func (app *App) setPrecompiles() {
	app.precompiles = precompileSet(precompiletypes.NewStaticPrecompiles().
		WithPraguePrecompiles().
		WithP256Precompile().
		WithBech32Precompile().
		WithBankPrecompile(app.BankKeeper, &app.Erc20Keeper).
		WithStakingPrecompile(*app.StakingKeeper, app.BankKeeper).
		WithDistributionPrecompile(app.DistrKeeper, *app.StakingKeeper, app.BankKeeper).
		WithGovPrecompile(app.GovKeeper, app.BankKeeper, app.appCodec).
		WithSlashingPrecompile(app.SlashingKeeper, app.BankKeeper))
	app.ownContracts = app.zgContracts()
	for _, own := range app.ownContracts {
		app.precompiles[own.Address()] = own
	}
	app.EVMKeeper.WithStaticPrecompiles(app.precompiles)
	app.BankKeeper.AppendSendRestriction(refusePlainTransfers(app.ownContracts))
}

// refusePlainTransfers keeps coins from being sent to our contracts otherwise
// than with a call: nothing could move them again. The EVM does not come through
// here; what a call brings along, x/vm writes as a balance. Modules may send:
// distribution pays to a withdraw address when a validator is removed, in
// EndBlock, and an error there would stop the chain.
func refusePlainTransfers(contracts []*contract.Contract) banktypes.SendRestrictionFn {
	ours, modules := map[string]bool{}, map[string]bool{}
	for _, own := range contracts {
		ours[string(own.Address().Bytes())] = true
	}
	for name := range ModuleAccounts() { // deterministic: fills a map, the order is not seen
		modules[string(authtypes.NewModuleAddress(name))] = true
	}
	return func(_ context.Context, from, to sdk.AccAddress, _ sdk.Coins) (sdk.AccAddress, error) {
		if ours[string(to)] && !modules[string(from)] {
			return nil, errorsmod.Wrapf(sdkerrors.ErrUnauthorized, "%s is a contract of the chain and takes no transfers: call one of its payable functions", common.BytesToAddress(to))
		}
		return to, nil
	}
}

// defaultActivePrecompiles answer in a new chain: those that only read, our own,
// and staking with distribution, so that a contract can stake. gov and slashing
// wait for governance: nothing here needs them.
func (app *App) defaultActivePrecompiles() []string {
	active := []string{
		evmtypes.P256PrecompileAddress,
		evmtypes.Bech32PrecompileAddress,
		evmtypes.BankPrecompileAddress,
		evmtypes.StakingPrecompileAddress,
		evmtypes.DistributionPrecompileAddress,
	}
	for _, own := range app.ownContracts {
		active = append(active, own.Address().Hex())
	}
	slices.Sort(active) // x/vm wants them sorted
	return active
}

// preinstalls are the contracts with code that a new chain starts with: those of
// cosmos/evm (Create2, Multicall3, Permit2, Safe, EIP-2935), and one byte at each
// of our own addresses. Solidity refuses to call an address without code. The
// byte is INVALID: it never runs while the contract is active, and fails every
// call should governance switch it off.
func (app *App) preinstalls() []evmtypes.Preinstall {
	list := slices.Clone(evmtypes.DefaultPreinstalls)
	for _, own := range app.ownContracts {
		list = append(list, evmtypes.Preinstall{Name: "zg " + own.Name(), Address: own.Address().Hex(), Code: "0xfe"})
	}
	return list
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
