package apptest

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmtproto "github.com/cometbft/cometbft/proto/tendermint/types"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/x/dasigners/beacon"
)

// Chain is a running app in memory.
type Chain struct {
	App       *app.App
	Accounts  []Account
	Validator Account // operator of the one validator, funded too
	Height    int64   // of the last block, 0 before the first
	Time      time.Time

	t         testing.TB
	options   Options
	sequences map[string]uint64 // address → next sequence, within a block
}

// New starts a chain at genesis, with the first block made. It is closed when
// the test ends.
func New(t testing.TB, options ...Options) *Chain {
	t.Helper()
	var o Options
	if len(options) > 0 {
		o = options[0]
	}
	o = o.withDefaults()
	c := &Chain{
		Accounts: newAccounts(o.Accounts), Validator: NewAccount("validator"), Time: o.Start,
		t: t, options: o, sequences: map[string]uint64{},
	}
	c.App = c.open()
	t.Cleanup(func() { _ = c.App.Close() })
	c.initChain()
	c.Deliver()
	return c
}

func (c *Chain) open() *app.App {
	c.t.Helper()
	o := app.Options{
		Logger: c.options.Logger, DB: c.options.DB, ChainID: c.options.ChainID, LoadLatest: true,
		AppOptions: appOptions(c.options.AppOptions), BeaconSigners: []beacon.Signer{BeaconSigner()},
	}
	if c.options.Change != nil {
		o = c.options.Change(o)
	}
	opened, err := app.New(o)
	if err != nil {
		c.t.Fatalf("open app: %v", err)
	}
	return opened
}

// Reopen closes the app and loads it again from its database, as a restart does.
func (c *Chain) Reopen() {
	c.t.Helper()
	c.App = c.open() // not closed before: that would close the MemDB
	if got := c.App.LastBlockHeight(); got != c.Height {
		c.t.Fatalf("reopened at height %d, want %d", got, c.Height)
	}
	c.ResetSequences()
}

// initChain writes genesis.
func (c *Chain) initChain() {
	c.t.Helper()
	params := app.DefaultConsensusParams().ToProto()
	request := &abci.RequestInitChain{ChainId: c.options.ChainID, Time: c.Time, ConsensusParams: &params, InitialHeight: 1}
	if state := c.options.State; state != nil {
		c.Time, c.Height = state.Time, max(state.Height-1, 0)
		request.Time, request.InitialHeight, request.AppStateBytes = state.Time, max(state.Height, 1), state.AppState
		request.ConsensusParams = &state.ConsensusParams
	} else {
		request.AppStateBytes = c.genesis()
	}
	if _, err := c.App.InitChain(request); err != nil {
		c.t.Fatalf("init chain: %v", err)
	}
}

// Ctx reads committed state. Writes to it are lost.
func (c *Chain) Ctx() sdk.Context {
	header := cmtproto.Header{ChainID: c.options.ChainID, Height: c.Height, Time: c.Time}
	ctx, _ := c.App.NewContextLegacy(true, header).CacheContext()
	return ctx
}

// Balance is an account's azg.
func (c *Chain) Balance(address sdk.AccAddress) sdkmath.Int {
	return c.App.BankKeeper.GetBalance(c.Ctx(), address, app.BaseDenom).Amount
}

// ModuleBalance is a module account's azg.
func (c *Chain) ModuleBalance(module string) sdkmath.Int {
	return c.Balance(c.App.AccountKeeper.GetModuleAddress(module))
}

// Export writes the state after the last block; with forZeroHeight the heights
// in it start anew.
func (c *Chain) Export(forZeroHeight bool) ExportedState {
	c.t.Helper()
	exported, err := c.App.ExportAppStateAndValidators(forZeroHeight, nil, nil)
	if err != nil {
		c.t.Fatalf("export: %v", err)
	}
	return ExportedState{ExportedApp: exported, Time: c.Time}
}
