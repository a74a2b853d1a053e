package integration_test

import (
	"bytes"
	"math/big"
	"slices"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app/apptest"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// Kinds of operations of testdata/Puppet.sol.
const (
	opMust = iota
	opTry
	opStatic
	opDelegate
	opCallcode
	opCreate
	opStore
	opHolds
	opSize
	opRevert
	opInvalid
)

// op is one operation of a puppet.
type op struct {
	Kind  uint8
	To    common.Address
	Value *big.Int
	Gas   *big.Int
	Data  []byte
}

// stage is a chain with puppets and a contract written against IFlow.sol.
type stage struct {
	*chain
	puppet  fixture
	puppets []common.Address
	storer  fixture
	store   common.Address
}

func newStage(t testing.TB, o apptest.Options, change ...apptest.Mutator) *stage {
	t.Helper()
	s := &stage{chain: newChainWith(t, o, change...)}
	s.puppet, s.storer = fixtures(t, "Puppet")["Puppet"], fixtures(t, "Storer")["Storer"]
	director := s.Accounts[9]
	for range 3 {
		s.puppets = append(s.puppets, s.deploy(director, s.puppet, zg(5).BigInt(), []op{}))
	}
	s.store = s.deploy(director, s.storer, nil, flowprecompile.SubmissionData{Length: new(big.Int)})
	return s
}

// run is a call of a puppet with operations.
func (s *stage) run(ops ...op) []byte {
	s.tb.Helper()
	for i := range ops {
		if ops[i].Value == nil {
			ops[i].Value = new(big.Int)
		}
		if ops[i].Gas == nil {
			ops[i].Gas = new(big.Int)
		}
	}
	data, err := s.puppet.ABI.Pack("run", ops)
	require.NoError(s.tb, err)
	return data
}

// one is the calldata that enters a file of one sector.
func (s *stage) one() []byte {
	s.tb.Helper()
	return calldata(s.tb, flowABI, submitOld, submissionOf(s.Submission([]byte("one sector"), nil)))
}

// watched are all accounts that a case can touch.
func (s *stage) watched() []common.Address {
	list := append(append(slices.Clone(ourContracts), s.store), s.puppets...)
	for _, a := range s.Accounts {
		list = append(list, a.EVM)
	}
	return list
}

// snapshot is what must not change when a call fails.
type snapshot struct {
	entries  uint64
	balances map[common.Address]sdkmath.Int
}

func (s *stage) snapshot() snapshot {
	at := snapshot{s.entries(), map[common.Address]sdkmath.Int{}}
	for _, address := range s.watched() {
		at.balances[address] = s.balanceOf(address)
	}
	return at
}

// requireSound is the differential check after every transaction: the EVM and
// the bank agree on every account, the contracts hold nothing, and x/flow holds
// what its records say.
func (s *stage) requireSound() {
	s.tb.Helper()
	for _, address := range s.watched() {
		require.Equal(s.tb, s.balanceOf(address).String(), s.App.EVMKeeper.GetBalance(s.Ctx(), address).String(), "EVM and bank, %s", address)
	}
	for _, address := range ourContracts {
		require.True(s.tb, s.balanceOf(address).IsZero(), "%s holds coins", address)
	}
	s.requireModuleAccounts()
}

// requireUntouched wants only the sender's fee to have changed.
func (s *stage) requireUntouched(before snapshot, from apptest.Account, gas uint64) {
	s.tb.Helper()
	before.balances[from.EVM] = before.balances[from.EVM].Sub(apptestFee(gas))
	after := s.snapshot()
	require.Equal(s.tb, before.entries, after.entries, "entries")
	for _, address := range s.watched() { // in order, for a readable failure
		require.Equal(s.tb, before.balances[address].String(), after.balances[address].String(), "balance of %s", address)
	}
}

// outcome of a case: entries added and coins moved into x/flow; or failed.
type outcome struct {
	failed  string // part of the revert's text
	entries uint64
	paid    sdkmath.Int // by payer, beyond the fee
	payer   common.Address
}

// mission E06
func TestHostileUsesOfAPayableContract(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice := s.Accounts[0]
	price, one := s.price(), s.one()
	data := submissionOf(s.Submission([]byte("one sector"), nil))
	p, q := s.puppets[0], s.puppets[1]
	storer := func(name string, args ...any) []byte {
		packed, err := s.storer.ABI.Pack(name, args...)
		require.NoError(t, err)
		return packed
	}
	submit := func(kind uint8, value sdkmath.Int) op {
		return op{Kind: kind, To: flowAt, Value: value.BigInt(), Data: one}
	}
	none, atto := sdkmath.ZeroInt(), sdkmath.OneInt()
	for _, c := range []struct {
		name  string
		to    common.Address
		value sdkmath.Int
		data  []byte
		want  outcome
	}{
		{"exact value", flowAt, price, one, outcome{entries: 1, paid: price, payer: alice.EVM}},
		{"1 atto above", flowAt, price.Add(atto), one, outcome{entries: 1, paid: price.Add(atto), payer: alice.EVM}},
		{"1 atto below", flowAt, price.Sub(atto), one, outcome{failed: "NotEnoughFee"}},
		{"no value", flowAt, none, one, outcome{failed: "NotEnoughFee"}},
		{"1 atto", flowAt, atto, one, outcome{failed: "NotEnoughFee"}},
		{"100 times the price", flowAt, price.MulRaw(100), one, outcome{entries: 1, paid: price.MulRaw(100), payer: alice.EVM}},
		{"plain transfer", flowAt, price, nil, outcome{failed: "takes no plain transfers"}},
		{"plain transfer to the market", marketAt, atto, nil, outcome{failed: "takes no plain transfers"}},
		{"value to a view", flowAt, atto, calldata(t, flowABI, "epoch()"), outcome{failed: "not payable"}},
		{"value to the price", marketAt, atto, calldata(t, market, "pricePerSector()"), outcome{failed: "not payable"}},
		{"3 bytes", flowAt, none, one[:3], outcome{failed: "calldata has 3 bytes"}},
		{"unknown selector", flowAt, none, []byte{1, 2, 3, 4}, outcome{failed: "unknown function selector 0x01020304"}},
		{"truncated", flowAt, price, one[:len(one)-1], outcome{failed: "truncated"}},
		{"trailing byte", flowAt, price, append(bytes.Clone(one), 0), outcome{failed: "trail the arguments"}},
		{"pause", flowAt, none, calldata(t, flowABI, "pause()"), outcome{failed: "AccessControlUnauthorizedAccount"}},
		{"initialize", flowAt, none, calldata(t, flowABI, "initialize(address,uint256)", alice.EVM, new(big.Int)), outcome{failed: "InvalidInitialization"}},
		{"set the price", marketAt, none, calldata(t, market, "setPricePerSector(uint256)", new(big.Int)), outcome{failed: "AccessControlUnauthorizedAccount"}},
		{"empty batch", flowAt, price, calldata(t, flowABI, batchOld, []flowprecompile.SubmissionData{}), outcome{failed: "Invalid submission: 0 submissions"}},
		{"batch with one bad item", flowAt, price.MulRaw(9), calldata(t, flowABI, batchOld, []flowprecompile.SubmissionData{data, {Length: new(big.Int), Tags: []byte{}}}), outcome{failed: "Invalid submission: item 1: no nodes"}},
		{"zero submitter", flowAt, price, calldata(t, flowABI, submitNew, flowprecompile.Submission{Data: data}), outcome{failed: "Invalid submission: submitter is the zero address"}},

		{"a contract pays with what it was sent", p, price, s.run(submit(opMust, price)), outcome{entries: 1, paid: price, payer: alice.EVM}},
		{"a contract pays with its own", p, none, s.run(submit(opMust, price)), outcome{entries: 1, paid: price, payer: p}},
		{"a contract pays more than it has", p, none, s.run(submit(opMust, zg(6))), outcome{failed: ""}},
		{"nested: A calls B calls flow", p, none, s.run(op{Kind: opMust, To: q, Value: price.BigInt(), Data: s.run(submit(opMust, price))}), outcome{entries: 1, paid: price, payer: p}},
		{"revert after the call", p, price, s.run(submit(opMust, price), op{Kind: opRevert}), outcome{failed: ""}},
		{"invalid opcode after the call", p, price, s.run(submit(opMust, price), op{Kind: opInvalid}), outcome{failed: ""}},
		{"try of an underpaid call", p, none, s.run(submit(opTry, atto), op{Kind: opStore}), outcome{paid: none, payer: p}},
		{"try of a frame that entered and reverted", p, none, s.run(op{Kind: opTry, To: q, Value: price.BigInt(), Data: s.run(submit(opMust, price), op{Kind: opRevert})}, submit(opMust, price)), outcome{entries: 1, paid: price, payer: p}},
		{"try of a frame that entered and ran out of gas", p, none, s.run(op{Kind: opTry, To: q, Gas: big.NewInt(400_000), Data: s.run(submit(opMust, price), op{Kind: opInvalid})}), outcome{paid: none, payer: p}},
		{"two submissions, the second caught", p, none, s.run(submit(opMust, price), submit(opTry, atto), submit(opMust, price)), outcome{entries: 2, paid: price.MulRaw(2), payer: p}},
		{"static call", p, none, s.run(op{Kind: opStatic, To: flowAt, Data: one}), outcome{paid: none, payer: p}},
		{"delegate call", p, price, s.run(op{Kind: opDelegate, To: flowAt, Data: one}), outcome{paid: none, payer: q}},
		{"call code", p, none, s.run(op{Kind: opCallcode, To: flowAt, Value: price.BigInt(), Data: one}), outcome{paid: none, payer: p}},
		{"static call of a frame that submits", p, none, s.run(op{Kind: opStatic, To: q, Data: s.run(submit(opMust, price))}), outcome{paid: none, payer: q}},
		{"delegate to code that submits: the delegator pays", p, none, s.run(op{Kind: opDelegate, To: q, Data: s.run(submit(opMust, price))}), outcome{entries: 1, paid: price, payer: p}},
		{"plain transfer by a contract", p, none, s.run(op{Kind: opTry, To: flowAt, Value: price.BigInt()}), outcome{paid: none, payer: p}},

		{"Solidity: exact, change stays in the contract", s.store, price, storer("store", data), outcome{entries: 1, paid: price, payer: alice.EVM}},
		{"Solidity: try, underpaid", s.store, none, storer("attempt", data, new(big.Int)), outcome{paid: none, payer: s.store}},
		{"Solidity: revert after", s.store, price, storer("storeAndRevert", data), outcome{failed: "changed my mind"}},
		{"Solidity: try of a frame that reverts after", s.store, price, storer("attemptAndRevert", data), outcome{paid: none, payer: s.store}},
		{"recharge by pull", p, none, s.run(op{Kind: opMust, To: flowAt, Data: calldata(t, flowABI, "recharge(uint256,uint256)", big.NewInt(1), price.BigInt())}), outcome{paid: price, payer: p}},
		{"recharge by value", flowAt, price, calldata(t, flowABI, "recharge(uint256)", big.NewInt(1)), outcome{paid: price, payer: alice.EVM}},
		{"recharge of nothing", flowAt, none, calldata(t, flowABI, "recharge(uint256)", big.NewInt(1)), outcome{failed: "must be positive"}},
		{"recharge of an entry that is not", flowAt, price, calldata(t, flowABI, "recharge(uint256)", big.NewInt(999)), outcome{failed: "UnknownEntry"}},
		{"recharge beyond what the caller has", p, none, s.run(op{Kind: opTry, To: flowAt, Data: calldata(t, flowABI, "recharge(uint256,uint256)", big.NewInt(1), zg(6).BigInt())}), outcome{paid: none, payer: p}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.tb, s.chain.tb = t, t
			before := s.snapshot()
			r := s.eth(alice, apptest.Call(c.to, c.value.BigInt(), c.data))
			s.requireSound()
			if c.want.payer == (common.Address{}) {
				require.NotEmpty(t, r.VmError)
				require.Contains(t, reason(r.Ret), c.want.failed)
				require.Empty(t, r.Logs)
				s.requireUntouched(before, alice, r.GasUsed)
				return
			}
			require.Empty(t, r.VmError, reason(r.Ret))
			require.Equal(t, before.entries+c.want.entries, s.entries())
			spent := before.balances[c.want.payer].Sub(s.balanceOf(c.want.payer))
			if c.want.payer == alice.EVM {
				spent = spent.Sub(apptestFee(r.GasUsed))
			} else if c.to == c.want.payer {
				spent = spent.Add(c.value)
			}
			require.Equal(t, c.want.paid.String(), spent.String(), "paid by %s", c.want.payer)
		})
	}
	s.tb, s.chain.tb = t, t
}

