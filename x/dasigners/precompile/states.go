package precompile

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// signerState is a result with the names of the ABI.
type signerState struct {
	KeyId            *big.Int //nolint:revive,staticcheck // the ABI's name
	ActivationEpoch  *big.Int
	JailedUntilEpoch *big.Int
	Tombstoned       bool
	Leaving          bool
	Deposit          *big.Int
	LockedUntilEpoch *big.Int
}

// states is the table of what can be read of signers.
func (c contracts) states() table {
	return table{
		"isSigner(address)":                flat(gasIsSigner, c.isSigner),
		"getSigner(address[])":             {Gas: eachOf[common.Address](gasSigners, 0, gasSigner), Run: c.getSigner},
		"signerState(address)":             flat(gasRead, c.signerState),
		"registeredEpoch(address,uint256)": flat(gasIsSigner, c.registeredEpoch),
		"rewards(address)":                 flat(gasRead, c.rewards),
	}
}

func (c contracts) isSigner(call contract.Call, args []any) ([]any, error) {
	is, err := c.keeper.Signers.Has(call.Ctx, account(args[0].(common.Address)))
	return []any{is}, err
}

func (c contracts) getSigner(call contract.Call, args []any) ([]any, error) {
	wanted := args[0].([]common.Address)
	epoch, err := c.keeper.Epoch.Get(call.Ctx)
	if err != nil {
		return nil, err
	}
	details := make([]SignerDetail, len(wanted))
	for i, who := range wanted {
		signer, err := c.keeper.Signer(call.Ctx, account(who))
		if err != nil {
			return nil, err
		}
		key, _ := signer.KeyAt(epoch.Number)
		details[i] = SignerDetail{Signer: who, Socket: signer.Socket, PkG1: g1Point(key.G1), PkG2: g2Point(key.G2)}
	}
	return []any{details}, nil
}

func (c contracts) signerState(call contract.Call, args []any) ([]any, error) {
	s, err := c.keeper.Signer(call.Ctx, account(args[0].(common.Address)))
	if err != nil {
		return nil, err
	}
	return []any{signerState{
		KeyId: number(s.KeyId), ActivationEpoch: number(s.ActivationEpoch), JailedUntilEpoch: number(s.JailedUntilEpoch),
		Tombstoned: s.Tombstoned, Leaving: s.Leaving, Deposit: s.Deposit.BigInt(), LockedUntilEpoch: number(s.LockedUntilEpoch),
	}}, nil
}

func (c contracts) registeredEpoch(call contract.Call, args []any) ([]any, error) {
	epoch := args[1].(*big.Int)
	if !epoch.IsUint64() {
		return []any{false}, nil
	}
	answer, err := c.queries.Registration(call.Ctx, &types.QueryRegistrationRequest{
		Address: account(args[0].(common.Address)).String(), Epoch: epoch.Uint64(),
	})
	if err != nil {
		return nil, err
	}
	return []any{answer.Registered}, nil
}

func (c contracts) rewards(call contract.Call, args []any) ([]any, error) {
	amount, err := c.keeper.Reward(call.Ctx, account(args[0].(common.Address)))
	if err != nil {
		return nil, err
	}
	return []any{amount.BigInt()}, nil
}
