package app_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
)

func balanceAt(t *testing.T, c *apptest.Chain, height int64, who apptest.Account) sdkmath.Int {
	t.Helper()
	ctx, err := c.App.CreateQueryContext(height, false)
	require.NoError(t, err)
	return c.App.BankKeeper.GetBalance(ctx, who.Address, app.BaseDenom).Amount
}

func TestQueriesSeeTheCommittedHeight(t *testing.T) {
	c := apptest.New(t)
	payee := apptest.NewAccount("payee")
	for range 5 {
		before := balanceAt(t, c, 0, payee)
		c.SignAndDeliver(c.Accounts[0], send(c.Accounts[0], payee, 7))
		require.Equal(t, before.AddRaw(7), balanceAt(t, c, 0, payee), "latest")
		require.Equal(t, before.AddRaw(7), balanceAt(t, c, c.Height, payee), "latest, by height")
		require.Equal(t, before, balanceAt(t, c, c.Height-1, payee), "the height before")
	}
	_, err := c.App.CreateQueryContext(c.Height+1, false)
	require.ErrorContains(t, err, "future")
	c.Reopen() // nothing committed yet: the stores answer themselves
	require.Equal(t, sdkmath.NewInt(35), balanceAt(t, c, c.Height, payee))
}

func TestAQueryWritesNothing(t *testing.T) {
	c := apptest.New(t)
	who := c.Accounts[0]
	before := balanceAt(t, c, 0, who)
	ctx, err := c.App.CreateQueryContext(0, false)
	require.NoError(t, err)
	require.NoError(t, c.App.BankKeeper.SendCoins(ctx, who.Address, c.Accounts[1].Address, azg(5)))
	require.Equal(t, before.SubRaw(5), c.App.BankKeeper.GetBalance(ctx, who.Address, app.BaseDenom).Amount, "in its own branch")
	require.Equal(t, before, balanceAt(t, c, 0, who), "in the next query")
	c.Deliver()
	require.Equal(t, before, balanceAt(t, c, 0, who), "in the next block")
}

// Queries run beside blocks. Each has to see one height whole: every block pays
// both accounts the same.
func TestQueriesBesideBlocksSeeOneHeight(t *testing.T) {
	c := apptest.New(t)
	left, right := apptest.NewAccount("left"), apptest.NewAccount("right")
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for answers := 0; ; {
				select {
				case <-done:
					if answers == 0 {
						t.Error("no query was answered")
					}
					return
				default:
				}
				ctx, err := c.App.CreateQueryContext(0, false)
				if err != nil {
					continue // the height changed between two of BaseApp's own looks
				}
				answers++
				l := c.App.BankKeeper.GetBalance(ctx, left.Address, app.BaseDenom)
				r := c.App.BankKeeper.GetBalance(ctx, right.Address, app.BaseDenom)
				if !l.Equal(r) {
					t.Errorf("left has %s, right %s", l, r)
					return
				}
			}
		}()
	}
	payer := c.Accounts[0]
	for range 30 {
		c.SignAndDeliver(payer, send(payer, left, 1), send(payer, right, 1))
	}
	close(done)
	readers.Wait()
	require.Equal(t, sdkmath.NewInt(30), balanceAt(t, c, 0, left))
}

// The pool reads one context from several goroutines: opening a store must not
// write to what they share.
func TestManyReadOneQueryContext(t *testing.T) {
	c := apptest.New(t)
	c.Deliver()
	for range 3000 { // a map written by two at once ends the process, when it is noticed
		ctx, err := c.App.CreateQueryContext(0, false)
		require.NoError(t, err)
		reads := []func(){
			func() { c.App.BankKeeper.GetSupply(ctx, app.BaseDenom) },
			func() { c.App.EVMKeeper.GetParams(ctx) },
			func() { c.App.FeeMarketKeeper.GetParams(ctx) },
			func() { _, _ = c.App.StakingKeeper.BondDenom(ctx) },
			func() { _, _ = c.App.MintKeeper.Params.Get(ctx) },
			func() { c.App.AccountKeeper.GetParams(ctx) },
		}
		var readers sync.WaitGroup
		for first := range 4 {
			readers.Add(1)
			go func() {
				defer readers.Done()
				for i := range reads {
					reads[(first+i)%len(reads)]()
				}
			}()
		}
		readers.Wait()
	}
}

// What makes queries cheaper must not be able to change a block.
func TestTunedAndUntunedAgree(t *testing.T) {
	r := seeded(t)
	tuned := apptest.New(t, apptest.Options{Accounts: 12})
	untuned := apptest.New(t, apptest.Options{Accounts: 12, Change: app.Options.Untuned})
	for block := range 5 {
		txs := randomBlock(r, tuned, 15, false)
		want, got := untuned.Deliver(txs...), tuned.Deliver(txs...)
		require.Equal(t, want.AppHash, got.AppHash, "block %d", block)
		require.Equal(t, balanceAt(t, untuned, 0, tuned.Accounts[0]), balanceAt(t, tuned, 0, tuned.Accounts[0]), "block %d", block)
	}
}
