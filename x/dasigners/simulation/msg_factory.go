// Package simulation makes random messages of x/dasigners for the SDK's simulator.
package simulation

import (
	"bytes"
	"context"
	"crypto/sha512"

	"cosmossdk.io/collections"
	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/testutil/simsx"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/x/dasigners/bls"
	"github.com/zgd-network/zgd/x/dasigners/keeper"
	"github.com/zgd-network/zgd/x/dasigners/types"
)

// secret of an account: it follows from the address, so that the simulator can
// sign for whoever is a member.
func secret(address []byte) (bls.SecretKey, error) {
	seed := sha512.Sum512(append([]byte("simulation"), address...))
	return bls.GenerateKey(bytes.NewReader(seed[:]))
}

// MsgRegisterSignerFactory registers an account with the key of its address.
func MsgRegisterSignerFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterSigner] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterSigner) {
		from := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		params, err := k.Params.Get(ctx)
		if err != nil || reporter.IsSkipped() || !take(&from, params.SignerDeposit, reporter) {
			return nil, nil
		}
		key, err := secret(from.Address)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		used, err := k.UsedKeys.Has(ctx, types.KeyOf(key.Public()).G1)
		if err != nil || used {
			reporter.Skip("has been registered")
			return nil, nil
		}
		point := key.SignPoint(bls.RegistrationPoint([20]byte(from.Address), k.EVMChainID))
		return []simsx.SimAccount{from}, &types.MsgRegisterSigner{
			Signer: from.AddressBech32, Socket: "127.0.0.1:34000", Key: types.KeyOf(key.Public()), Possession: bls.EncodeG1(&point),
		}
	}
}

// MsgRegisterNextEpochFactory lets some signer take part in the next epoch.
func MsgRegisterNextEpochFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgRegisterNextEpoch] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgRegisterNextEpoch) {
		epoch, err := k.Epoch.Get(ctx)
		params, paramsErr := k.Params.Get(ctx)
		if err != nil || paramsErr != nil || sdk.UnwrapSDKContext(ctx).BlockHeight() >= epoch.FreezeHeight() {
			reporter.Skip("votes are frozen")
			return nil, nil
		}
		owner, signer, ok := anySigner(ctx, k, data, reporter, func(s types.Signer) bool {
			registered, err := k.Registrations.Has(ctx, collections.Join(epoch.Number+1, addressOf(s)))
			stake, stakeErr := k.Stake.Bonded(ctx, addressOf(s), 16)
			return err == nil && stakeErr == nil && !registered && !s.Leaving && s.JailedUntilEpoch <= epoch.Number+1 &&
				s.ActivationEpoch <= epoch.Number+1 && s.Deposit.GTE(params.SignerDeposit) && stake.GTE(sdkmath.NewIntWithDecimal(1, types.TokenExponent))
		})
		if !ok {
			return nil, nil
		}
		key, err := secret(owner.Address)
		if err != nil {
			reporter.Skip(err.Error())
			return nil, nil
		}
		point := key.SignPoint(bls.EpochPoint([20]byte(owner.Address), epoch.Number+1, k.EVMChainID))
		return []simsx.SimAccount{owner}, &types.MsgRegisterNextEpoch{Signer: signer.Address, Signature: bls.EncodeG1(&point)}
	}
}

// MsgDepositFactory refills what a challenge took.
func MsgDepositFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgDeposit] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgDeposit) {
		params, err := k.Params.Get(ctx)
		owner, signer, ok := anySigner(ctx, k, data, reporter, func(s types.Signer) bool {
			return err == nil && !s.Leaving && s.Deposit.LT(params.SignerDeposit)
		})
		if !ok {
			return nil, nil
		}
		missing := params.SignerDeposit.Sub(signer.Deposit)
		if !take(&owner, missing, reporter) {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgDeposit{Signer: signer.Address, Amount: missing}
	}
}

// MsgUnregisterSignerFactory lets some signer leave.
func MsgUnregisterSignerFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgUnregisterSigner] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgUnregisterSigner) {
		owner, signer, ok := anySigner(ctx, k, data, reporter, func(s types.Signer) bool { return !s.Leaving })
		if !ok {
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgUnregisterSigner{Signer: signer.Address}
	}
}

// MsgClaimRewardsFactory lets an account take what it has earned.
func MsgClaimRewardsFactory(k keeper.Keeper) simsx.SimMsgFactoryFn[*types.MsgClaimRewards] {
	return func(ctx context.Context, data *simsx.ChainDataSource, reporter simsx.SimulationReporter) ([]simsx.SimAccount, *types.MsgClaimRewards) {
		owner := data.AnyAccount(reporter, simsx.WithSpendableBalance())
		if reporter.IsSkipped() {
			return nil, nil
		}
		if earned, err := k.Reward(ctx, owner.Address); err != nil || !earned.IsPositive() {
			reporter.Skip("nothing to claim")
			return nil, nil
		}
		return []simsx.SimAccount{owner}, &types.MsgClaimRewards{Signer: owner.AddressBech32}
	}
}

// anySigner finds a registered signer of a simulated account that the condition
// holds for.
func anySigner(
	ctx context.Context, k keeper.Keeper, data *simsx.ChainDataSource, reporter simsx.SimulationReporter, want func(types.Signer) bool,
) (owner simsx.SimAccount, found types.Signer, ok bool) {
	var candidates []types.Signer
	err := k.Signers.Walk(ctx, nil, func(_ sdk.AccAddress, s types.Signer) (stop bool, err error) {
		if want(s) && data.HasAccount(s.Address) {
			candidates = append(candidates, s)
		}
		return false, nil
	})
	if err != nil || len(candidates) == 0 {
		reporter.Skip("no such signer")
		return owner, found, false
	}
	found = candidates[data.Rand().Intn(len(candidates))]
	return data.GetAccount(reporter, found.Address), found, !reporter.IsSkipped()
}

func addressOf(s types.Signer) sdk.AccAddress {
	address, err := types.Address("signer", s.Address)
	if err != nil {
		return make(sdk.AccAddress, 20) // a record has one
	}
	return address
}

// take reserves an amount of the account's balance, so that the random fee is
// taken from the rest, or skips.
func take(from *simsx.SimAccount, amount sdkmath.Int, reporter simsx.SimulationReporter) bool {
	if from.LiquidBalance().BlockAmount(sdk.NewCoin(types.Denom, amount)) {
		return true
	}
	reporter.Skip("account cannot pay")
	return false
}
