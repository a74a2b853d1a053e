package app

import (
	"encoding/json"
	"errors"
	"fmt"

	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	servertypes "github.com/cosmos/cosmos-sdk/server/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	slashingtypes "github.com/cosmos/cosmos-sdk/x/slashing/types"
	"github.com/cosmos/cosmos-sdk/x/staking"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// ExportAppStateAndValidators writes the state as a genesis. At a height, the
// new chain continues counting there; for height zero, rewards are paid out and
// everything that counts heights in distribution, staking and slashing restarts.
func (app *App) ExportAppStateAndValidators(forZeroHeight bool, jailAllowed, modules []string) (servertypes.ExportedApp, error) {
	ctx := app.NewContextLegacy(true, cmtproto.Header{Height: app.LastBlockHeight(), ChainID: app.ChainID()})
	height := app.LastBlockHeight() + 1 // InitChain starts there
	if forZeroHeight {
		height = 0
		if err := app.resetHeights(ctx, jailAllowed); err != nil {
			return servertypes.ExportedApp{}, fmt.Errorf("prepare for height zero: %w", err)
		}
	}
	state, err := app.ModuleManager.ExportGenesisForModules(ctx, app.appCodec, modules)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export: %w", err)
	}
	raw, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("encode exported state: %w", err)
	}
	validators, err := staking.WriteValidators(ctx, app.StakingKeeper)
	if err != nil {
		return servertypes.ExportedApp{}, fmt.Errorf("export validators: %w", err)
	}
	return servertypes.ExportedApp{
		AppState: raw, Validators: validators, Height: height, ConsensusParams: app.GetConsensusParams(ctx),
	}, nil
}

// resetHeights makes the state fit to start again at height zero.
func (app *App) resetHeights(ctx sdk.Context, jailAllowed []string) error {
	allowed := map[string]bool{}
	for _, address := range jailAllowed {
		if _, err := sdk.ValAddressFromBech32(address); err != nil {
			return fmt.Errorf("validator %q to keep unjailed: %w", address, err)
		}
		allowed[address] = true
	}
	if err := app.resetDistribution(ctx); err != nil {
		return err
	}
	if err := app.resetStaking(ctx, allowed); err != nil {
		return err
	}
	if err := app.resetSlashing(ctx); err != nil {
		return err
	}
	if err := app.FlowKeeper.RestartHeights(ctx); err != nil {
		return err
	}
	if err := app.PoraKeeper.RestartHeights(ctx); err != nil {
		return err
	}
	return app.DASignersKeeper.RestartHeights(ctx)
}

// resetDistribution pays out all rewards and starts new reward periods.
func (app *App) resetDistribution(ctx sdk.Context) error {
	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	delegations, err := app.StakingKeeper.GetAllDelegations(ctx)
	if err != nil {
		return err
	}
	for _, v := range validators {
		operator, err := app.addressCodecs.validator.StringToBytes(v.GetOperator())
		if err != nil {
			return err
		}
		// the error says "no commission to withdraw"
		_, _ = app.DistrKeeper.WithdrawValidatorCommission(ctx, operator)
	}
	if err := app.eachDelegation(delegations, func(delegator sdk.AccAddress, operator sdk.ValAddress) error {
		_, err := app.DistrKeeper.WithdrawDelegationRewards(ctx, delegator, operator)
		return err
	}); err != nil {
		return err
	}
	app.DistrKeeper.DeleteAllValidatorSlashEvents(ctx)
	app.DistrKeeper.DeleteAllValidatorHistoricalRewards(ctx)
	return app.restartRewards(ctx.WithBlockHeight(0), validators, delegations)
}

// restartRewards moves what cannot be divided to the community pool and opens
// the first reward period of every validator and delegation.
func (app *App) restartRewards(ctx sdk.Context, validators []stakingtypes.Validator, delegations []stakingtypes.Delegation) error {
	for _, v := range validators {
		operator, err := app.addressCodecs.validator.StringToBytes(v.GetOperator())
		if err != nil {
			return err
		}
		scraps, err := app.DistrKeeper.GetValidatorOutstandingRewardsCoins(ctx, operator)
		if err != nil {
			return err
		}
		pool, err := app.DistrKeeper.FeePool.Get(ctx)
		if err != nil {
			return err
		}
		pool.CommunityPool = pool.CommunityPool.Add(scraps...)
		if err := app.DistrKeeper.FeePool.Set(ctx, pool); err != nil {
			return err
		}
		if err := app.DistrKeeper.Hooks().AfterValidatorCreated(ctx, operator); err != nil {
			return err
		}
	}
	return app.eachDelegation(delegations, func(delegator sdk.AccAddress, operator sdk.ValAddress) error {
		return errors.Join(
			app.DistrKeeper.Hooks().BeforeDelegationCreated(ctx, delegator, operator),
			app.DistrKeeper.Hooks().AfterDelegationModified(ctx, delegator, operator))
	})
}

func (app *App) eachDelegation(delegations []stakingtypes.Delegation, do func(sdk.AccAddress, sdk.ValAddress) error) error {
	for _, d := range delegations {
		delegator, err := app.addressCodecs.account.StringToBytes(d.DelegatorAddress)
		if err != nil {
			return err
		}
		operator, err := app.addressCodecs.validator.StringToBytes(d.ValidatorAddress)
		if err != nil {
			return err
		}
		if err := do(delegator, operator); err != nil {
			return fmt.Errorf("delegation of %s to %s: %w", d.DelegatorAddress, d.ValidatorAddress, err)
		}
	}
	return nil
}

// resetStaking forgets at which heights unbondings began; with a list of
// allowed validators, all others start jailed.
func (app *App) resetStaking(ctx sdk.Context, allowed map[string]bool) error {
	var inner error
	if err := app.StakingKeeper.IterateRedelegations(ctx, func(_ int64, red stakingtypes.Redelegation) bool {
		for i := range red.Entries {
			red.Entries[i].CreationHeight = 0
		}
		inner = app.StakingKeeper.SetRedelegation(ctx, red)
		return inner != nil
	}); err != nil || inner != nil {
		return errors.Join(err, inner)
	}
	if err := app.StakingKeeper.IterateUnbondingDelegations(ctx, func(_ int64, ubd stakingtypes.UnbondingDelegation) bool {
		for i := range ubd.Entries {
			ubd.Entries[i].CreationHeight = 0
		}
		inner = app.StakingKeeper.SetUnbondingDelegation(ctx, ubd)
		return inner != nil
	}); err != nil || inner != nil {
		return errors.Join(err, inner)
	}
	validators, err := app.StakingKeeper.GetAllValidators(ctx)
	if err != nil {
		return err
	}
	for _, v := range validators {
		v.UnbondingHeight = 0
		if len(allowed) > 0 && !allowed[v.OperatorAddress] {
			v.Jailed = true
		}
		if err := app.StakingKeeper.SetValidator(ctx, v); err != nil {
			return err
		}
	}
	_, err = app.StakingKeeper.ApplyAndReturnValidatorSetUpdates(ctx)
	return err
}

// resetSlashing starts the signing windows anew.
func (app *App) resetSlashing(ctx sdk.Context) error {
	var inner error
	err := app.SlashingKeeper.IterateValidatorSigningInfos(ctx, func(address sdk.ConsAddress, info slashingtypes.ValidatorSigningInfo) bool {
		info.StartHeight = 0
		inner = app.SlashingKeeper.SetValidatorSigningInfo(ctx, address, info)
		return inner != nil
	})
	return errors.Join(err, inner)
}
