package app_test

import (
	"fmt"
	"math/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
)

// The executor is a node's own choice, so it must not be able to change a block:
// same blocks, same results, same app hash.
func TestSequentialAndBlockSTMAgree(t *testing.T) {
	r := seeded(t)
	start := func(options map[string]any) *apptest.Chain {
		return apptest.New(t, apptest.Options{Accounts: 12, AppOptions: options})
	}
	sequential := start(map[string]any{"block-executor": "sequential"})
	parallel := map[string]*apptest.Chain{
		"block-stm":               start(map[string]any{"block-executor": "block-stm", "block-stm-workers": 4}),
		"block-stm with estimate": start(map[string]any{"block-executor": "block-stm", "block-stm-workers": 4, "block-stm-pre-estimate": true}),
	}
	deployed := false
	for block := range 12 {
		txs := randomBlock(r, sequential, 25, deployed)
		if !deployed {
			txs, deployed = append(txs, sequential.SignEth(sequential.Validator, apptest.Create(counterCode))), true
		}
		want := sequential.Deliver(txs...)
		for name, chain := range parallel {
			got := chain.Deliver(txs...)
			for i := range txs {
				require.Equal(t, want.Txs[i].String(), got.Txs[i].String(), "%s: transaction %d of block %d", name, i, block)
			}
			require.Equal(t, fmt.Sprintf("%X", want.AppHash), fmt.Sprintf("%X", got.AppHash), "%s: block %d", name, block)
		}
	}
}

// randomBlock mixes transfers, contract calls and flow entries of few accounts,
// so that many of them conflict; some fail.
func randomBlock(r *rand.Rand, chain *apptest.Chain, n int, deployed bool) [][]byte {
	counter := counterAddress(chain.Validator, 1) // the gentx took sequence 0
	var txs [][]byte
	for range n {
		from, to := chain.Accounts[r.Intn(len(chain.Accounts))], chain.Accounts[r.Intn(len(chain.Accounts))]
		switch r.Intn(6) {
		case 0, 1:
			txs = append(txs, chain.Sign(from, send(from, to, 1+r.Int63n(1000))))
		case 2:
			txs = append(txs, chain.SignEth(from, apptest.Call(to.EVM, wei(1+r.Int63n(1000)), nil)))
		case 3:
			if deployed {
				txs = append(txs, chain.SignEth(from, apptest.Call(counter, nil, nil)))
			}
		case 4:
			data := make([]byte, 1+r.Intn(2000))
			r.Read(data)
			txs = append(txs, chain.Sign(from, chain.Submit(from, data, nil)))
		case 5: // more than anyone has: fails, and takes its fee
			txs = append(txs, chain.SignEth(from, apptest.Call(to.EVM, wei(r.Int63()), nil)), chain.Sign(from, send(to, from, 1)))
		}
	}
	return txs
}
