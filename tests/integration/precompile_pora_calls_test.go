package integration_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	"github.com/zgd-network/zgd/x/flow/layout"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
	poraprecompile "github.com/zgd-network/zgd/x/pora/precompile"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

// Kinds of testdata/Puppet.sol.
const (
	puppetMust, puppetTry, puppetStatic, puppetDelegate, puppetCallcode = 0, 1, 2, 3, 4
	puppetHolds, puppetRevert                                           = 7, 9
)

// puppetOp is Puppet.Op.
type puppetOp struct {
	Kind  uint8
	To    common.Address
	Value *big.Int
	Gas   *big.Int
	Data  []byte
}

func do(kind uint8, to common.Address, data []byte) puppetOp {
	if data == nil {
		data = []byte{}
	}
	return puppetOp{kind, to, new(big.Int), new(big.Int), data}
}

// puppet is a contract that does what it is told, and how to tell it.
func (c *chain) puppet(from apptest.Account) (common.Address, func(ops ...puppetOp) []byte) {
	c.tb.Helper()
	f := fixtures(c.tb, "Puppet")["Puppet"]
	at := c.deploy(from, f, nil, []puppetOp{})
	return at, func(ops ...puppetOp) []byte {
		data, err := f.ABI.Pack("run", ops)
		require.NoError(c.tb, err)
		return data
	}
}

// did reads whether a puppet's noted calls succeeded.
func did(t *testing.T, logs []*evmtypes.Log) (ok []bool, ret [][]byte) {
	t.Helper()
	event := fixtures(t, "Puppet")["Puppet"].ABI.Events["Did"]
	for _, log := range logs {
		if log.Topics[0] != event.ID.Hex() {
			continue
		}
		values, err := event.Inputs.Unpack(log.Data)
		require.NoError(t, err)
		ok, ret = append(ok, values[1].(bool)), append(ret, values[2].([]byte))
	}
	return ok, ret
}

// Writes are out of reach of every call that may not write; views are not; a
// contract can own a miner. mission E07
func TestWhoMayCallPora(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	at, run := c.puppet(alice)
	register := calldata(t, poraABI, "registerMiner(address,uint64)", alice.EVM, uint64(1))
	maxShards := calldata(t, poraABI, "maxShards()")
	r := c.mustEth(alice, apptest.Call(at, nil, run(
		do(puppetStatic, poraAt, register), do(puppetDelegate, poraAt, register), do(puppetCallcode, poraAt, register),
		do(puppetStatic, rewardAt, calldata(t, rewardABI, "withdrawPayments(address)", alice.EVM)),
		do(puppetStatic, poraAt, maxShards), do(puppetDelegate, poraAt, maxShards),
	)))
	ok, ret := did(t, r.Logs)
	require.Equal(t, []bool{false, false, false, false, true, true}, ok)
	require.Contains(t, reason(ret[0]), "registerMiner writes: it cannot be called by STATICCALL")
	require.Contains(t, reason(ret[1]), "registerMiner writes: it cannot be called by STATICCALL")

	r = c.mustEth(alice, apptest.Call(at, nil, run(do(puppetTry, poraAt, register))))
	ok, ret = did(t, r.Logs)
	require.Equal(t, []bool{true}, ok)
	id := [32]byte(ret[0])
	m := unpack[poraprecompile.MinerState](c.view(poraABI, poraAt, "miner(bytes32)", id))
	require.Equal(t, []common.Address{at, alice.EVM}, []common.Address{m.Owner, m.Beneficiary}, "msg.sender owns, not who signed")
	c.refusedAs(c.callPora(alice, claimRange, id, uint64(0), uint32(1), uint32(0)), "NotOwner")

	withValue := apptest.Call(poraAt, big.NewInt(1), register)
	r = c.eth(alice, withValue)
	require.Contains(t, reason(r.Ret), "registerMiner is not payable")
	r = c.eth(alice, apptest.Call(poraAt, nil, append(register, 0)))
	require.Contains(t, reason(r.Ret), "trail")
	r = c.eth(alice, apptest.Call(poraAt, nil, register[:len(register)-1]))
	require.NotEmpty(t, r.VmError)
}

