package app

import (
	"context"
	"errors"
	"fmt"

	"cosmossdk.io/collections"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"

	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/zgd-network/zgd/x/dasigners/beacon"
	"github.com/zgd-network/zgd/x/dasigners/bls"
)

// The chain's randomness rides on block production (protocol-da.md §5.3). Every
// block begins with one injected transaction, the proposer's unique signature of
// (chain, height, beacon of the block before). It is made here in PrepareProposal
// and judged here in ProcessProposal, it is no transaction of the SDK, and nobody
// but PreBlocker and the runner ever sees it: the handlers of proposal.go and the
// executors work on the block without it, so that nothing in a block moves.

// Reasons to refuse a proposal.
var (
	errNoBeacon       = errors.New("the block does not begin with the beacon's transaction")
	errBeaconTwice    = errors.New("a second beacon transaction")
	errBeaconMissing  = errors.New("the proposer has an effective beacon key, but gave no signature")
	errBeaconTooEarly = errors.New("the proposer has no effective beacon key, but gave a signature")
)

// setProposalHandlers puts the beacon around the handlers of proposal.go.
func (app *App) setProposalHandlers(o Options) {
	app.beaconSigners = o.BeaconSigners
	if !app.hasStorage() {
		app.SetPrepareProposal(app.prepareProposal)
		app.SetProcessProposal(app.processProposal)
		return
	}
	app.SetPrepareProposal(app.prepareWithBeacon)
	app.SetProcessProposal(app.processWithBeacon)
}

// prepareWithBeacon puts the beacon's transaction before the block's own. Without
// the right key there is no proposal that others would take; it is made all the
// same, because a proposer has nothing better, and the log says what to do.
func (app *App) prepareWithBeacon(ctx sdk.Context, req *abci.RequestPrepareProposal) (*abci.ResponsePrepareProposal, error) {
	signature, err := app.signBeacon(ctx, req.ProposerAddress, req.Height, req.LocalLastCommit.Round)
	if err != nil {
		app.Logger().Error("this node cannot propose: "+err.Error(), "height", req.Height)
	}
	first := beacon.EncodeTx(signature)
	inner := *req
	inner.MaxTxBytes = max(req.MaxTxBytes-cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{first}), 0)
	response, err := app.prepareProposal(ctx, &inner)
	if err != nil {
		app.Logger().Error("proposal without transactions", "height", req.Height, "reason", err)
		response = &abci.ResponsePrepareProposal{}
	}
	response.Txs = append([][]byte{first}, response.Txs...)
	return response, nil
}

// signBeacon is the signature that a proposer owes to a height, empty while it has
// no effective key. ctx is of the state before that height, lastRound that in which
// the block before was decided.
func (app *App) signBeacon(ctx sdk.Context, proposer []byte, height int64, lastRound int32) ([]byte, error) {
	key, previous, err := app.beaconDuty(ctx, proposer, height, lastRound)
	if err != nil || key == nil {
		return nil, err
	}
	for _, signer := range app.beaconSigners {
		public := signer.Public()
		if string(bls.EncodeG2(&public.G2)) == string(key) {
			return signer.Sign(beacon.Message(app.EVMChainID, uint64(height), previous))
		}
	}
	return nil, fmt.Errorf("its effective beacon key is %x…, and none of its %d keys is that one: give it back config/beacon_key.json, or register a new key and wait two epochs (%s beacon-key --help)",
		key[:8], len(app.beaconSigners), Name)
}

// beaconDuty is the key that the proposer of a height must sign with, nil when it
// has none, and the value of the block before. A state that has no epoch is of a
// chain that gets the module by an upgrade in this very block: nobody has a key.
func (app *App) beaconDuty(ctx sdk.Context, proposer []byte, height int64, lastRound int32) (key []byte, previous beacon.Value, err error) {
	key, err = app.DASignersKeeper.BeaconKeyFor(ctx, proposer, height)
	if errors.Is(err, collections.ErrNotFound) {
		return nil, previous, nil
	}
	if err != nil {
		return nil, previous, fmt.Errorf("beacon key of proposer %x: %w", proposer, err)
	}
	if previous, err = app.DASignersKeeper.BeaconAfter(ctx, lastRound); err != nil {
		return nil, previous, fmt.Errorf("beacon before height %d: %w", height, err)
	}
	return key, previous, nil
}

