package app

import (
	"errors"
	"fmt"

	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"
)

// CheckProposer says what keeps a bonded validator from proposing blocks that
// others take, or from adding to the beacon, with the keys of this node. nil: it
// is no validator, or all is well. Before the first block nothing is known.
func (app *App) CheckProposer(consensusAddress []byte) error {
	height := app.LastBlockHeight()
	if height == 0 || !app.hasStorage() {
		return nil
	}
	ctx, err := app.CreateQueryContext(height, false)
	if err != nil {
		return err
	}
	validator, err := app.StakingKeeper.GetValidatorByConsAddr(ctx, consensusAddress)
	if errors.Is(err, stakingtypes.ErrNoValidatorFound) || err == nil && !validator.IsBonded() {
		return nil
	}
	if err != nil {
		return err
	}
	signature, err := app.signBeacon(ctx, consensusAddress, height+1, 0)
	if err != nil {
		return fmt.Errorf("this validator cannot propose: %w", err)
	}
	if len(signature) == 0 {
		return fmt.Errorf("this validator has no effective beacon key, its blocks mix a constant: `%s beacon-key register` sends one to the chain", Name)
	}
	return nil
}
