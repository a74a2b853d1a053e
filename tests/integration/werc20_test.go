package integration_test

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/cosmos/evm/precompiles/werc20"

	sdk "github.com/cosmos/cosmos-sdk/types"
	banktypes "github.com/cosmos/cosmos-sdk/x/bank/types"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

var tokenAt = common.HexToAddress(app.NativeTokenAddress)

// tokenCall is a call of the native token's ERC-20 face.
func tokenCall(t testing.TB, value *big.Int, signature string, args ...any) apptest.EthCall {
	return apptest.Call(tokenAt, value, calldata(t, werc20.ABI, signature, args...))
}

func (c *chain) tokenBalance(of common.Address) *big.Int {
	return c.view(werc20.ABI, tokenAt, "balanceOf(address)", of)[0].(*big.Int)
}

// wantLog requires one log of the token: an event's topic, its indexed
// addresses and its amount.
func wantLog(t testing.TB, r receipt, event string, amount *big.Int, indexed ...common.Address) {
	t.Helper()
	require.Len(t, r.Logs, 1)
	log := r.Logs[0].ToEthereum()
	require.Equal(t, tokenAt, log.Address)
	require.Equal(t, crypto.Keccak256Hash([]byte(event)), log.Topics[0])
	require.Len(t, log.Topics, 1+len(indexed))
	for i, address := range indexed {
		require.Equal(t, common.BytesToHash(address.Bytes()), log.Topics[1+i])
	}
	require.Equal(t, common.BigToHash(amount).Bytes(), log.Data)
}