// A frame that reverts takes its proof back, money and all; what the EVM sees of
// a balance within the transaction is what the bank holds after it. mission E07
func TestAProofInANestedCall(t *testing.T) {
	c := newChain(t, severalProofs(1)...)
	alice, owner, beneficiary := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)
	at, run := c.puppet(alice)
	inner, _ := c.puppet(alice)
	m := newEVMMiner(c, data, owner, beneficiary.EVM, 1)
	job := m.waitOpen(0)
	answer := m.find(job, nil)
	prove := calldata(t, poraABI, submitProof, answerOf(answer))
	holds := do(puppetHolds, beneficiary.EVM, nil)
	undone := run(do(puppetMust, poraAt, prove), holds, do(puppetRevert, common.Address{}, []byte("no")))

	due := c.accruedAt(answer.RecallSector/layout.SectorsPerLoad, 1)
	had := c.Balance(beneficiary.Address)
	r := c.mustEth(alice, apptest.Call(at, nil, run(
		do(puppetTry, inner, undone), holds, do(puppetMust, poraAt, prove), holds, do(puppetTry, poraAt, prove), holds,
	)))
	ok, ret := did(t, r.Logs)
	require.Equal(t, []bool{false, false}, ok, "the undone frame, and the proof again")
	name, _ := typedReason(poraABI, ret[1])
	require.Equal(t, "EpochClosed", name)
	require.Equal(t, []sdkmath.Int{had, had.Add(due), had.Add(due)}, c.holdings(r.Logs))
	require.Equal(t, had.Add(due), c.Balance(beneficiary.Address), "paid once")
	require.Equal(t, uint64(1), c.view(poraABI, poraAt, "proofCount()")[0])
	c.requireModuleAccounts()
}

// holdings are the balances that a puppet logged.
func (c *chain) holdings(logs []*evmtypes.Log) (amounts []sdkmath.Int) {
	event := fixtures(c.tb, "Puppet")["Puppet"].ABI.Events["Holds"]
	for _, log := range logs {
		if log.Topics[0] == event.ID.Hex() {
			amounts = append(amounts, sdkmath.NewIntFromBigInt(new(big.Int).SetBytes(log.Data)))
		}
	}
	return amounts
}

// With any amount of gas a proof is entered whole or not at all. mission B17, E07
func TestLowGasNeverHalvesAProof(t *testing.T) {
	c := newChain(t, severalProofs(1)...)
	alice, beneficiary := c.Accounts[0], c.Accounts[2]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)
	at, run := c.puppet(alice)
	m := newEVMMiner(c, data, c.Accounts[1], beneficiary.EVM, 1)
	answer := m.find(m.waitOpen(0), nil)
	input := calldata(t, poraABI, submitProof, answerOf(answer))
	read := func(ctx sdk.Context) []any {
		miner, err := c.App.PoraKeeper.Miner(ctx, m.id)
		require.NoError(t, err)
		epoch, err := c.App.PoraKeeper.Epochs.Get(ctx, 0)
		require.NoError(t, err)
		bank := c.App.BankKeeper
		return []any{
			miner, epoch, bank.GetBalance(ctx, beneficiary.Address, app.BaseDenom).String(),
			bank.GetBalance(ctx, authtypes.NewModuleAddress(flowtypes.ModuleName), app.BaseDenom).String(),
		}
	}
	untouched := read(c.Ctx())
	ctx, full := c.apply(alice.EVM, poraAt, 5_000_000, input)
	require.Empty(t, full.VmError)
	done := read(ctx)
	require.NotEqual(t, untouched, done)
	t.Logf("a proof of %d bytes of calldata: %d gas", len(input), full.GasUsed)
	require.Less(t, full.GasUsed, uint64(700_000))

	accepted := 0
	check := func(gas uint64, to common.Address, data []byte, ok func(*evmtypes.MsgEthereumTxResponse) bool, given uint64) {
		ctx, r := c.apply(alice.EVM, to, given, data)
		if ok(r) {
			accepted++
			require.Equal(t, done, read(ctx), "gas %d", gas)
			return
		}
		require.Equal(t, untouched, read(ctx), "gas %d", gas)
		for _, log := range r.Logs {
			require.Equal(t, at.Hex(), log.Address, "gas %d: no log of the undone call", gas)
		}
	}
	caught := func(r *evmtypes.MsgEthereumTxResponse) bool {
		ok, _ := did(t, r.Logs)
		return r.VmError == "" && ok[0]
	}
	for gas := uint64(1000); gas < 540_000; gas += 1000 { // a frame that is given so much, caught
		op := do(puppetTry, poraAt, input)
		op.Gas.SetUint64(gas)
		check(gas, at, run(op), caught, 3_000_000)
	}
	floor, err := core.FloorDataGas(input)
	require.NoError(t, err)
	entered := func(r *evmtypes.MsgEthereumTxResponse) bool { return r.VmError == "" }
	for gas := floor; gas < full.MaxUsedGas+20_000; gas += 9_000 { // a whole transaction
		check(gas, poraAt, input, entered, gas)
	}
	require.Positive(t, accepted)
}

