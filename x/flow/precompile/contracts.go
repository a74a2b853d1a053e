package precompile

import (
	_ "embed"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/keeper"
	"github.com/zgd-network/zgd/x/flow/types"
)

// The ABIs, bare arrays as solc writes them.
var (
	//go:embed flow.abi.json
	FlowABI []byte
	//go:embed market.abi.json
	MarketABI []byte
)

// Addresses of the contracts that name each other.
type Addresses struct {
	Flow, Market, Reward common.Address
}

// contracts is what the handlers share.
type contracts struct {
	keeper    keeper.Keeper
	at        Addresses
	authority common.Address // governance, holder of every role
	flow      abi.ABI
}

// New builds the flow and the market.
func New(k keeper.Keeper, bank contract.BankKeeper, at Addresses) (flow, market *contract.Contract) {
	authority := sdk.MustAccAddressFromBech32(k.Authority())
	c := contracts{
		keeper: k, at: at, authority: common.BytesToAddress(authority),
		flow: contract.MustABI("flow", FlowABI),
	}
	flow = contract.New("flow", at.Flow, FlowABI, contract.Join(c.entering(), c.recharging(), c.contexts(), c.state(), c.roots(), c.administration(), c.roles("PAUSER_ROLE")), bank, types.Denom)
	market = contract.New("market", at.Market, MarketABI, contract.Join(c.pricing(), c.roles("PARAMS_ADMIN_ROLE")), bank, types.Denom)
	return flow, market
}

type table = contract.Table

// reads is a view of a constant price.
func reads(gas uint64, run func(call contract.Call, args []any) ([]any, error)) contract.Function {
	return contract.Function{Gas: contract.Gas{Base: gas}, Run: run}
}

// constant answers always the same.
func constant(values ...any) contract.Function {
	return reads(gasConstant, func(contract.Call, []any) ([]any, error) { return values, nil })
}

// refuses reverts always the same, with the caller where the error names one.
func refuses(err func(call contract.Call) error) contract.Function {
	return reads(gasConstant, func(call contract.Call, _ []any) ([]any, error) { return nil, err(call) })
}
