package integration_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	abci "github.com/cometbft/cometbft/abci/types"
	cmttypes "github.com/cometbft/cometbft/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/baseapp"
	sdk "github.com/cosmos/cosmos-sdk/types"
	sdkerrors "github.com/cosmos/cosmos-sdk/types/errors"
	"github.com/cosmos/cosmos-sdk/x/authz"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// queued is one transaction as a pool offers it.
type queued struct {
	raw        []byte
	sender     string
	sequence   int
	submission bool
	gas        uint64
	bytes      uint64
}

// queue collects transactions in the order in which they are offered.
type queue struct {
	*chain
	list []queued
	seqs map[string]int
}

func newQueue(c *chain) *queue { return &queue{chain: c, seqs: map[string]int{}} }

func (q *queue) add(from apptest.Account, raw []byte, submission bool) {
	q.tb.Helper()
	tx, err := q.App.TxDecode(raw)
	require.NoError(q.tb, err)
	size := cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{raw})
	q.list = append(q.list, queued{raw, from.Name, q.seqs[from.Name], submission, tx.(baseapp.GasTx).GetGas(), uint64(size)})
	q.seqs[from.Name]++
}

// submit queues a native submission of some bytes of tags.
func (q *queue) submit(from apptest.Account, gas uint64, tagBytes int) {
	q.tb.Helper()
	msg := q.Submit(from, []byte(fmt.Sprint("data ", len(q.list))), make([]byte, tagBytes))
	q.add(from, q.SignWith(from, apptest.TxOptions{GasLimit: gas}, msg), true)
}

// submitEth queues a call of the flow contract.
func (q *queue) submitEth(from apptest.Account, gas uint64, inputBytes int) {
	q.tb.Helper()
	call := apptest.Call(common.HexToAddress(app.PrecompileFlow), nil, make([]byte, inputBytes))
	call.GasLimit = gas
	q.add(from, q.SignEth(from, call), true)
}

// send queues a transfer, native or by Ethereum.
func (q *queue) send(from apptest.Account, gas uint64, native bool) {
	q.tb.Helper()
	if native {
		q.add(from, q.SignWith(from, apptest.TxOptions{GasLimit: gas}, q.transfer(from)), false)
		return
	}
	call := apptest.Call(common.Address{19: 1, 0: 7}, sdkmath.OneInt().BigInt(), nil)
	call.GasLimit = gas
	q.add(from, q.SignEth(from, call), false)
}

func (q *queue) transfer(from apptest.Account) sdk.Msg {
	return banktypes.NewMsgSend(from.Address, q.Validator.Address, sdk.NewCoins(sdk.NewInt64Coin(app.BaseDenom, 1)))
}

// load is what a proposal holds of one kind.
type load struct {
	txs        int
	gas, bytes uint64
}

// propose asks the app for a block of the queue's transactions.
func (q *queue) propose(maxBytes int64) (chosen map[string]bool, txs [][]byte, submissions, others load) {
	q.tb.Helper()
	first := q.BeaconTx()
	maxBytes += cmttypes.ComputeProtoSizeForTxs([]cmttypes.Tx{first}) // what the tests count is the rest
	request := &abci.RequestPrepareProposal{
		Height: q.Height + 1, Time: q.Time.Add(time.Second), MaxTxBytes: maxBytes, ProposerAddress: apptest.ConsensusAddress(),
	}
	for _, tx := range q.list {
		request.Txs = append(request.Txs, tx.raw)
	}
	response, err := q.App.PrepareProposal(request)
	require.NoError(q.tb, err)
	require.Equal(q.tb, first, response.Txs[0])
	response.Txs = response.Txs[1:]
	known := map[string]queued{}
	for _, tx := range q.list {
		known[string(tx.raw)] = tx
	}
	chosen = map[string]bool{}
	for _, raw := range response.Txs {
		tx, ok := known[string(raw)]
		require.True(q.tb, ok, "a transaction nobody queued")
		require.False(q.tb, chosen[string(raw)], "a transaction twice")
		chosen[string(raw)] = true
		into := &others
		if tx.submission {
			into = &submissions
		}
		into.txs, into.gas, into.bytes = into.txs+1, into.gas+tx.gas, into.bytes+tx.bytes
	}
	return chosen, response.Txs, submissions, others
}

const (
	bigBlock = app.BlockMaxBytes
	halfGas  = app.BlockMaxGas / 2
)

