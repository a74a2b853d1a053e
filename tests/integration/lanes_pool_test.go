package integration_test

import (
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/cosmos/evm/mempool/txpool"

	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"

	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// pooled is a chain with the app's own pool: slots for what can run in either
// half, and a queue for Ethereum transactions that have just come or miss a nonce.
func pooled(t testing.TB, slots, queueSlots, accounts int, change ...apptest.Mutator) *queue {
	t.Helper()
	c := newChainWith(t, apptest.Options{Accounts: accounts, AppOptions: map[string]any{
		"mempool.max-txs": slots, "evm.mempool.global-slots": slots, "evm.mempool.global-queue": queueSlots,
		"evm.mempool.insert-queue-size": 5000, "evm.mempool.pending-tx-proposal-timeout": "5s",
	}}, change...)
	return newQueue(c)
}

// put gives a transaction to the pool as a broadcast does.
func (q *queue) put(raw []byte) *abci.ResponseCheckTx {
	q.tb.Helper()
	response, err := q.App.CheckTx(&abci.RequestCheckTx{Tx: raw, Type: abci.CheckTxType_New})
	require.NoError(q.tb, err)
	return response
}

// settled waits until the pool has as many executable Ethereum transactions.
func (q *queue) settled(want int) {
	q.tb.Helper()
	pool := q.App.GetMempool().(interface{ GetTxPool() *txpool.TxPool }).GetTxPool()
	require.Eventually(q.tb, func() bool { pending, _ := pool.Stats(); return pending == want }, 10*time.Second, time.Millisecond)
}

// A restarted node takes Ethereum transactions from its first block on: upstream's
// pool refused them as beyond a gas limit of 0 until its second one.
func TestARestartedNodeTakesTransactionsFromItsFirstBlock(t *testing.T) {
	q := pooled(t, 40, 1, 2)
	q.Skip(5)
	q.Reopen()
	q.Skip(1)
	from, to := q.Accounts[0], q.Accounts[1]
	var response *abci.ResponseCheckTx
	require.Eventually(t, func() bool { // the pool resets beside the block
		response = q.put(q.SignEth(from, apptest.Call(to.EVM, common.Big1, nil)))
		q.ResetSequences()
		return response.Code == 0
	}, 5*time.Second, 10*time.Millisecond, "no block comes meanwhile")
	q.settled(1)
}

// TestAFloodDoesNotShutTransfersOutOfThePool fills the pool from many accounts at
// one price, then comes a transfer at the same price. Without a lane the pool
// has no place for it. mission C21
func TestAFloodDoesNotShutTransfersOutOfThePool(t *testing.T) {
	const slots, floods = 40, 60
	for name, c := range map[string]struct {
		shareBps uint32
		admitted int
		enters   bool
	}{
		"half of the pool":      {5000, slots / 2, true},
		"no lane, no admission": {10000, slots + 1, false}, // and the one place of the queue
	} {
		t.Run("Ethereum: "+name, func(t *testing.T) {
			q := pooled(t, slots, 1, floods+1, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.MaxBlockShareBps = c.shareBps }))
			admitted := 0
			for _, from := range q.Accounts[:floods] {
				q.submitEth(from, 100_000, 68)
				if response := q.put(q.list[len(q.list)-1].raw); response.Code == 0 {
					admitted++
					q.settled(admitted)
				} else if c.enters {
					require.Equal(t, sdkerrors.ErrMempoolIsFull.ABCICode(), response.Code, response.Log)
				}
			}
			require.Equal(t, c.admitted, admitted)
			q.send(q.Accounts[floods], 21_000, false)
			require.Equal(t, c.enters, q.put(q.list[len(q.list)-1].raw).Code == 0)
		})
		t.Run("native: "+name, func(t *testing.T) {
			q := pooled(t, slots, 1, floods+1, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.MaxBlockShareBps = c.shareBps }))
			admitted := 0
			for _, from := range q.Accounts[:floods] {
				q.submit(from, 300_000, 0)
				if q.put(q.list[len(q.list)-1].raw).Code == 0 {
					admitted++
				}
			}
			require.Equal(t, min(c.admitted, slots), admitted)
			q.send(q.Accounts[floods], 200_000, true)
			require.Equal(t, c.enters, q.put(q.list[len(q.list)-1].raw).Code == 0)
		})
	}
}

