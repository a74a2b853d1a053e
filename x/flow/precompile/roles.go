package precompile

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/ethereum/go-ethereum/crypto"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/flow/types"
)

// Interface ids of ERC-165 that supportsInterface affirms.
var supported = [][4]byte{
	{0x01, 0xff, 0xc9, 0xa7}, // IERC165
	{0x79, 0x65, 0xdb, 0x0b}, // IAccessControl
	{0x5a, 0x05, 0x18, 0x0f}, // IAccessControlEnumerable
}

// adminRole is DEFAULT_ADMIN_ROLE.
var adminRole = [32]byte{}

// roles shows governance as the one holder of the admin's and one other role.
func (c contracts) roles(name string) table {
	own := [32]byte(crypto.Keccak256Hash([]byte(name)))
	known := func(role any) bool { return role == adminRole || role == own }
	deny := refuses(func(call contract.Call) error { return c.unauthorized(call, adminRole) })
	return table{
		"DEFAULT_ADMIN_ROLE()":  constant(adminRole),
		name + "()":             constant(own),
		"getRoleAdmin(bytes32)": constant(adminRole),
		"hasRole(bytes32,address)": reads(gasConstant, func(_ contract.Call, args []any) ([]any, error) {
			return []any{known(args[0]) && args[1] == c.authority}, nil
		}),
		"getRoleMemberCount(bytes32)": reads(gasConstant, func(_ contract.Call, args []any) ([]any, error) {
			if known(args[0]) {
				return []any{big.NewInt(1)}, nil
			}
			return []any{new(big.Int)}, nil
		}),
		"getRoleMember(bytes32,uint256)": reads(gasConstant, func(_ contract.Call, args []any) ([]any, error) {
			if index := args[1].(*big.Int); !known(args[0]) || index.Sign() != 0 {
				return nil, fmt.Errorf("role %x has no member number %d", args[0], index)
			}
			return []any{c.authority}, nil
		}),
		"grantRole(bytes32,address)":    deny,
		"revokeRole(bytes32,address)":   deny,
		"renounceRole(bytes32,address)": deny,
		"supportsInterface(bytes4)": reads(gasConstant, func(_ contract.Call, args []any) ([]any, error) {
			return []any{slices.Contains(supported, args[0].([4]byte))}, nil
		}),
	}
}

// unauthorized is what everybody gets: governance acts by proposals and has no
// key to call a contract with.
func (c contracts) unauthorized(call contract.Call, role [32]byte) error {
	return c.flowError("AccessControlUnauthorizedAccount", call.Caller, role)
}

// administration is the part of the flow's ABI that its deployer used.
func (c contracts) administration() table {
	pauser := [32]byte(crypto.Keccak256Hash([]byte("PAUSER_ROLE")))
	deny := refuses(func(call contract.Call) error { return c.unauthorized(call, pauser) })
	initialized := refuses(func(contract.Call) error { return c.flowError("InvalidInitialization") })
	return table{
		"pause()":                            deny,
		"unpause()":                          deny,
		"initialize(address,uint256)":        initialized,
		"setParams(uint256,uint256,address)": initialized,
	}
}

// pricing is the market's table.
func (c contracts) pricing() table {
	admin := [32]byte(crypto.Keccak256Hash([]byte("PARAMS_ADMIN_ROLE")))
	return table{
		"pricePerSector()":                    c.ofParams(func(p types.Params) []any { return []any{p.PriceFloor.BigInt()} }),
		"flow()":                              constant(c.at.Flow),
		"reward()":                            constant(c.at.Reward),
		"setPricePerSector(uint256)":          refuses(func(call contract.Call) error { return c.unauthorized(call, admin) }),
		"chargeFee(uint256,uint256,uint256)":  refuses(func(call contract.Call) error { return c.unauthorized(call, admin) }),
		"initialize(uint256,address,address)": refuses(func(contract.Call) error { return c.flowError("InvalidInitialization") }),
	}
}