// TestALaneBindsOnlyWhileBothHaveWork offers submissions first, as a pool does in
// which they bid more. mission C21
func TestALaneBindsOnlyWhileBothHaveWork(t *testing.T) {
	fill := func(q *queue, submissions, transfers int) {
		for i := range submissions {
			q.submit(q.Accounts[i%4], 2_000_000, 60)
		}
		for i := range transfers {
			q.send(q.Accounts[4+i%4], 2_000_000, i%4 < 2)
		}
	}
	for name, c := range map[string]struct {
		submissions, transfers         int
		wantSubmissions, wantTransfers int // of 2 000 000 gas each; 30 fill the block
		shareBps                       uint32
	}{
		"both wait: half each":             {50, 50, 15, 15, 5000},
		"both wait: a tenth":               {50, 50, 3, 27, 1000},
		"submissions alone fill a block":   {50, 0, 30, 0, 5000},
		"transfers alone fill a block":     {0, 50, 0, 30, 5000},
		"few transfers leave the rest":     {50, 4, 26, 4, 5000},
		"few submissions leave the rest":   {4, 50, 4, 26, 5000},
		"no lane: the better bids come in": {50, 50, 30, 0, 10000},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.MaxBlockShareBps = c.shareBps })))
			fill(q, c.submissions, c.transfers)
			_, txs, submissions, others := q.propose(bigBlock)
			require.Equal(t, c.wantSubmissions, submissions.txs, "submissions")
			require.Equal(t, c.wantTransfers, others.txs, "transfers")
			for i, result := range q.block(txs...).TxResults {
				require.Zero(t, result.Code, "transaction %d: %s", i, result.Log)
			}
		})
	}
}

// TestALaneBindsBytesToo has tags that fill a small block before gas does.
// mission C21
func TestALaneBindsBytesToo(t *testing.T) {
	q := newQueue(newChain(t))
	for i := range 40 {
		q.submit(q.Accounts[i%4], 200_000, 3000)
	}
	for i := range 60 {
		q.send(q.Accounts[4+i%4], 200_000, true)
	}
	const maxBytes = 30_000
	_, _, submissions, others := q.propose(maxBytes)
	require.LessOrEqual(t, submissions.bytes, uint64(maxBytes/2))
	require.NotZero(t, submissions.txs)
	require.Greater(t, others.bytes, uint64(maxBytes/2-1000), "transfers use their share")
	require.LessOrEqual(t, submissions.bytes+others.bytes, uint64(maxBytes))
	require.Less(t, submissions.gas+others.gas, uint64(halfGas), "it is bytes that bind")
}

// TestWhatCountsAsASubmission fills a block with each form, offered first.
func TestWhatCountsAsASubmission(t *testing.T) {
	nest := func(q *queue, from apptest.Account, depth int, msg sdk.Msg) sdk.Msg {
		for range depth {
			exec := authz.NewMsgExec(from.Address, []sdk.Msg{msg})
			msg = &exec
		}
		return msg
	}
	for name, c := range map[string]struct {
		put  func(q *queue, from apptest.Account)
		want int // of 30
	}{
		"a native submission":         {func(q *queue, a apptest.Account) { q.submit(a, 2_000_000, 0) }, 15},
		"a call of the flow contract": {func(q *queue, a apptest.Account) { q.submitEth(a, 2_000_000, 68) }, 15},
		"a submission behind authz": {func(q *queue, a apptest.Account) {
			q.add(a, q.Sign(a, nest(q, a, 1, q.Submit(a, []byte{1}, nil))), true)
		}, 15},
		"one nested in authz": {func(q *queue, a apptest.Account) {
			q.add(a, q.Sign(a, nest(q, a, 3, q.Submit(a, []byte{1}, nil))), true)
		}, 15},
		"a transfer nested deeper than anyone does": {func(q *queue, a apptest.Account) { q.add(a, q.Sign(a, nest(q, a, 6, q.transfer(a))), true) }, 15},
		"a transfer and a submission": {func(q *queue, a apptest.Account) {
			q.add(a, q.Sign(a, q.transfer(a), q.Submit(a, []byte{1}, nil)), true)
		}, 15},
		"a transfer behind authz": {func(q *queue, a apptest.Account) { q.add(a, q.Sign(a, nest(q, a, 1, q.transfer(a))), true) }, 30},
		"a call of another address": {func(q *queue, a apptest.Account) {
			q.add(a, q.SignEth(a, apptest.Call(common.HexToAddress(app.PrecompileMarket), nil, nil)), true)
		}, 30},
		"a contract's creation": {func(q *queue, a apptest.Account) { q.add(a, q.SignEth(a, apptest.Create([]byte{0})), true) }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			q := newQueue(newChain(t))
			for i := range 40 {
				c.put(q, q.Accounts[i%4])
			}
			for i := range 40 {
				q.send(q.Accounts[4+i%4], 2_000_000, true)
			}
			_, _, first, second := q.propose(bigBlock)
			require.Equal(t, c.want, first.txs)
			require.Equal(t, 30-c.want, second.txs)
		})
	}
}

