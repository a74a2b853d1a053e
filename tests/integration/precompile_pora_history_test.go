package integration_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// poraHistory is random calls of miners, straight or in frames that revert.
type poraHistory struct {
	*chain
	rng    *rand.Rand
	miners []*miner
	data   *library
	relay  common.Address
	run    func(ops ...puppetOp) []byte
	proofs int
}

// TestRandomMiningByContractsKeepsTheBooks: after every block money is conserved
// to the base unit and the replica index counts what the miners hold, whatever
// frames were undone. mission C18 E07 R15
func TestRandomMiningByContractsKeepsTheBooks(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			c := newChain(t, poraGenesis(func(g *poratypes.GenesisState) { g.Params.MaxProofsPerEpoch, g.Params.ClaimMinEpochs = 3, 1 }))
			alice := c.Accounts[0]
			h := &poraHistory{chain: c, rng: rand.New(rand.NewPCG(seed, 7)), data: new(library)}
			h.data.put(c, alice, seed, 900<<10, 1)
			h.relay, h.run = c.puppet(alice)
			for i := range 4 {
				h.miners = append(h.miners, newEVMMiner(c, h.data, c.Accounts[1+i], c.Accounts[6+i%2].EVM, 1))
			}
			books := ledger{supply: c.supply()}
			for range 60 {
				books.read(t, c.block(h.step()...))
				c.requireConservation(books)
				h.requireReplicas()
			}
			require.Greater(t, h.proofs, 5)
			next, err := c.App.PoraKeeper.NextProofID.Peek(c.Ctx())
			require.NoError(t, err)
			require.Greater(t, next, uint64(3), "some proofs stood")
		})
	}
}

// step is the transactions of one block: each a call of pora, sometimes behind a
// contract that catches it, or undoes it and does it again.
func (h *poraHistory) step() (txs [][]byte) {
	for _, m := range h.miners {
		from, input := h.someCall(m)
		call := apptest.Call(poraAt, nil, input)
		switch h.rng.IntN(4) {
		case 0:
			undone := h.run(do(puppetMust, poraAt, input), do(puppetRevert, common.Address{}, nil))
			call = apptest.Call(h.relay, nil, h.run(do(puppetTry, h.relay, undone), do(puppetTry, poraAt, input)))
		case 1:
			op := do(puppetTry, poraAt, input)
			op.Gas = big.NewInt(h.rng.Int64N(700_000) + 1)
			call = apptest.Call(h.relay, nil, h.run(op))
		}
		call.GasLimit = 4_000_000
		txs = append(txs, h.SignEth(from, call))
	}
	return txs
}

func (h *poraHistory) someCall(m *miner) (apptest.Account, []byte) {
	id := [32]byte(m.id)
	switch h.rng.IntN(6) {
	case 0:
		return m.owner, calldata(h.tb, poraABI, "releaseRange(bytes32)", id)
	case 1:
		shards := uint32(1) << h.rng.IntN(3)
		return m.owner, calldata(h.tb, poraABI, claimRange, id, uint64(0), shards, h.rng.Uint32N(shards))
	case 2:
		return m.owner, calldata(h.tb, poraABI, "withdraw(address)", m.owner.EVM)
	}
	job := m.work()
	if !job.Open || h.Ctx().BlockHeight()+2 >= h.flowState().Flows[0].NextEpochHeight {
		return m.owner, calldata(h.tb, poraABI, "proofCount()")
	}
	h.proofs++
	return m.owner, calldata(h.tb, poraABI, submitProof, answerOf(m.find(job, nil)))
}

// requireReplicas recounts what all miners promise.
func (h *poraHistory) requireReplicas() {
	h.tb.Helper()
	state := h.poraState()
	for load := range uint64(5) {
		want := uint64(0)
		for _, m := range state.Miners {
			if m.Claim != nil && load%uint64(m.Claim.NumShard) == uint64(m.Claim.ShardId) {
				want++
			}
		}
		got, err := h.App.PoraKeeper.ReplicasOf(h.Ctx(), 0, load*layout.SectorsPerLoad)
		require.NoError(h.tb, err)
		require.Equal(h.tb, want, got, "load %d, height %d", load, h.Height)
	}
}