// TestNothingStarvesInThePool keeps 3 blocks of submissions waiting for 12
// blocks, both ways, and sends transfers all the time: each is in the next block,
// and the submissions move on by their share. mission C21
func TestNothingStarvesInThePool(t *testing.T) {
	q := pooled(t, 2000, 1000, 12)
	submitted, done := 0, 0
	for height := range 12 {
		for i := submitted - done; i < 90; i++ { // 2 000 000 gas each, 30 a block
			if from := q.Accounts[submitted%8]; submitted%2 == 0 {
				q.submit(from, 2_000_000, 0)
			} else {
				q.submitEth(from, 2_000_000, 68)
			}
			require.Zero(t, q.put(q.list[len(q.list)-1].raw).Code)
			submitted++
		}
		var transfers [][]byte
		for i := range 4 {
			q.send(q.Accounts[8+i], 200_000, i < 2)
			raw := q.list[len(q.list)-1].raw
			require.Zero(t, q.put(raw).Code)
			transfers = append(transfers, raw)
		}
		var txs [][]byte
		var submissions load
		require.Eventually(t, func() bool { // entering the pool is asynchronous, its rechecks are, too
			var chosen map[string]bool
			chosen, txs, submissions, _ = q.propose(bigBlock)
			for _, raw := range transfers {
				if !chosen[string(raw)] {
					return false
				}
			}
			return submissions.txs >= 15
		}, 20*time.Second, 5*time.Millisecond, "block %d leaves transfers or its share of submissions out", height)
		done += submissions.txs
		for i, result := range q.deliver(time.Second, txs).TxResults {
			require.Zero(t, result.Code, "transaction %d of block %d: %s", i, height, result.Log)
		}
	}
}

// TestThePoolRefusesASignerWithoutAPublicKey: the pool behind ours dies of one.
func TestThePoolRefusesASignerWithoutAPublicKey(t *testing.T) {
	q := pooled(t, 100, 100, 2)
	raw := q.Sign(q.Accounts[0], q.transfer(q.Accounts[0]))
	require.Equal(t, sdkerrors.ErrInvalidPubKey.ABCICode(), q.put(withoutPublicKey(t, q, raw)).Code)
	require.Zero(t, q.put(raw).Code)
}

// TestASignerWithoutAPublicKeyFailsTheSameEverywhere: another proposer may put
// one into a block; nodes with a pool and without one agree on what it does.
func TestASignerWithoutAPublicKeyFailsTheSameEverywhere(t *testing.T) {
	for name, q := range map[string]*queue{
		"with a pool":    pooled(t, 100, 100, 2),
		"without a pool": newQueue(newChain(t)),
	} {
		t.Run(name, func(t *testing.T) {
			from := q.Accounts[0]
			require.Zero(t, q.block(q.Sign(from, q.transfer(from))).TxResults[0].Code)
			result := q.block(withoutPublicKey(t, q, q.Sign(from, q.transfer(from)))).TxResults[0]
			require.Equal(t, sdkerrors.ErrPanic.ABCICode(), result.Code, result.Log)
			require.Zero(t, q.block(q.Sign(from, q.transfer(from))).TxResults[0].Code, "the chain goes on")
		})
	}
}

func withoutPublicKey(t *testing.T, q *queue, raw []byte) []byte {
	t.Helper()
	tx, err := q.App.TxDecode(raw)
	require.NoError(t, err)
	builder, err := q.App.TxConfig().WrapTxBuilder(tx)
	require.NoError(t, err)
	signatures, err := builder.GetTx().GetSignaturesV2()
	require.NoError(t, err)
	for i := range signatures {
		signatures[i].PubKey = nil
	}
	require.NoError(t, builder.SetSignatures(signatures...))
	raw, err = q.App.TxConfig().TxEncoder()(builder.GetTx())
	require.NoError(t, err)
	return raw
}

// BenchmarkProposalFromAFullPool is what a proposer pays while the lane of
// submissions is full and nothing else waits: the whole pool is looked at.
func BenchmarkProposalFromAFullPool(b *testing.B) {
	const waiting, accounts = 2560, 160
	q := pooled(b, 2*waiting, waiting, accounts)
	for i := range waiting {
		q.submitEth(q.Accounts[i%accounts], 200_000, 300)
		if response := q.put(q.list[i].raw); response.Code != 0 {
			b.Fatal(response.Log)
		}
	}
	q.settled(waiting)
	request := &abci.RequestPrepareProposal{Height: q.Height + 1, Time: q.Time.Add(time.Second), MaxTxBytes: bigBlock}
	for b.Loop() {
		if _, err := q.App.PrepareProposal(request); err != nil {
			b.Fatal(err)
		}
	}
}
