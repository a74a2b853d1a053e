package integration_test

import (
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ethereum/go-ethereum/common"

	"github.com/zgd-network/zgd/app/apptest"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
)

// TestLowGasChangesEverythingOrNothing sends one call with every gas limit from
// 21 000 up in steps of 1000 until it has enough: with less, nothing has changed
// but the fee; the first that is enough changes everything. A second chain that
// runs the same transactions in parallel uses the same gas.
// mission E06
func TestLowGasChangesEverythingOrNothing(t *testing.T) {
	s := newStage(t, apptest.Options{})
	follower := newStage(t, apptest.Options{AppOptions: map[string]any{"block-executor": "block-stm", "block-stm-workers": 4}})
	alice, price, p, q := s.Accounts[0], s.price(), s.puppets[0], s.puppets[1]
	data := submissionOf(s.Submission(make([]byte, 256*11), []byte("tags")))
	three := price.MulRaw(11).BigInt()
	file := calldata(t, flowABI, submitOld, data)
	for _, c := range []struct {
		name string
		call apptest.EthCall
		adds uint64
	}{
		{"submit", apptest.Call(flowAt, three, file), 1},
		{"batch of two", apptest.Call(flowAt, price.MulRaw(22).BigInt(), calldata(t, flowABI, batchOld, []flowprecompile.SubmissionData{data, data})), 2},
		{"recharge", apptest.Call(flowAt, three, calldata(t, flowABI, "recharge(uint256)", big.NewInt(1))), 0},
		{"nested, a failure is handed on", apptest.Call(p, nil, s.run(op{Kind: opMust, To: q, Value: three, Data: s.run(op{Kind: opMust, To: flowAt, Value: three, Data: file})})), 1},
	} {
		for gas := uint64(21_000); ; gas += 1000 {
			require.Less(t, gas, uint64(1_000_000), "%s never has enough", c.name)
			c.call.GasLimit = gas
			before := s.snapshot()
			tx := s.SignEth(alice, c.call)
			result := s.block(tx).TxResults[0]
			same := follower.block(tx).TxResults[0]
			require.Equal(t, result.String(), same.String(), "%s with %d gas, replayed", c.name, gas)
			require.Equal(t, s.appHash, follower.appHash)
			if result.Code != 0 { // below what its bytes cost: it never enters the EVM
				require.Equal(t, before.entries, s.entries())
				require.Contains(t, result.Log, "gas")
				continue
			}
			r := s.receipt(result)
			s.requireSound()
			if r.VmError == "" {
				require.Equal(t, before.entries+c.adds, s.entries(), c.name)
				require.LessOrEqual(t, r.GasUsed, gas)
				t.Logf("%s: enough at %d, uses %d", c.name, gas, r.GasUsed)
				break
			}
			require.Empty(t, r.Logs, "%s with %d gas", c.name, gas)
			s.requireUntouched(before, alice, r.GasUsed)
		}
	}
}

// A caller that catches is whole with any gas; what it called happened or did
// not. First the transaction's gas is scarce, then the gas of the inner call.
func TestLowGasUnderATryIsWholeToo(t *testing.T) {
	s := newStage(t, apptest.Options{})
	outcomes := map[string]int{}
	for gas := uint64(30_000); gas < 200_000; gas += 2000 {
		outcomes[s.tryWith(gas, 0)]++
	}
	for inner := int64(1000); inner < 90_000; inner += 1000 {
		outcomes[s.tryWith(400_000, inner)]++
	}
	t.Log(outcomes)
	require.Positive(t, outcomes["undone"])
	require.Positive(t, outcomes["caught"])
	require.Positive(t, outcomes["entered"])
}

// tryWith has a puppet try a submission and then count, and says how it ended.
func (s *stage) tryWith(gas uint64, inner int64) string {
	t, alice, price, p := s.tb, s.Accounts[0], s.price(), s.puppets[0]
	data := s.run(op{Kind: opTry, To: flowAt, Value: price.BigInt(), Gas: big.NewInt(inner), Data: s.one()}, op{Kind: opStore})
	call := apptest.Call(p, nil, data)
	call.GasLimit = gas
	counted, before := s.counter(p), s.snapshot()
	result := s.block(s.SignEth(alice, call)).TxResults[0]
	if result.Code != 0 {
		return "refused"
	}
	r := s.receipt(result)
	s.requireSound()
	added := s.entries() - before.entries
	switch {
	case r.VmError != "":
		require.Equal(t, counted, s.counter(p))
		s.requireUntouched(before, alice, r.GasUsed)
		return "undone"
	case added == 0:
		require.Equal(t, counted+1, s.counter(p))
		s.requireUntouched(before, alice, r.GasUsed)
		return "caught"
	}
	require.EqualValues(t, 1, added)
	require.Equal(t, counted+1, s.counter(p))
	require.Equal(t, before.balances[p].Sub(price).String(), s.balanceOf(p).String())
	return "entered"
}

// counter is how often a puppet was told to store.
func (s *stage) counter(puppet common.Address) uint64 {
	return s.App.EVMKeeper.GetState(s.Ctx(), puppet, common.Hash{}).Big().Uint64()
}