// processWithBeacon judges the beacon's transaction and hands the rest on.
func (app *App) processWithBeacon(ctx sdk.Context, req *abci.RequestProcessProposal) (*abci.ResponseProcessProposal, error) {
	if err := app.checkBeacon(ctx, req); err != nil {
		app.Logger().Error("proposal refused", "height", req.Height, "proposer", fmt.Sprintf("%x", req.ProposerAddress), "reason", err)
		return &abci.ResponseProcessProposal{Status: abci.ResponseProcessProposal_REJECT}, nil
	}
	inner := *req
	inner.Txs = req.Txs[1:]
	return app.processProposal(ctx, &inner)
}

// checkBeacon wants exactly one beacon transaction, at the start, with the one
// value that this proposer can give.
func (app *App) checkBeacon(ctx sdk.Context, req *abci.RequestProcessProposal) error {
	if len(req.Txs) == 0 || !beacon.IsTx(req.Txs[0]) {
		return errNoBeacon
	}
	for i, raw := range req.Txs[1:] {
		if beacon.IsTx(raw) {
			return fmt.Errorf("%w: transaction %d", errBeaconTwice, i+1)
		}
	}
	signature, err := beacon.DecodeTx(req.Txs[0])
	if err != nil {
		return err
	}
	key, previous, err := app.beaconDuty(ctx, req.ProposerAddress, req.Height, req.ProposedLastCommit.Round)
	if err != nil {
		return err
	}
	switch {
	case key == nil && len(signature) == 0:
		return nil
	case key == nil:
		return errBeaconTooEarly
	case len(signature) == 0:
		return errBeaconMissing
	}
	public, err := bls.DecodeTrustedG2(key) // checked before it was stored
	if err != nil {
		return fmt.Errorf("beacon key of proposer %x: %w", req.ProposerAddress, err)
	}
	return beacon.Verify(&public, app.EVMChainID, uint64(req.Height), previous, signature)
}

// mixBeacon writes the block's beacon. It judges nothing: two thirds of the
// validators have, and a block that is replayed or synced must lead to the same
// state. Whatever is malformed counts as an empty signature.
//
// A block that was decided in a later round than its first adds nothing to the
// beacon: the next one, which carries the round, takes it back. Why, is at
// keeper.BeaconAfter.
func (app *App) mixBeacon(ctx sdk.Context, req *abci.RequestFinalizeBlock) {
	if !app.hasStorage() {
		return
	}
	var signature []byte
	if len(req.Txs) > 0 {
		signature, _ = beacon.DecodeTx(req.Txs[0]) // nil on error
	}
	if err := app.DASignersKeeper.MixBlockAfter(ctx, signature, req.DecidedLastCommit.Round); err != nil {
		app.Logger().Error("the beacon stands still", "height", ctx.BlockHeight(), "reason", err)
	}
}

// beaconRunner runs a block without the beacon's transaction and answers for it
// what an undecodable transaction gets. Transactions keep the numbers they would
// have without it, under either executor.
type beaconRunner struct{ inner sdk.TxRunner }

// Run implements sdk.TxRunner.
func (r beaconRunner) Run(ctx context.Context, ms storetypes.MultiStore, txs [][]byte, deliver sdk.DeliverTxFunc) ([]*abci.ExecTxResult, error) {
	if len(txs) == 0 || !beacon.IsTx(txs[0]) {
		return r.inner.Run(ctx, ms, txs, deliver)
	}
	results, err := r.inner.Run(ctx, ms, txs[1:], deliver)
	if err != nil {
		return nil, err
	}
	first := sdkerrors.ResponseExecTxResultWithEvents(sdkerrors.ErrTxDecode, 0, 0, nil, false)
	return append([]*abci.ExecTxResult{first}, results...), nil
}