func TestConstructorsCanSubmit(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, price := s.Accounts[0], s.price()
	at := s.deploy(alice, s.storer, price.BigInt(), submissionOf(s.Submission([]byte("one"), nil)))
	require.EqualValues(t, 1, s.entries())
	entry, err := s.App.FlowKeeper.Entry(s.Ctx(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, common.BytesToAddress(at.Bytes()), common.BytesToAddress(mustAddress(t, entry.Payer)), "the contract that is being made pays")
	s.requireSound()

	before := s.snapshot()
	packed, err := s.puppet.ABI.Pack("", []op{{Kind: opMust, To: flowAt, Value: price.BigInt(), Gas: new(big.Int), Data: s.one()}, {Kind: opRevert, Value: new(big.Int), Gas: new(big.Int)}})
	require.NoError(t, err)
	r := s.eth(alice, apptest.EthCall{Value: price.BigInt(), Data: append(bytes.Clone(s.puppet.Bin), packed...)})
	require.NotEmpty(t, r.VmError, "a constructor that submits and reverts")
	s.requireUntouched(before, alice, r.GasUsed)
	s.requireSound()
}

// A transaction makes at most 20 calls of native contracts (cosmos/evm).
func TestTheTwentyFirstNativeCallFailsAlone(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, p, price := s.Accounts[0], s.puppets[0], s.price()
	times := func(n int, kind uint8) []byte {
		var ops []op
		for range n {
			ops = append(ops, op{Kind: kind, To: flowAt, Value: price.BigInt(), Data: s.one()})
		}
		return s.run(ops...)
	}
	call := func(data []byte) apptest.EthCall {
		call := apptest.Call(p, nil, data)
		call.GasLimit = 20_000_000
		return call
	}
	s.mustEth(alice, call(times(20, opMust)))
	require.EqualValues(t, 20, s.entries())
	before := s.snapshot()
	r := s.eth(alice, call(times(21, opMust)))
	require.NotEmpty(t, r.VmError)
	require.Contains(t, reason(r.Ret), "max calls to precompiles (20) reached")
	s.requireUntouched(before, alice, r.GasUsed)
	s.mustEth(alice, call(times(21, opTry)))
	require.EqualValues(t, 40, s.entries(), "the 21st fails alone when it is caught")
	s.requireSound()
}

// Value to a module account is refused when x/vm writes it: the transaction
// fails, the block stands and can be read.
func TestValueToBlockedAccountsFailsAlone(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, bob, p := s.Accounts[0], s.Accounts[1], s.puppets[0]
	module := common.BytesToAddress(authtypes.NewModuleAddress(flowtypes.ModuleName))
	before := s.snapshot()
	block := s.block(
		s.SignEth(alice, apptest.Call(p, nil, s.run(op{Kind: opTry, To: module, Value: big.NewInt(1)}))),
		s.SignEth(alice, apptest.Call(p, nil, s.run(op{Kind: opTry, To: module, Value: big.NewInt(1)}, op{Kind: opTry, To: flowAt, Value: s.price().BigInt(), Data: s.one()}))),
		s.SignEth(bob, apptest.Call(flowAt, s.price().BigInt(), s.one())),
	)
	require.NotZero(t, block.TxResults[0].Code, "value to a module account")
	s.receipt(block.TxResults[2])
	require.Equal(t, before.entries+1, s.entries())
	require.Equal(t, before.balances[p].String(), s.balanceOf(p).String())
	s.requireSound()
	s.block()
}

func mustAddress(t *testing.T, bech32 string) sdk.AccAddress {
	t.Helper()
	address, err := sdk.AccAddressFromBech32(bech32)
	require.NoError(t, err)
	return address
}