// TestRandomQueuesMakeGoodProposals: whatever waits, a block has no gap of
// sequences, stays within its bounds, gives each lane its share and executes.
// mission C21
func TestRandomQueuesMakeGoodProposals(t *testing.T) {
	for seed := range uint64(12) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 21))
			share := uint64(100 + random.IntN(9801))
			q := newQueue(newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.MaxBlockShareBps = uint32(share) })))
			native := func(i int) bool { return i%2 == 0 } // an account keeps to one half of the pool
			for range 150 + random.IntN(150) {
				i, gas := random.IntN(len(q.Accounts)), uint64(150_000+random.IntN(1_500_000))
				pure, submits := i < 6, i < 3 // 0-2 only submit, 3-5 only send, the rest do both
				if !pure {
					submits = random.IntN(2) == 0
				}
				switch {
				case submits && native(i):
					q.submit(q.Accounts[i], gas, random.IntN(65))
				case submits:
					q.submitEth(q.Accounts[i], gas, random.IntN(3000))
				default:
					q.send(q.Accounts[i], gas, native(i))
				}
			}
			maxBytes := int64(5_000 + random.IntN(200_000))
			chosen, txs, submissions, others := q.propose(maxBytes)
			again, _, _, _ := q.propose(maxBytes)
			require.Equal(t, chosen, again, "the same queue gives the same block")

			freeGas, freeBytes := app.BlockMaxGas-int64(submissions.gas+others.gas), maxBytes-int64(submissions.bytes+others.bytes)
			require.GreaterOrEqual(t, freeGas, int64(0))
			require.GreaterOrEqual(t, freeBytes, int64(0))
			require.Equal(t, len(txs), submissions.txs+others.txs)
			requireInTurn(t, q.list, chosen, txs)

			subGas, subBytes := app.BlockMaxGas*share/10_000, uint64(maxBytes)*share/10_000
			for _, tx := range firstLeftOut(q.list, chosen) {
				require.True(t, int64(tx.gas) > freeGas || int64(tx.bytes) > freeBytes, "%v would fit", tx.sender)
				used, gas, bytes := submissions, subGas, subBytes
				if !tx.submission {
					used, gas, bytes = others, app.BlockMaxGas-subGas, uint64(maxBytes)-subBytes
				}
				if pure := tx.sender < "user6"; pure {
					require.True(t, used.gas+tx.gas > gas || used.bytes+tx.bytes > bytes, "%v waits while its lane has room", tx.sender)
				}
			}
			for i, result := range q.block(txs...).TxResults {
				require.NotEqual(t, sdkerrors.ErrWrongSequence.ABCICode(), result.Code, "transaction %d: %s", i, result.Log)
			}
		})
	}
}

// requireInTurn checks that each sender's transactions are its first ones, in order.
func requireInTurn(t *testing.T, list []queued, chosen map[string]bool, txs [][]byte) {
	t.Helper()
	known := map[string]queued{}
	for _, tx := range list {
		known[string(tx.raw)] = tx
	}
	next := map[string]int{}
	for _, raw := range txs {
		tx := known[string(raw)]
		require.Equal(t, next[tx.sender], tx.sequence, "sequence of %s", tx.sender)
		next[tx.sender]++
	}
	require.Len(t, chosen, len(txs))
}

// firstLeftOut is each sender's first transaction that is not in the block.
func firstLeftOut(list []queued, chosen map[string]bool) []queued {
	seen, out := map[string]bool{}, []queued{}
	for _, tx := range list {
		if !chosen[string(tx.raw)] && !seen[tx.sender] {
			seen[tx.sender] = true
			out = append(out, tx)
		}
	}
	return out
}

// TestALargeTransactionWithTheBestBidEnters: a contract's creation may want more
// than its lane's share; a submission may not, or it would shut transfers out.
func TestALargeTransactionWithTheBestBidEnters(t *testing.T) {
	q := newQueue(newChain(t))
	q.send(q.Accounts[0], halfGas+10_000_000, true)
	for range 40 {
		q.submit(q.Accounts[1], 2_000_000, 0)
	}
	_, _, submissions, others := q.propose(bigBlock)
	require.Equal(t, 1, others.txs)
	require.Equal(t, 10, submissions.txs)

	q = newQueue(newChain(t))
	q.submit(q.Accounts[0], halfGas+10_000_000, 0)
	for range 40 {
		q.send(q.Accounts[1], 2_000_000, true)
	}
	_, _, submissions, others = q.propose(bigBlock)
	require.Zero(t, submissions.txs)
	require.Equal(t, 30, others.txs)
}

// TestAPausedLogDelaysNoTransfer: submissions fail at once, transfers go on.
// mission C21
func TestAPausedLogDelaysNoTransfer(t *testing.T) {
	q := newQueue(newChain(t, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.Paused = true })))
	for i := range 100 {
		q.submit(q.Accounts[i%4], 2_000_000, 0)
	}
	for i := range 12 {
		q.send(q.Accounts[4+i%4], 200_000, i%2 == 0)
	}
	chosen, txs, _, others := q.propose(bigBlock)
	require.Equal(t, 12, others.txs)
	results := q.block(txs...).TxResults
	for _, tx := range q.list {
		for i, raw := range txs {
			if string(raw) == string(tx.raw) && chosen[string(raw)] {
				require.Equal(t, tx.submission, results[i].Code != 0, "%s", results[i].Log)
			}
		}
	}
}
