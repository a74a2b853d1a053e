package precompile

import (
	"math/big"

	"github.com/ethereum/go-ethereum/common"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/x/contract"
)

// SignerDetail is an argument and a result as go-ethereum's abi builds it.
type SignerDetail = struct {
	Signer common.Address `json:"signer"`
	Socket string         `json:"socket"`
	PkG1   G1Point        `json:"pkG1"`
	PkG2   G2Point        `json:"pkG2"`
}

const (
	registerSigner   = "registerSigner((address,string,(uint256,uint256),(uint256[2],uint256[2])),(uint256,uint256))"
	rotateKey        = "rotateKey((uint256,uint256),(uint256[2],uint256[2]),(uint256,uint256))"
	nextEpochOf0G    = "registerNextEpoch((uint256,uint256))"
	nextEpochOfNewer = "registerNextEpoch(address,(uint256,uint256),uint256)"
)

// signers is the table of what signers do.
func (c contracts) signers() table {
	return table{
		registerSigner:         flat(gasRegister, c.register),
		"updateSocket(string)": flat(gasSocket, c.updateSocket),
		rotateKey:              flat(gasRotate, c.rotate),
		nextEpochOf0G: flat(gasNextEpoch, func(call contract.Call, args []any) ([]any, error) {
			return nil, c.nextEpoch(call, call.Caller, args[0].(G1Point))
		}),
		nextEpochOfNewer: flat(gasNextEpoch, func(call contract.Call, args []any) ([]any, error) {
			return nil, c.nextEpoch(call, args[0].(common.Address), args[1].(G1Point))
		}),
		"unregisterSigner()": flat(gasLeave, c.unregister),
		"deposit()": flat(gasTransfer, func(call contract.Call, _ []any) ([]any, error) {
			return c.deposit(call, call.Value)
		}),
		"deposit(uint256)": flat(gasTransfer, func(call contract.Call, args []any) ([]any, error) {
			return c.deposit(call, sdkmath.NewIntFromBigInt(args[0].(*big.Int)))
		}),
		"claimRewards(address)": flat(gasTransfer, c.claim),
	}
}

// mustBeCaller is the rule of all that names a signer.
func (c contracts) mustBeCaller(call contract.Call, signer common.Address) error {
	if signer != call.Caller {
		return contract.NewRevert(c.abi.Errors["NotTheSigner"], signer, call.Caller)
	}
	return nil
}

func (c contracts) register(call contract.Call, args []any) ([]any, error) {
	s := args[0].(SignerDetail)
	if err := c.mustBeCaller(call, s.Signer); err != nil {
		return nil, err
	}
	if _, err := c.keeper.RegisterSigner(call.Ctx, call.Sender(), s.Socket, keyOf(s.PkG1, s.PkG2), g1Wire(args[1].(G1Point))); err != nil {
		return nil, err
	}
	if err := call.Emit(c.abi.Events["NewSigner"], s.Signer, s.PkG1, s.PkG2); err != nil {
		return nil, err
	}
	return nil, call.Emit(c.abi.Events["SocketUpdated"], s.Signer, s.Socket)
}

func (c contracts) updateSocket(call contract.Call, args []any) ([]any, error) {
	socket := args[0].(string)
	if err := c.keeper.UpdateSocket(call.Ctx, call.Sender(), socket); err != nil {
		return nil, err
	}
	return nil, call.Emit(c.abi.Events["SocketUpdated"], call.Caller, socket)
}

func (c contracts) rotate(call contract.Call, args []any) ([]any, error) {
	g1, g2 := args[0].(G1Point), args[1].(G2Point)
	from, err := c.keeper.RotateKey(call.Ctx, call.Sender(), keyOf(g1, g2), g1Wire(args[2].(G1Point)))
	if err != nil {
		return nil, err
	}
	return []any{number(from)}, call.Emit(c.abi.Events["KeyRotated"], call.Caller, g1, g2, number(from))
}

func (c contracts) nextEpoch(call contract.Call, signer common.Address, signature G1Point) error {
	if err := c.mustBeCaller(call, signer); err != nil {
		return err
	}
	epoch, err := c.keeper.RegisterNextEpoch(call.Ctx, call.Sender(), g1Wire(signature))
	if err != nil {
		return err
	}
	return call.Emit(c.abi.Events["EpochRegistered"], signer, number(epoch))
}

func (c contracts) unregister(call contract.Call, _ []any) ([]any, error) {
	until, err := c.keeper.UnregisterSigner(call.Ctx, call.Sender())
	if err != nil {
		return nil, err
	}
	return []any{number(until)}, call.Emit(c.abi.Events["SignerLeft"], call.Caller, number(until))
}

func (c contracts) deposit(call contract.Call, amount sdkmath.Int) ([]any, error) {
	total, err := c.keeper.Deposit(call.Ctx, call.Sender(), amount)
	if err != nil {
		return nil, err
	}
	return []any{total.BigInt()}, call.Emit(c.abi.Events["DepositAdded"], call.Caller, amount.BigInt(), total.BigInt())
}

func (c contracts) claim(call contract.Call, args []any) ([]any, error) {
	recipient := args[0].(common.Address)
	if recipient == (common.Address{}) {
		recipient = call.Caller
	}
	amount, err := c.keeper.ClaimRewards(call.Ctx, call.Sender(), account(recipient))
	if err != nil {
		return nil, err
	}
	return []any{amount.BigInt()}, call.Emit(c.abi.Events["RewardsClaimed"], call.Caller, recipient, amount.BigInt())
}
