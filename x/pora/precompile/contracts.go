package precompile

import (
	"context"
	_ "embed"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	"github.com/zgd-network/zgd/x/pora/keeper"
	"github.com/zgd-network/zgd/x/pora/types"
)

// The ABIs, bare arrays as solc writes them.
var (
	//go:embed pora.abi.json
	PoraABI []byte
	//go:embed reward.abi.json
	RewardABI []byte
)

// Addresses of the contracts that name each other.
type Addresses struct {
	Flow, Market, Pora, Reward common.Address
}

// FlowKeeper is what a reader of rewards needs of the data log.
type FlowKeeper interface {
	// Accrued is what a reward window would pay now, azg.
	Accrued(ctx context.Context, flowID, window uint64) (sdkmath.Int, error)
}

// WindowLoads reads how many loads share a reward window.
type WindowLoads interface {
	Get(ctx context.Context) (uint64, error)
}

// contracts is what the handlers share.
type contracts struct {
	keeper  keeper.Keeper
	queries types.QueryServer
	flow    FlowKeeper
	windows WindowLoads
	at      Addresses
	pora    abi.ABI
	reward  abi.ABI
}

// New builds both contracts.
func New(k keeper.Keeper, flow FlowKeeper, windows WindowLoads, bank contract.BankKeeper, at Addresses) (pora, reward *contract.Contract) {
	c := contracts{
		keeper: k, queries: keeper.NewQueryServer(k), flow: flow, windows: windows, at: at,
		pora: contract.MustABI("pora", PoraABI), reward: contract.MustABI("reward", RewardABI),
	}
	pora = contract.New("pora", at.Pora, PoraABI, contract.Join(c.miners(), c.proofs(), c.views(), c.mineViews()), bank, flowtypes.Denom)
	reward = contract.New("reward", at.Reward, RewardABI, c.rewards(), bank, flowtypes.Denom)
	return pora, reward
}

type table = contract.Table

// evmAddress is an account as the EVM names it; zero for the few accounts of the
// chain whose addresses have 32 bytes.
func evmAddress(text string) (common.Address, error) {
	account, err := sdk.AccAddressFromBech32(text)
	if err != nil || len(account) != common.AddressLength {
		return common.Address{}, err
	}
	return common.Address(account), nil
}

// accountOr is an argument as an account of the chain, another for zero.
func accountOr(address, otherwise common.Address) sdk.AccAddress {
	if address == (common.Address{}) {
		address = otherwise
	}
	return sdk.AccAddress(address.Bytes())
}
