package app

import (
	abci "github.com/cometbft/cometbft/abci/types"

	"github.com/cosmos/cosmos-sdk/baseapp"
	"github.com/cosmos/cosmos-sdk/baseapp/oe"
)

// ahead runs an accepted proposal before it is decided (optimistic execution).
//
// BaseApp cuts that run off when another round of the height begins, but keeps its
// result, or its error, under the hash of the first block. If the first block is
// decided after all, because its votes were only late, FinalizeBlock answers with
// what was cut off: an error, or results beside a state that no longer holds them.
// Either stops the node, and anyone who may propose can bring that about, with a
// proposal that is refused (cosmos-sdk v0.54.4, baseapp/abci.go). So the app
// remembers that it has cut, and has the block run anew.
type ahead struct {
	run *oe.OptimisticExecution
	cut bool // since the last proposal that was accepted
}

// option turns running ahead on.
func (a *ahead) option() func(*baseapp.BaseApp) {
	return baseapp.SetOptimisticExecution(func(run *oe.OptimisticExecution) { a.run = run })
}

// PrepareProposal implements the ABCI.
func (app *App) PrepareProposal(req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	app.ahead.cut = true
	return app.BaseApp.PrepareProposal(req)
}

// ProcessProposal implements the ABCI.
func (app *App) ProcessProposal(req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	app.ahead.cut = true
	response, err := app.BaseApp.ProcessProposal(req)
	app.ahead.cut = err != nil || !response.IsAccepted()
	return response, err
}

// FinalizeBlock implements the ABCI.
func (app *App) FinalizeBlock(req *abci.RequestFinalizeBlock) (*abci.ResponseFinalizeBlock, error) {
	if app.ahead.cut {
		app.ahead.discard()
		defer app.ahead.keep()
	}
	return app.BaseApp.FinalizeBlock(req)
}

// discard makes BaseApp drop what was run ahead, whatever its hash, and clear the
// state that it wrote. The rate of aborts is the only handle there is.
func (a *ahead) discard() { oe.WithAbortRate(100)(a.run) }

func (a *ahead) keep() { oe.WithAbortRate(0)(a.run); a.cut = false }
