package app

import (
	"fmt"

	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
)

// processProposal refuses a block that wants more gas than consensus allows or
// that holds bytes which are no transaction. The block gas meter is off (a
// parallel executor cannot use it), so this is what bounds a block against a
// proposer that does not run our code. Honest proposers stop at the same sum.
func (app *App) processProposal(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	var maxGas uint64
	if block := ctx.ConsensusParams().Block; block != nil && block.MaxGas > 0 {
		maxGas = uint64(block.MaxGas)
	}
	if err := checkProposal(app.TxDecode, req.Txs, maxGas); err != nil {
		app.Logger().Error("proposal refused", "height", req.Height, "reason", err)
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_ACCEPT}, nil
}

// checkProposal sums the gas wanted; maxGas 0 means no bound.
func checkProposal(decode sdk.TxDecoder, txs [][]byte, maxGas uint64) error {
	var sum uint64
	for i, raw := range txs {
		tx, err := decode(raw)
		if err != nil {
			return fmt.Errorf("transaction %d does not decode: %w", i, err)
		}
		gasTx, ok := tx.(baseapp.GasTx)
		if !ok || maxGas == 0 {
			continue
		}
		gas := gasTx.GetGas()
		if gas > maxGas || sum > maxGas-gas {
			return fmt.Errorf("transaction %d brings the gas wanted past %d", i, maxGas)
		}
		sum += gas
	}
	return nil
}
