package precompile

import (
	_ "embed"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// ABI is a bare array as solc writes it.
//
//go:embed dasigners.abi.json
var ABI []byte

// contracts is what the handlers share.
type contracts struct {
	keeper  keeper.Keeper
	queries types.QueryServer
	abi     abi.ABI
}

// New builds the contract.
func New(k keeper.Keeper, bank contract.BankKeeper, at common.Address) *contract.Contract {
	c := contracts{keeper: k, queries: keeper.NewQueryServer(k), abi: contract.MustABI("dasigners", ABI)}
	return contract.New("dasigners", at, ABI,
		c.typing(contract.Join(c.epochs(), c.quorums(), c.signers(), c.states(), c.ordering(), c.blobs(), c.promises(), c.verifying())), bank, types.Denom)
}

type table = contract.Table

// flat is a function of a constant price.
func flat(gas uint64, run func(call contract.Call, args []any) ([]any, error)) contract.Function {
	return contract.Function{Gas: contract.Gas{Base: gas}, Run: run}
}

func number(n uint64) *big.Int { return new(big.Int).SetUint64(n) }

// address is an account as the EVM names it; those of this module have 20 bytes.
func address(text string) (common.Address, error) {
	account, err := sdk.AccAddressFromBech32(text)
	return common.BytesToAddress(account), err
}

func account(a common.Address) sdk.AccAddress { return sdk.AccAddress(a.Bytes()) }
