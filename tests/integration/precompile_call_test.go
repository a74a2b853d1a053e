package integration_test

import (
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"
	distrtypes "github.com/cosmos/cosmos-sdk/x/distribution/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// mission E06
func TestViewsAnswerFromTheModule(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	zero := [32]byte{}
	context := c.view(flowABI, flowAt, "getContext()")
	require.Equal(t, "[{0 0 "+fmt.Sprint(zero)+" 0 "+fmt.Sprint(zero)+" "+fmt.Sprint(zero)+"}]", fmt.Sprint(context), "before the first epoch is over")
	for range 3 {
		c.mustSend(alice, c.Submit(alice, make([]byte, 256*5), nil), nil)
	}
	for range 6 {
		c.block()
	}
	flow, err := c.App.FlowKeeper.Flow(c.Ctx(), 0)
	require.NoError(t, err)
	frontier, err := flow.Frontier()
	require.NoError(t, err)
	newest, err := c.App.FlowKeeper.Context(c.Ctx(), 0, 0)
	require.NoError(t, err)
	require.Positive(t, newest.Epoch)
	n := func(v uint64) *big.Int { return new(big.Int).SetUint64(v) }
	one := func(signature string, args ...any) any { return c.view(flowABI, flowAt, signature, args...)[0] }

	require.Equal(t, n(3), one("numSubmissions()"))
	require.Equal(t, n(4), one("submissionIndex()"))
	require.Equal(t, n(flow.Epoch), one("epoch()"))
	require.Equal(t, n(flow.EpochStartSectors), one("epochStartPosition()"))
	require.Equal(t, n(5), one("blocksPerEpoch()"))
	require.Equal(t, new(big.Int).String(), one("deployDelay()").(*big.Int).String())
	first := one("firstBlock()").(*big.Int).Int64()
	require.Equal(t, flow.NextEpochHeight, first+int64(flow.Epoch+1)*5)
	require.Equal(t, []any{n(flow.LengthSectors), n(uint64(frontier.Levels()))}, c.view(flowABI, flowAt, "tree()"))
	require.Equal(t, [32]byte(frontier.Root()), one("computeFlowRoot()"))
	require.Equal(t, [32]byte(frontier.Root()), one("getFlowRootByTxSeq(uint256)", n(3)))
	require.Equal(t, zero, one("getFlowRootByTxSeq(uint256)", n(4)), "one past the last")
	require.Equal(t, flowAt, one("rootHistory()"))
	require.Equal(t, [32]byte(frontier.Root()), one("at(uint256)", n(3)))
	require.Equal(t, []any{false, true, true, false}, []any{one("available(uint256)", n(0)), one("available(uint256)", n(1)), one("available(uint256)", n(3)), one("available(uint256)", n(4))})
	require.Equal(t, true, one("contains(bytes32)", one("at(uint256)", n(1))))
	require.Equal(t, false, one("contains(bytes32)", [32]byte{1}))

	for _, signature := range []string{"getContext()", "makeContextWithResult()"} {
		require.Equal(t, fmt.Sprint([]any{struct {
			A, B *big.Int
			C    [32]byte
			D    *big.Int
			E, F [32]byte
		}{n(newest.Epoch), big.NewInt(newest.StartHeight), [32]byte(newest.FlowRoot), n(newest.FlowLengthSectors), [32]byte(newest.BlockDigest), [32]byte(newest.Digest)}}),
			fmt.Sprint(c.view(flowABI, flowAt, signature)), signature)
	}
	at := fmt.Sprint(c.view(flowABI, flowAt, "queryContextAtPosition(uint128)", n(1)))
	adding, err := c.App.FlowKeeper.ContextAt(c.Ctx(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, at, fmt.Sprint(c.view(flowABI, flowAt, "getEpochRangeHistory(uint256)", n(adding.Epoch-1))))
	rangeOf := fmt.Sprint(c.view(flowABI, flowAt, "getEpochRange(bytes32)", [32]byte(adding.Digest)))
	require.Equal(t, fmt.Sprintf("[{%d %d}]", adding.PreviousLengthSectors, adding.FlowLengthSectors), rangeOf)
	require.Equal(t, "[{0 0}]", fmt.Sprint(c.view(flowABI, flowAt, "getEpochRange(bytes32)", zero)))
	for signature, arg := range map[string]*big.Int{"queryContextAtPosition(uint128)": n(1 << 40), "getEpochRangeHistory(uint256)": n(1 << 40), "at(uint256)": n(9), "entry(uint256)": n(9)} {
		_, failure := c.ethCall(alice.EVM, flowAt, nil, calldata(t, flowABI, signature, arg))
		require.NotEmpty(t, failure, signature)
	}
	c.requireMarketAndRoles()
}

func (c *chain) requireMarketAndRoles() {
	t := c.tb
	gov := common.BytesToAddress(sdk.MustAccAddressFromBech32(app.Authority()))
	require.Equal(t, c.price().BigInt(), c.view(market, marketAt, "pricePerSector()")[0])
	require.Equal(t, flowAt, c.view(market, marketAt, "flow()")[0])
	require.Equal(t, common.HexToAddress(app.PrecompileReward), c.view(market, marketAt, "reward()")[0])
	require.Equal(t, marketAt, c.view(flowABI, flowAt, "market()")[0])
	pauser := [32]byte(crypto.Keccak256([]byte("PAUSER_ROLE")))
	require.Equal(t, pauser, c.view(flowABI, flowAt, "PAUSER_ROLE()")[0])
	require.Equal(t, true, c.view(flowABI, flowAt, "hasRole(bytes32,address)", pauser, gov)[0])
	require.Equal(t, false, c.view(flowABI, flowAt, "hasRole(bytes32,address)", pauser, c.Accounts[0].EVM)[0])
	require.Equal(t, false, c.view(flowABI, flowAt, "hasRole(bytes32,address)", [32]byte{5}, gov)[0])
	require.Equal(t, gov, c.view(flowABI, flowAt, "getRoleMember(bytes32,uint256)", pauser, new(big.Int))[0])
	require.Equal(t, int64(1), c.view(flowABI, flowAt, "getRoleMemberCount(bytes32)", pauser)[0].(*big.Int).Int64())
	require.Equal(t, true, c.view(flowABI, flowAt, "supportsInterface(bytes4)", [4]byte{0x79, 0x65, 0xdb, 0x0b})[0])
	require.Equal(t, false, c.view(flowABI, flowAt, "supportsInterface(bytes4)", [4]byte{0xff, 0xff, 0xff, 0xff})[0])
	require.Equal(t, false, c.view(flowABI, flowAt, "paused()")[0])
}

func TestAnEntryShowsItsRewardsAndIsProlonged(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, price := s.Accounts[0], s.price()
	s.mustEth(alice, apptest.Call(s.store, price.MulRaw(2).BigInt(), mustPack(t, s.storer, "store", submissionOf(s.Submission([]byte("x"), nil)))))
	before := s.view(flowABI, flowAt, "entry(uint256)", big.NewInt(1))
	entry, err := s.App.FlowKeeper.Entry(s.Ctx(), 0, 1)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(before), fmt.Sprint(entry.EndTime()))
	r := s.mustEth(alice, apptest.Call(s.store, nil, mustPack(t, s.storer, "prolong", big.NewInt(1), price.BigInt())))
	after, err := s.App.FlowKeeper.Entry(s.Ctx(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, entry.EndTime()+1000, after.EndTime(), "one period more for the price of one")
	require.Len(t, r.Logs, 1)
	require.Equal(t, flowABI.Events["Recharge"].ID.Hex(), r.Logs[0].Topics[0])
	require.Equal(t, s.store, common.HexToAddress(r.Logs[0].Topics[1]), "the contract paid")
	s.requireSound()

	s.blockAfter(3000 * time.Second)
	r = s.eth(alice, apptest.Call(flowAt, price.BigInt(), calldata(t, flowABI, "recharge(uint256)", big.NewInt(1))))
	require.Equal(t, "EntryExpired", reason(r.Ret))
}

func TestAPausedFlowSaysSo(t *testing.T) {
	s := newStage(t, apptest.Options{}, flowGenesis(func(g *flowtypes.GenesisState) { g.Params.Paused = true }))
	for _, data := range [][]byte{s.one(), calldata(t, flowABI, "recharge(uint256)", big.NewInt(1))} {
		r := s.eth(s.Accounts[0], apptest.Call(flowAt, s.price().BigInt(), data))
		require.Equal(t, "EnforcedPause", reason(r.Ret))
	}
	require.Equal(t, true, s.view(flowABI, flowAt, "paused()")[0])
}

// Solidity refuses to call an address without code.
func TestContractsSeeCodeAtOurAddresses(t *testing.T) {
	s := newStage(t, apptest.Options{})
	for _, at := range ourContracts {
		out, failure := s.ethCall(common.Address{}, s.store, nil, mustPack(t, s.storer, "codeSize", at))
		require.Empty(t, failure)
		require.EqualValues(t, 1, new(big.Int).SetBytes(out).Int64(), "extcodesize(%s)", at)
	}
}

func TestContractsAreThereAfterAnExport(t *testing.T) {
	old := newStage(t, apptest.Options{})
	old.mustEth(old.Accounts[0], apptest.Call(flowAt, old.price().BigInt(), old.one()))
	exported := old.Export(false)
	young := &chain{Chain: apptest.New(t, apptest.Options{State: &exported, AppOptions: home(t, nil)}), tb: t}
	for _, at := range ourContracts {
		require.Equal(t, []byte{0xfe}, young.App.EVMKeeper.GetCode(young.Ctx(), young.App.EVMKeeper.GetCodeHash(young.Ctx(), at)), at)
	}
	young.mustEth(young.Accounts[1], apptest.Call(flowAt, young.price().BigInt(), old.one()))
	require.EqualValues(t, 2, young.entries())
	require.Equal(t, old.price().BigInt(), young.view(market, marketAt, "pricePerSector()")[0])
}

// Coins that were sent there natively could never be moved again.
func TestNativeTransfersToContractsAreRefused(t *testing.T) {
	c := newChain(t)
	alice := c.Accounts[0]
	for _, at := range ourContracts {
		to := sdk.AccAddress(at.Bytes())
		result := c.send(alice, banktypes.NewMsgSend(alice.Address, to, azg(sdkmath.OneInt())))
		require.NotZero(t, result.Code)
		require.Contains(t, result.Log, "takes no transfers")
		many := &banktypes.MsgMultiSend{
			Inputs:  []banktypes.Input{{Address: alice.Address.String(), Coins: azg(sdkmath.OneInt())}},
			Outputs: []banktypes.Output{{Address: to.String(), Coins: azg(sdkmath.OneInt())}},
		}
		require.NotZero(t, c.send(alice, many).Code)
		token := signed(t, "transfer(address,uint256)", at, big.NewInt(1))
		require.NotEmpty(t, c.eth(alice, apptest.Call(common.HexToAddress(app.NativeTokenAddress), nil, token)).VmError, "by the ERC-20 face of the token")
		// a module may pay there: an error in its block hook would stop the chain
		require.NoError(t, c.App.BankKeeper.SendCoinsFromModuleToAccount(c.withModuleCoins(), distrtypes.ModuleName, to, azg(sdkmath.OneInt())))
		require.True(t, c.Balance(to).IsZero())
	}
}

// withModuleCoins is a state in which the distribution module holds a coin.
func (c *chain) withModuleCoins() sdk.Context {
	ctx := c.Ctx()
	require.NoError(c.tb, c.App.BankKeeper.SendCoinsFromAccountToModule(ctx, c.Accounts[0].Address, distrtypes.ModuleName, azg(sdkmath.OneInt())))
	return ctx
}

// eth_call with state overrides runs through another path of x/vm.
func TestStateOverridesSeeTheContracts(t *testing.T) {
	s := newStage(t, apptest.Options{})
	poor := apptest.NewAccount("poor").EVM
	price := s.price().BigInt()
	_, refused := s.ethCall(poor, flowAt, price, s.one())
	require.Equal(t, "insufficient balance for transfer", refused)
	rich := fmt.Sprintf(`{%q:{"balance":"0x%x"}}`, poor.Hex(), zg(1).BigInt())
	out, failure := s.ethCall(poor, flowAt, price, s.one(), rich)
	require.Empty(t, failure, reason(out))
	values, err := method(t, flowABI, submitOld).Outputs.Unpack(out)
	require.NoError(t, err)
	require.Equal(t, big.NewInt(1), values[0])
	require.Zero(t, s.entries(), "nothing was written")
	out, failure = s.ethCall(poor, marketAt, nil, calldata(t, market, "pricePerSector()"), rich)
	require.Empty(t, failure)
	require.Equal(t, price, new(big.Int).SetBytes(out))
	// code put at a user's address calls the flow
	code := fmt.Sprintf(`{%q:{"balance":"0x%x","code":"0x%x"}}`, poor.Hex(), zg(1).BigInt(), s.App.EVMKeeper.GetCode(s.Ctx(), s.App.EVMKeeper.GetCodeHash(s.Ctx(), s.puppets[0])))
	out, failure = s.ethCall(s.Accounts[0].EVM, poor, nil, s.run(op{Kind: opMust, To: flowAt, Value: price, Data: s.one()}), code)
	require.Empty(t, failure, reason(out))
}

// Clients send what eth_estimateGas says: it is what the call uses, and one less
// is not enough.
func TestTheEstimateIsExact(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, price := s.Accounts[0], s.price().BigInt()
	data := s.one()
	args := fmt.Sprintf(`{"from":%q,"to":%q,"value":"0x%x","input":"0x%x"}`, alice.EVM.Hex(), flowAt.Hex(), price, data)
	estimate, err := s.App.EVMKeeper.EstimateGas(s.Ctx(), &evmtypes.EthCallRequest{Args: []byte(args), GasCap: 25_000_000, ChainId: int64(s.App.EVMChainID)})
	require.NoError(t, err)
	call := apptest.Call(flowAt, price, data)
	call.GasLimit = estimate.Gas - 1
	require.NotEmpty(t, s.eth(alice, call).VmError)
	call.GasLimit = estimate.Gas
	require.Equal(t, estimate.Gas, s.mustEth(alice, call).GasUsed)
}

// mission E07 (staking; serving and IBC come with their issues)
func TestAContractStakesAndClaimsItsRewards(t *testing.T) {
	s := newStage(t, apptest.Options{})
	alice, p := s.Accounts[0], s.puppets[0]
	staking, distribution := common.HexToAddress(evmtypes.StakingPrecompileAddress), common.HexToAddress(evmtypes.DistributionPrecompileAddress)
	validator := sdk.ValAddress(s.Validator.Address).String()
	delegate := signed(t, "delegate(address,string,uint256)", p, validator, zg(2).BigInt())
	before := s.balanceOf(p)
	s.mustEth(alice, apptest.Call(p, nil, s.run(op{Kind: opMust, To: staking, Data: delegate})))
	require.Equal(t, before.Sub(zg(2)).String(), s.balanceOf(p).String())
	delegation, err := s.App.StakingKeeper.GetDelegation(s.Ctx(), sdk.AccAddress(p.Bytes()), sdk.ValAddress(s.Validator.Address))
	require.NoError(t, err)
	require.True(t, delegation.Shares.IsPositive())
	for range 5 {
		s.block()
	}
	held := s.balanceOf(p)
	withdraw := signed(t, "withdrawDelegatorRewards(address,string)", p, validator)
	s.mustEth(alice, apptest.Call(p, nil, s.run(
		op{Kind: opMust, To: distribution, Data: withdraw},
		op{Kind: opMust, To: flowAt, Value: s.price().BigInt(), Data: s.one()})))
	require.True(t, s.balanceOf(p).Add(s.price()).GT(held), "rewards came, and some paid for an entry")
	s.requireSound()
	// for another account nobody can stake
	other := signed(t, "delegate(address,string,uint256)", s.puppets[1], validator, zg(1).BigInt())
	r := s.eth(alice, apptest.Call(p, nil, s.run(op{Kind: opMust, To: staking, Data: other})))
	require.NotEmpty(t, r.VmError)
	s.requireSound()
}

func mustPack(t *testing.T, f fixture, name string, args ...any) []byte {
	t.Helper()
	packed, err := f.ABI.Pack(name, args...)
	require.NoError(t, err)
	return packed
}

// signed is a call of a function of simple arguments, by its signature.
func signed(t testing.TB, signature string, args ...any) []byte {
	t.Helper()
	var list abi.Arguments
	types := strings.TrimSuffix(signature[strings.Index(signature, "(")+1:], ")")
	for _, name := range strings.Split(types, ",") {
		kind, err := abi.NewType(name, "", nil)
		require.NoError(t, err)
		list = append(list, abi.Argument{Type: kind})
	}
	packed, err := list.Pack(args...)
	require.NoError(t, err)
	return append(crypto.Keccak256([]byte(signature))[:4], packed...)
}
