package contract

import (
	"fmt"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/vm"

	cmn "github.com/cosmos/evm/precompiles/common"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
)

// BankKeeper is what the door needs of x/bank.
type BankKeeper = cmn.BankKeeper

// Gas of a function, charged before it runs. Zero fields are free.
type Gas struct {
	Base uint64 // flat
	// Extra is added once the arguments are decoded and before anything is
	// written, for work that grows with them. It must not read state: the same
	// calldata costs the same always.
	Extra func(args []any) uint64
}

// gasPerCalldataByte pays for decoding.
const gasPerCalldataByte = 4

// Function is one entry of a contract's table.
type Function struct {
	Gas Gas
	// Run does the work; args are as go-ethereum's abi decodes them, the results
	// are packed by the function's outputs.
	Run func(call Call, args []any) ([]any, error)
}

// Contract is a native contract; it implements vm.PrecompiledContract.
type Contract struct {
	name      string
	native    cmn.Precompile
	bank      BankKeeper
	denom     string
	functions map[[4]byte]function
}

// function is a Function with its ABI.
type function struct {
	Function
	method abi.Method
}

// New builds a contract. The table is keyed by signature, for example
// "submit((uint256,bytes,(bytes32,uint256)[]))", and must name every function
// of the ABI and nothing else; New panics otherwise, at start.
func New(name string, address common.Address, abiJSON []byte, table Table, bank BankKeeper, denom string) *Contract {
	parsed := MustABI(name, abiJSON)
	c := &Contract{
		name: name,
		native: cmn.Precompile{
			ContractAddress:       address,
			KvGasConfig:           storetypes.GasConfig{}, // the table charges instead
			TransientKVGasConfig:  storetypes.GasConfig{},
			BalanceHandlerFactory: cmn.NewBalanceHandlerFactory(bank),
		},
		bank: bank, denom: denom, functions: map[[4]byte]function{},
	}
	for _, method := range parsed.Methods { // deterministic: fills a map, the order is not seen
		entry, ok := table[method.Sig]
		if !ok {
			panic(fmt.Errorf("contract %s: no handler for %s", name, method.Sig))
		}
		c.functions[[4]byte(method.ID)] = function{entry, method}
	}
	if len(c.functions) != len(table) {
		panic(fmt.Errorf("contract %s: %d handlers for %d functions", name, len(table), len(c.functions)))
	}
	return c
}

// Address is where the contract lives.
func (c *Contract) Address() common.Address { return c.native.ContractAddress }

// Name is shown by tracers.
func (c *Contract) Name() string { return c.name }

// RequiredGas is charged by the EVM before Run.
func (c *Contract) RequiredGas(input []byte) uint64 {
	gas := gasPerCalldataByte * uint64(len(input))
	if f, ok := c.lookup(input); ok {
		gas += f.Gas.Base
	}
	return gas
}

func (c *Contract) lookup(input []byte) (function, bool) {
	if len(input) < 4 {
		return function{}, false
	}
	f, ok := c.functions[[4]byte(input)]
	return f, ok
}

var _ vm.PrecompiledContract = (*Contract)(nil)