// TestTheNativeTokenIsAnERC20 goes through the standard function by function.
// mission C12
func TestTheNativeTokenIsAnERC20(t *testing.T) {
	c := newChain(t)
	alice, bob, carol := c.Accounts[0], c.Accounts[1], c.Accounts[2]
	const transferred, approved = "Transfer(address,address,uint256)", "Approval(address,address,uint256)"
	one, five := big.NewInt(1e18), big.NewInt(5e18)
	view := func(signature string, args ...any) any { return c.view(werc20.ABI, tokenAt, signature, args...)[0] }
	// refused wants a revert after which nothing but the fee has changed
	refused := func(t *testing.T, from apptest.Account, call apptest.EthCall) {
		t.Helper()
		before, others := c.Balance(from.Address), c.Balance(bob.Address)
		r := c.eth(from, call)
		require.NotEmpty(t, r.VmError)
		require.Empty(t, r.Logs)
		require.Equal(t, before.Sub(apptestFee(r.GasUsed)).String(), c.Balance(from.Address).String())
		if !from.Address.Equals(bob.Address) {
			require.Equal(t, others.String(), c.Balance(bob.Address).String())
		}
	}

	t.Run("name, symbol and decimals are the token's", func(t *testing.T) {
		require.Equal(t, "ZG", view("name()"))
		require.Equal(t, "ZG", view("symbol()"))
		require.Equal(t, uint8(18), view("decimals()"))
	})
	t.Run("the supply is the bank's", func(t *testing.T) {
		require.Equal(t, c.App.BankKeeper.GetSupply(c.Ctx(), app.BaseDenom).Amount.String(), view("totalSupply()").(*big.Int).String())
	})
	t.Run("transfer moves coins, says so, returns true", func(t *testing.T) {
		before := c.balanceOf(bob.EVM)
		r := c.mustEth(alice, tokenCall(t, nil, "transfer(address,uint256)", bob.EVM, five))
		wantLog(t, r, transferred, five, alice.EVM, bob.EVM)
		require.Equal(t, common.BigToHash(big.NewInt(1)).Bytes(), r.Ret)
		require.Equal(t, before.Add(sdkmath.NewIntFromBigInt(five)).String(), c.balanceOf(bob.EVM).String())
	})
	t.Run("transfer of all but one unit passes, of one unit more than there is does not", func(t *testing.T) {
		poor := apptest.NewAccount("poor")
		c.mustEth(alice, tokenCall(t, nil, "transfer(address,uint256)", poor.EVM, one))
		out, failure := c.ethCall(poor.EVM, tokenAt, nil, calldata(t, werc20.ABI, "transfer(address,uint256)", bob.EVM, one))
		require.Empty(t, failure, reason(out))
		_, failure = c.ethCall(poor.EVM, tokenAt, nil, calldata(t, werc20.ABI, "transfer(address,uint256)", bob.EVM, new(big.Int).Add(one, common.Big1)))
		require.NotEmpty(t, failure)
	})
	t.Run("transfer of nothing is a transfer", func(t *testing.T) {
		r := c.mustEth(alice, tokenCall(t, nil, "transfer(address,uint256)", bob.EVM, common.Big0))
		wantLog(t, r, transferred, common.Big0, alice.EVM, bob.EVM)
		require.Equal(t, common.BigToHash(big.NewInt(1)).Bytes(), r.Ret)
		r = c.mustEth(carol, tokenCall(t, nil, "transferFrom(address,address,uint256)", alice.EVM, bob.EVM, common.Big0))
		wantLog(t, r, transferred, common.Big0, alice.EVM, bob.EVM)
	})
	t.Run("transfer to a module's account is refused", func(t *testing.T) {
		module := common.BytesToAddress(c.App.AccountKeeper.GetModuleAddress(flowtypes.ModuleName))
		refused(t, alice, tokenCall(t, nil, "transfer(address,uint256)", module, one))
	})
	t.Run("what is approved and no more can be taken", func(t *testing.T) {
		wantLog(t, c.mustEth(alice, tokenCall(t, nil, "approve(address,uint256)", carol.EVM, five)), approved, five, alice.EVM, carol.EVM)
		require.Zero(t, five.Cmp(view("allowance(address,address)", alice.EVM, carol.EVM).(*big.Int)))
		more := new(big.Int).Add(five, common.Big1)
		refused(t, carol, tokenCall(t, nil, "transferFrom(address,address,uint256)", alice.EVM, bob.EVM, more))
		refused(t, bob, tokenCall(t, nil, "transferFrom(address,address,uint256)", alice.EVM, bob.EVM, one)) // not bob's allowance
		before := c.balanceOf(alice.EVM)
		r := c.mustEth(carol, tokenCall(t, nil, "transferFrom(address,address,uint256)", alice.EVM, bob.EVM, five))
		require.NotEmpty(t, r.Logs)
		require.Equal(t, crypto.Keccak256Hash([]byte(transferred)).Hex(), r.Logs[0].Topics[0])
		require.Equal(t, before.Sub(sdkmath.NewIntFromBigInt(five)).String(), c.balanceOf(alice.EVM).String())
		require.Zero(t, view("allowance(address,address)", alice.EVM, carol.EVM).(*big.Int).Sign())
		refused(t, carol, tokenCall(t, nil, "transferFrom(address,address,uint256)", alice.EVM, bob.EVM, common.Big1))
	})
	t.Run("deposit and a bare payment give the value back and say so", func(t *testing.T) {
		for _, call := range []apptest.EthCall{tokenCall(t, one, "deposit()"), apptest.Call(tokenAt, one, nil)} {
			before := c.balanceOf(alice.EVM)
			r := c.mustEth(alice, call)
			wantLog(t, r, "Deposit(address,uint256)", one, alice.EVM)
			require.Equal(t, before.Sub(apptestFee(r.GasUsed)).String(), c.balanceOf(alice.EVM).String())
		}
		require.True(t, c.balanceOf(tokenAt).IsZero(), "the token's own address keeps nothing")
	})
	t.Run("value beside a function that is not payable is refused", func(t *testing.T) {
		refused(t, alice, tokenCall(t, one, "withdraw(uint256)", one))
		refused(t, alice, tokenCall(t, one, "transfer(address,uint256)", bob.EVM, one))
		refused(t, alice, apptest.Call(tokenAt, one, []byte{1, 2, 3, 4}))
	})
	t.Run("withdraw moves nothing, says so, and wants the balance", func(t *testing.T) {
		before := c.balanceOf(alice.EVM)
		r := c.mustEth(alice, tokenCall(t, nil, "withdraw(uint256)", one))
		wantLog(t, r, "Withdrawal(address,uint256)", one, alice.EVM)
		require.Equal(t, before.Sub(apptestFee(r.GasUsed)).String(), c.balanceOf(alice.EVM).String())
		refused(t, alice, tokenCall(t, nil, "withdraw(uint256)", new(big.Int).Lsh(one, 100)))
	})
	t.Run("by DELEGATECALL and CALLCODE it moves nobody's coins", func(t *testing.T) {
		// code that hands its calldata on to the token and returns whether that succeeded
		hand := func(tail string) common.Address {
			code := "365f5f37" + tail + ret
			return c.deploy(alice, fixture{Bin: common.FromHex(fmt.Sprintf("60%02x600c60003960%02x6000f3", len(code)/2, len(code)/2) + code)}, one)
		}
		at := common.Bytes2Hex(tokenAt.Bytes())
		for _, through := range []common.Address{hand("5f5f365f73" + at + "5af4"), hand("5f5f365f5f73" + at + "5af2")} {
			before, bobs := c.balanceOf(alice.EVM), c.balanceOf(bob.EVM)
			r := c.mustEth(alice, apptest.Call(through, nil, calldata(t, werc20.ABI, "transfer(address,uint256)", bob.EVM, one)))
			require.Equal(t, make([]byte, 32), r.Ret, "the inner call failed")
			require.Equal(t, before.Sub(apptestFee(r.GasUsed)).String(), c.balanceOf(alice.EVM).String())
			require.Equal(t, bobs.String(), c.balanceOf(bob.EVM).String())
			require.Equal(t, one.String(), c.balanceOf(through).String())
		}
	})
	t.Run("there is no permit", func(t *testing.T) {
		for name := range werc20.ABI.Methods {
			require.NotContains(t, strings.ToLower(name), "permit")
		}
		for _, signature := range []string{"DOMAIN_SEPARATOR()", "nonces(address)", "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)"} {
			_, failure := c.ethCall(alice.EVM, tokenAt, nil, append(crypto.Keccak256([]byte(signature))[:4], make([]byte, 7*32)...))
			require.NotEmpty(t, failure, signature)
		}
	})
	t.Run("calldata cut short is refused", func(t *testing.T) {
		whole := calldata(t, werc20.ABI, "transfer(address,uint256)", bob.EVM, one)
		refused(t, alice, apptest.Call(tokenAt, nil, whole[:len(whole)-1]))
		refused(t, alice, apptest.Call(tokenAt, nil, whole[:4]))
	})
}

