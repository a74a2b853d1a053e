package integration_test

import (
	"fmt"
	"math/big"
	"testing"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// ledger follows the supply by the bank's own events.
type ledger struct {
	supply sdkmath.Int // genesis + minted - burned
}

// TestMoneyIsConservedAfterEveryBlock runs random histories and compares, after
// each block and to the base unit, what was promised with what is held.
// mission C18
func TestMoneyIsConservedAfterEveryBlock(t *testing.T) {
	for seed := range uint64(3) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			c := newChain(t, poraGenesis(func(g *poratypes.GenesisState) { g.Params.MaxProofsPerEpoch, g.Params.ClaimMinEpochs = 3, 1 }),
				flowGenesis(func(g *flowtypes.GenesisState) { g.Params.PeriodSeconds = 60 + 40*seed }))
			h := newHistory(c, seed)
			books := ledger{supply: c.supply()}
			for range 150 {
				_, results := h.next(6)
				books.read(t, results)
				c.requireConservation(books)
			}
			h.requireVariety()
		})
	}
}

func (c *chain) supply() sdkmath.Int {
	return c.App.BankKeeper.GetSupply(c.Ctx(), app.BaseDenom).Amount
}

// requireConservation is the invariant of C18 and of both module accounts.
func (c *chain) requireConservation(books ledger) {
	c.tb.Helper()
	require.Equal(c.tb, books.supply, c.supply(), "supply = genesis + minted - burned, height %d", c.Height)
	sum := sdkmath.ZeroInt()
	c.App.BankKeeper.IterateAllBalances(c.Ctx(), func(_ sdk.AccAddress, coin sdk.Coin) bool {
		if coin.Denom == app.BaseDenom {
			sum = sum.Add(coin.Amount)
		}
		return false
	})
	require.Equal(c.tb, books.supply, sum, "supply = sum of balances, height %d", c.Height)
	c.requireModuleAccounts()
}

func (c *chain) requireModuleAccounts() {
	c.tb.Helper()
	flow := c.flowState()
	held := c.ModuleBalance(flowtypes.ModuleName)
	require.Equal(c.tb, flow.Totals.Deposited.Sub(flow.Totals.Paid), held, "x/flow holds deposited - paid, height %d", c.Height)
	require.Equal(c.tb, new(big.Int).Lsh(held.BigInt(), 64), promisedX64(flow), "x/flow holds what its windows owe, height %d", c.Height)

	credits := sdkmath.ZeroInt()
	for _, credit := range c.poraState().Credits {
		credits = credits.Add(credit.Amount)
	}
	require.Equal(c.tb, credits, c.ModuleBalance(poratypes.ModuleName), "x/pora holds its credits, height %d", c.Height)
}

// promisedX64 is what all windows owe, in 2^-64 azg: what has accrued and what
// will until every release has ended.
func promisedX64(g flowtypes.GenesisState) *big.Int {
	sum := new(big.Int)
	settled := map[uint64]int64{}
	for _, w := range g.Windows {
		settled[w.Window] = w.State.SettledTime
		sum.Add(sum, new(big.Int).SetBytes(w.State.AccruedX64))
	}
	for _, e := range g.Expiries {
		left := new(big.Int).SetBytes(e.State.RateX64)
		left.Mul(left, big.NewInt(e.EndTime-settled[e.Window]))
		sum.Add(sum, left.Add(left, new(big.Int).SetBytes(e.State.RemainderX64)))
	}
	return sum
}

// read adds what the events of a block say was minted and burned.
func (l *ledger) read(t *testing.T, block *abci.ResponseFinalizeBlock) {
	t.Helper()
	events := block.Events
	for _, result := range block.TxResults {
		events = append(events, result.Events...)
	}
	for _, event := range events {
		switch event.Type {
		case banktypes.EventTypeCoinMint:
			l.supply = l.supply.Add(amountOf(t, event))
		case banktypes.EventTypeCoinBurn:
			l.supply = l.supply.Sub(amountOf(t, event))
		}
	}
}

func amountOf(t *testing.T, event abci.Event) sdkmath.Int {
	t.Helper()
	for _, attribute := range event.Attributes {
		if attribute.Key == sdk.AttributeKeyAmount {
			coins, err := sdk.ParseCoinsNormalized(attribute.Value)
			require.NoError(t, err)
			return coins.AmountOf(app.BaseDenom)
		}
	}
	t.Fatalf("event %s names no amount", event.Type)
	return sdkmath.Int{}
}
