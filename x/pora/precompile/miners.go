package precompile

import (
	"github.com/ethereum/go-ethereum/common"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/contract"
	"github.com/zgd-network/zgd/x/pora/types"
)

// miners is the table of who mines what.
func (c contracts) miners() table {
	return typing(c.pora, table{
		"registerMiner(address,uint64)":  flat(gasRegister, c.register),
		"requestMinerId(address,uint64)": flat(gasRegister, c.register),
		"setBeneficiary(bytes32,address)": flat(gasBeneficiary, func(call contract.Call, args []any) ([]any, error) {
			return nil, c.setBeneficiary(call, args[0].([32]byte), args[1].(common.Address))
		}),
		"transferBeneficial(address,bytes32)": flat(gasBeneficiary, func(call contract.Call, args []any) ([]any, error) {
			return nil, c.setBeneficiary(call, args[1].([32]byte), args[0].(common.Address))
		}),
		"claimRange(bytes32,uint64,uint32,uint32)": {Gas: contract.Gas{Base: gasClaim, Extra: claimGas}, Run: c.claim},
		"releaseRange(bytes32)":                    flat(gasRelease, c.release),
		"withdraw(address)":                        flat(gasWithdraw, c.withdraw),
	})
}

func (c contracts) register(call contract.Call, args []any) ([]any, error) {
	beneficiary := accountOr(args[0].(common.Address), call.Caller)
	id, err := c.keeper.RegisterMiner(call.Ctx, call.Sender(), beneficiary, args[1].(uint64))
	if err != nil {
		return nil, err
	}
	return []any{[32]byte(id)}, call.Emit(c.pora.Events["NewMinerId"], [32]byte(id), common.Address(beneficiary))
}

func (c contracts) setBeneficiary(call contract.Call, minerID [32]byte, beneficiary common.Address) error {
	if beneficiary == (common.Address{}) {
		return types.ErrInvalidMessage.Wrap("beneficiary is the zero address: rewards would be lost")
	}
	miner, err := c.keeper.Miner(call.Ctx, minerID[:])
	if err != nil {
		return err
	}
	before, err := evmAddress(miner.Beneficiary)
	if err != nil {
		return err
	}
	if err := c.keeper.SetBeneficiary(call.Ctx, call.Sender(), minerID[:], sdk.AccAddress(beneficiary.Bytes())); err != nil {
		return err
	}
	return call.Emit(c.pora.Events["UpdateMinerId"], minerID, before, beneficiary)
}

func (c contracts) claim(call contract.Call, args []any) ([]any, error) {
	minerID := args[0].([32]byte)
	claim := types.Claim{
		FlowId: types.MiningFlowID, StartLoad: args[1].(uint64), NumShard: args[2].(uint32), ShardId: args[3].(uint32),
	}
	activeFrom, err := c.keeper.ClaimRange(call.Ctx, call.Sender(), minerID[:], claim)
	if err != nil {
		return nil, err
	}
	return []any{activeFrom}, call.Emit(c.pora.Events["ClaimRange"], minerID, claim.StartLoad, claim.NumShard, claim.ShardId, activeFrom)
}

func (c contracts) release(call contract.Call, args []any) ([]any, error) {
	minerID := args[0].([32]byte)
	if err := c.keeper.ReleaseRange(call.Ctx, call.Sender(), minerID[:]); err != nil {
		return nil, err
	}
	return nil, call.Emit(c.pora.Events["ReleaseRange"], minerID)
}

func (c contracts) withdraw(call contract.Call, args []any) ([]any, error) {
	amount, err := c.payOut(call, call.Caller, accountOr(args[0].(common.Address), call.Caller))
	if err != nil {
		return nil, err
	}
	return []any{amount.BigInt()}, nil
}

// payOut pays waiting rewards; the log is the reward contract's.
func (c contracts) payOut(call contract.Call, payee common.Address, recipient sdk.AccAddress) (sdkmath.Int, error) {
	amount, err := c.keeper.Withdraw(call.Ctx, sdk.AccAddress(payee.Bytes()), recipient)
	if err != nil {
		return amount, err
	}
	call.Self = c.at.Reward
	return amount, call.Emit(c.reward.Events["Withdrawn"], payee, amount.BigInt())
}