// TestTheNativeTokenHasOneBalance lets accounts pay each other in every way
// there is and compares the three answers to "how much has this account".
// mission C12
func TestTheNativeTokenHasOneBalance(t *testing.T) {
	const blocks, perBlock = 40, 5
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	c := newChain(t)
	accounts := c.Accounts[:perBlock]
	amount := func() *big.Int {
		switch rnd.IntN(4) {
		case 0:
			return big.NewInt(rnd.Int64N(3))
		case 1: // more than anybody has
			return new(big.Int).Lsh(big.NewInt(1), 100)
		default:
			return big.NewInt(rnd.Int64())
		}
	}
	operations := []func(from, to apptest.Account) []byte{
		func(from, to apptest.Account) []byte {
			return c.SignEth(from, tokenCall(t, nil, "transfer(address,uint256)", to.EVM, amount()))
		},
		func(from, to apptest.Account) []byte {
			return c.SignEth(from, tokenCall(t, nil, "approve(address,uint256)", to.EVM, amount()))
		},
		func(from, to apptest.Account) []byte {
			third := accounts[rnd.IntN(len(accounts))]
			return c.SignEth(from, tokenCall(t, nil, "transferFrom(address,address,uint256)", to.EVM, third.EVM, amount()))
		},
		func(from, _ apptest.Account) []byte {
			return c.SignEth(from, tokenCall(t, big.NewInt(rnd.Int64()), "deposit()"))
		},
		func(from, _ apptest.Account) []byte {
			return c.SignEth(from, tokenCall(t, nil, "withdraw(uint256)", amount()))
		},
		func(from, to apptest.Account) []byte {
			return c.SignEth(from, apptest.Call(to.EVM, big.NewInt(rnd.Int64()), nil))
		},
		func(from, _ apptest.Account) []byte { // an unknown function: reverts
			return c.SignEth(from, apptest.Call(tokenAt, big.NewInt(7), []byte{1, 2, 3, 4}))
		},
		func(from, to apptest.Account) []byte {
			coins := sdk.NewCoins(sdk.NewCoin(app.BaseDenom, sdkmath.NewInt(1+rnd.Int64N(1e18))))
			return c.Sign(from, banktypes.NewMsgSend(from.Address, to.Address, coins))
		},
	}
	succeeded := 0
	for range blocks {
		var txs [][]byte
		for i := range perBlock { // one transaction of each
			from, to := accounts[i], accounts[rnd.IntN(len(accounts))]
			txs = append(txs, operations[rnd.IntN(len(operations))](from, to))
		}
		for _, result := range c.block(txs...).TxResults {
			if result.Code == 0 {
				succeeded++
			}
		}
		ctx := c.Ctx()
		for _, address := range append([]common.Address{tokenAt, c.Validator.EVM}, evmAddresses(accounts)...) {
			bank := c.balanceOf(address).String()
			require.Equal(t, bank, c.tokenBalance(address).String(), "ERC-20 of %s, seed %d", address, seed)
			require.Equal(t, bank, c.App.EVMKeeper.GetBalance(ctx, address).ToBig().String(), "eth_getBalance of %s, seed %d", address, seed)
		}
		supply := c.App.BankKeeper.GetSupply(ctx, app.BaseDenom).Amount.String()
		require.Equal(t, supply, c.view(werc20.ABI, tokenAt, "totalSupply()")[0].(*big.Int).String(), "seed %d", seed)
	}
	require.Greater(t, succeeded, blocks*perBlock/2, "seed %d", seed)
	require.True(t, c.balanceOf(tokenAt).IsZero(), "nothing stays at the token's address, seed %d", seed)
}

func evmAddresses(accounts []apptest.Account) []common.Address {
	list := make([]common.Address, len(accounts))
	for i, a := range accounts {
		list[i] = a.EVM
	}
	return list
}