// Where governance asks more for a proof than the table takes, the door is closed
// to proofs, and only to them. mission E07
func TestProofGasAboveTheTable(t *testing.T) {
	for proofGas, open := range map[uint64]bool{400_000: true, 400_001: false} {
		mutators := append(severalProofs(1), poraGenesis(func(g *poratypes.GenesisState) { g.Params.ProofGas = proofGas }))
		c := newChain(t, mutators...)
		alice := c.Accounts[0]
		data := new(library)
		data.put(c, alice, 1, 700<<10, 1)
		m := newEVMMiner(c, data, c.Accounts[1], common.Address{}, 1)
		answer := m.find(m.waitOpen(0), nil)
		_, r := c.apply(alice.EVM, poraAt, 3_000_000, calldata(t, poraABI, submitProof, answerOf(answer)))
		require.Equal(t, open, r.VmError == "", "proof_gas %d: %s", proofGas, reason(r.Ret))
		if !open {
			require.Contains(t, reason(r.Ret), "send it as a native message")
			c.mustSend(alice, proof(alice, answer), nil)
		}
	}
}

// Rewards that the chain refuses to push wait, are seen, and are paid out once.
// mission E07
func TestRefusedRewardsInTheEVM(t *testing.T) {
	waiting := sdkmath.NewInt(123_456)
	carol := apptest.NewAccount("user2")
	c := newChain(t, append(severalProofs(1), poraGenesis(func(g *poratypes.GenesisState) {
		g.Credits = []poratypes.Credit{{Beneficiary: carol.Address.String(), Amount: waiting}}
	}), apptest.Mutate(banktypes.ModuleName, func(g *banktypes.GenesisState) {
		g.Balances = append(g.Balances, banktypes.Balance{Address: authtypes.NewModuleAddress(poratypes.ModuleName).String(), Coins: azg(waiting)})
		g.Supply = g.Supply.Add(azg(waiting)...)
	}))...)
	alice, owner := c.Accounts[0], c.Accounts[1]
	data := new(library)
	data.put(c, alice, 1, 700<<10, 1)

	// a module account is blocked: the proof stands, its reward is a credit
	blocked := common.BytesToAddress(authtypes.NewModuleAddress(flowtypes.ModuleName))
	m := newEVMMiner(c, data, owner, blocked, 1)
	answer := m.find(m.waitOpen(0), nil)
	due := c.accruedAt(answer.RecallSector/layout.SectorsPerLoad, 1)
	require.True(t, due.IsPositive())
	r := c.callPora(alice, submitProof, answerOf(answer))
	require.Empty(t, r.VmError, reason(r.Ret))
	require.Len(t, r.Logs, 2)
	require.Equal(t, []any{due.BigInt()}, c.view(rewardABI, rewardAt, "payments(address)", blocked))
	require.Equal(t, due.Add(waiting), c.ModuleBalance(poratypes.ModuleName))
	c.requireModuleAccounts()
	r = c.eth(alice, apptest.Call(rewardAt, nil, calldata(t, rewardABI, "withdrawPayments(address)", blocked)))
	require.NotEmpty(t, r.VmError, "still blocked")
	c.refusedAs(c.callPora(alice, "withdraw(address)", alice.EVM), "NothingToWithdraw")

	// who is not blocked takes it, to any account
	require.Equal(t, []any{waiting.BigInt()}, c.view(rewardABI, rewardAt, "payments(address)", carol.EVM))
	fresh := apptest.NewAccount("fresh")
	r = c.callPora(c.Accounts[2], "withdraw(address)", fresh.EVM)
	require.Empty(t, r.VmError, reason(r.Ret))
	require.Equal(t, waiting, c.Balance(fresh.Address))
	require.Equal(t, common.BigToHash(waiting.BigInt()).Bytes(), r.Ret)
	require.Equal(t, rewardAt.Hex(), r.Logs[0].Address)
	require.Equal(t, []string{rewardABI.Events["Withdrawn"].ID.Hex(), common.BytesToHash(carol.EVM[:]).Hex()}, r.Logs[0].Topics)
	c.refusedAs(c.callPora(c.Accounts[2], "withdraw(address)", fresh.EVM), "NothingToWithdraw")
	r = c.eth(alice, apptest.Call(rewardAt, nil, calldata(t, rewardABI, "withdrawPayments(address)", carol.EVM)))
	name, _ := typedReason(rewardABI, r.Ret)
	require.Equal(t, "NothingToWithdraw", name)
	c.requireModuleAccounts()
}
