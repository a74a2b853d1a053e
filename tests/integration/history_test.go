package integration_test

import (
	"context"
	"encoding/hex"
	"math/rand/v2"

	abci "github.com/cometbft/cometbft/abci/types"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	stakingtypes "github.com/cosmos/cosmos-sdk/x/staking/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// history makes random blocks: files, recharges, miners, claims, proofs good and
// bad, transfers native and Ethereum, stakes. The same seed on the same state
// makes the same blocks. A transaction may fail; that is part of the history.
type history struct {
	c       *chain
	data    *library
	miners  []*miner
	rng     *rand.Rand
	pending []func(*abci.ExecTxResult) // what to do with each result
	tried   map[string]int             // transactions by kind
	done    map[string]int             // those of them that were accepted
}

func newHistory(c *chain, seed uint64) *history {
	c.tb.Logf("history seed %d", seed)
	return &history{c: c, data: new(library), rng: rand.New(rand.NewPCG(seed, 0)), tried: map[string]int{}, done: map[string]int{}}
}

// next makes and delivers a block of up to max transactions and returns them
// with their results.
func (h *history) next(max int) (txs [][]byte, results *abci.ResponseFinalizeBlock) {
	h.c.tb.Helper()
	h.pending = nil
	for range h.rng.IntN(max + 1) {
		if tx := h.transaction(); tx != nil {
			txs = append(txs, tx)
		}
	}
	results = h.c.block(txs...)
	for i, result := range results.TxResults {
		if result.Code == 0 {
			h.pending[i](result)
		}
	}
	return txs, results
}

// move goes on with the history on another chain of the same state.
func (h *history) move(to *chain) {
	h.c = to
	for _, m := range h.miners {
		m.chain = to
	}
}

// kinds are the transactions by weight.
var kinds = []string{"submit", "submit", "recharge", "register", "claim", "proof", "proof", "proof", "send", "transfer", "transfer", "delegate", "release", "beneficiary", "gap", "withdraw"}

func (h *history) transaction() []byte {
	kind := kinds[h.rng.IntN(len(kinds))]
	from := h.account()
	switch kind {
	case "submit":
		return h.submit(from)
	case "proof", "gap":
		return h.proof(kind, from)
	case "transfer":
		return h.add(kind, h.c.transfer(from, h.account(), h.amount()), nil)
	case "register":
		return h.register(from)
	case "claim", "release", "beneficiary":
		return h.manage(kind)
	default:
		return h.simple(kind, from)
	}
}

// simple are the messages that need no more than their answer's code.
func (h *history) simple(kind string, from apptest.Account) []byte {
	var msg sdk.Msg
	switch kind {
	case "send":
		msg = banktypes.NewMsgSend(from.Address, h.account().Address, azg(h.amount()))
	case "delegate":
		validator := sdk.ValAddress(h.c.Validator.Address).String()
		msg = stakingtypes.NewMsgDelegate(from.Address.String(), validator, sdk.NewCoin(app.BaseDenom, h.amount()))
	case "withdraw":
		msg = &poratypes.MsgWithdraw{Beneficiary: from.Address.String()}
	case "recharge":
		entries := h.c.flowState().Entries
		if len(entries) == 0 {
			return nil
		}
		entry := entries[h.rng.IntN(len(entries))]
		amount := entry.Intervals[0].Endowment.QuoRaw(1 + h.rng.Int64N(9))
		msg = &flowtypes.MsgRecharge{Sender: from.Address.String(), TxSeq: entry.TxSeq, Amount: amount}
	}
	return h.add(kind, h.c.Sign(from, msg), nil)
}

// manage are the messages of a miner's owner. Now and then the beneficiary is an
// account that the bank refuses to pay: its rewards become credits.
func (h *history) manage(kind string) []byte {
	if len(h.miners) == 0 {
		return nil
	}
	m := h.miners[h.rng.IntN(len(h.miners))]
	owner := m.owner.Address.String()
	var msg sdk.Msg
	switch kind {
	case "claim":
		msg = &poratypes.MsgClaimRange{Owner: owner, MinerId: m.id, NumShard: 1}
	case "release":
		msg = &poratypes.MsgReleaseRange{Owner: owner, MinerId: m.id}
	case "beneficiary":
		to := h.account().Address.String()
		if h.rng.IntN(3) == 0 {
			to = app.Authority()
		}
		msg = &poratypes.MsgSetBeneficiary{Sender: owner, MinerId: m.id, Beneficiary: to}
	}
	return h.add(kind, h.c.Sign(m.owner, msg), nil)
}

func (h *history) submit(from apptest.Account) []byte {
	seed := h.rng.Uint64()
	data, s := randomFile(h.c, seed, 1+h.rng.IntN(600<<10))
	msg := submission(h.c, from, s, 1+h.rng.Int64N(3))
	if h.rng.IntN(8) == 0 {
		msg.Endowment = msg.Endowment.QuoRaw(4) // below the floor, or just above
	}
	return h.add("submit", h.c.Sign(from, msg), func(result *abci.ExecTxResult) {
		response := new(flowtypes.MsgSubmitResponse)
		h.c.accepted(result, response)
		h.data.keep(response.StartSector, data)
	})
}

func (h *history) register(owner apptest.Account) []byte {
	if len(h.miners) >= 4 {
		return nil
	}
	msg := &poratypes.MsgRegisterMiner{Owner: owner.Address.String(), Seed: h.rng.Uint64()}
	return h.add("register", h.c.Sign(owner, msg), func(result *abci.ExecTxResult) {
		response := new(poratypes.MsgRegisterMinerResponse)
		h.c.accepted(result, response)
		h.miners = append(h.miners, &miner{library: h.data, chain: h.c, owner: owner, id: response.MinerId})
	})
}

// proof mines for the first miner that may; "gap" looks for a void one.
func (h *history) proof(kind string, from apptest.Account) []byte {
	for _, m := range h.miners {
		job, err := h.c.pora().Work(context.Background(), &poratypes.QueryWorkRequest{MinerId: hex.EncodeToString(m.id)})
		if err != nil || !job.Open {
			continue
		}
		var want func(uint64) bool
		if kind == "gap" {
			m.grow(job.FlowLengthSectors * 256)
			if !m.anyGap(job) {
				return nil
			}
			want = func(load uint64) bool { return !m.holds(load) }
		}
		return h.add(kind, h.c.Sign(from, proof(from, m.find(job, want))), nil)
	}
	return nil
}

func (m *miner) anyGap(job *poratypes.QueryWorkResponse) bool {
	for load := job.StartLoad; load < job.StartLoad+job.LengthLoads; load++ {
		if !m.holds(load) {
			return true
		}
	}
	return false
}

func (h *history) add(kind string, tx []byte, onSuccess func(*abci.ExecTxResult)) []byte {
	h.tried[kind]++
	h.pending = append(h.pending, func(result *abci.ExecTxResult) {
		h.done[kind]++
		if onSuccess != nil {
			onSuccess(result)
		}
	})
	return tx
}

func (h *history) account() apptest.Account { return h.c.Accounts[h.rng.IntN(len(h.c.Accounts))] }

func (h *history) amount() sdkmath.Int { return sdkmath.NewIntFromUint64(h.rng.Uint64N(1e18)) }

// requireVariety fails a history that does not show what it is for: of each kind
// some were accepted, but for those that never may be.
func (h *history) requireVariety() {
	h.c.tb.Helper()
	h.c.tb.Log("tried", h.tried, "accepted", h.done)
	for _, kind := range kinds {
		require.NotZero(h.c.tb, h.tried[kind], "the history has no %s: choose another seed", kind)
		never := kind == "gap" || kind == "withdraw" // a void proof; the one account with credit is governance
		require.Equal(h.c.tb, never, h.done[kind] == 0, "%d of %d %s were accepted", h.done[kind], h.tried[kind], kind)
	}
}
