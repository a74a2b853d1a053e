package integration_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/rawdb"
	corevm "github.com/ethereum/go-ethereum/core/vm"
	"github.com/ethereum/go-ethereum/params"
	gethtests "github.com/ethereum/go-ethereum/tests"
	"github.com/stretchr/testify/require"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	"github.com/zgd-network/zgd/app/apptest"
)

// runCode runs bytecode as a contract by eth_call.
func (c *chain) runCode(code string, data ...byte) ([]byte, string) {
	c.tb.Helper()
	at := common.HexToAddress("0xc0de")
	return c.ethCall(common.HexToAddress("0xca11"), at, nil, data, fmt.Sprintf(`{%q:{"code":"0x%s"}}`, at.Hex(), code))
}

// ret returns the word on top of the stack.
const ret = "5f5260205ff3"

// TestTheForksInForce runs the opcodes and rules that each fork up to Prague
// brought, by the cases of their EIPs, and one step beyond.
// mission E04
func TestTheForksInForce(t *testing.T) {
	c := newChain(t)
	word := func(n uint64) string { return fmt.Sprintf("%064x", n) }
	for _, w := range []struct {
		name, code, want string // want is the returned data, or the failure
	}{
		{"EIP-3855: PUSH0 pushes 0", "5f" + ret, word(0)},
		{"EIP-3855: 1024 times PUSH0", strings.Repeat("5f", 1024) + "00", ""},
		{"EIP-3855: 1025 times PUSH0 is a stack overflow", strings.Repeat("5f", 1025) + "00", "stack limit"},
		{"EIP-3855: PUSH0 costs 2 gas", "5a5f505a9003" + ret, word(2 + 2 + 2)}, // GAS PUSH0 POP GAS SWAP1 SUB: PUSH0, POP and the second GAS
		{"EIP-5656: MCOPY 0 32 32", "7f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f602052" + "602060205f5e" + "60205ff3", "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"},
		{"EIP-5656: MCOPY over itself, 1 byte on", "7f000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f5f52" + "601f5f60015e" + "60205ff3", "00000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e"},
		{"EIP-1153: TLOAD after TSTORE", "6008600a5d600a5c" + ret, word(8)},
		{"EIP-1153: TLOAD before TSTORE", "600a5c" + ret, word(0)},
		{"EIP-7516: BLOBBASEFEE is 1, blobs are not for sale", "4a" + ret, word(1)},
		{"EIP-7516: BLOBBASEFEE costs 2 gas", "5a4a505a9003" + ret, word(2 + 2 + 2)},
		{"EIP-4844: BLOBHASH of a transaction without blobs is 0", "5f49" + ret, word(0)},
		{"EIP-3198: BASEFEE is the fee market's", "48" + ret, word(1_000_000_000)},
		{"EIP-1344: CHAINID", "46" + ret, word(c.App.EVMChainID)},
		{"EIP-1884: SELFBALANCE", "47" + ret, word(0)},
		{"EIP-7939, Osaka: CLZ is not there yet", "5f1e" + ret, "invalid opcode"},
	} {
		t.Run(w.name, func(t *testing.T) {
			out, failure := c.runCode(w.code)
			if failure != "" {
				require.Contains(t, failure, w.want)
				require.NotEmpty(t, w.want, failure)
				return
			}
			require.Equal(t, w.want, common.Bytes2Hex(out))
		})
	}
	t.Run("EIP-1153: TSTORE in a static call fails", func(t *testing.T) {
		// the code calls itself by STATICCALL when it has no data; with one byte it stores
		out, failure := c.runCode("3615600b57600160015d00" + "5b" + "5f5f60015f305afa" + ret)
		require.Empty(t, failure)
		require.Equal(t, word(0), common.Bytes2Hex(out))
	})
	t.Run("EIP-3541: code that begins with 0xEF is not deployed, 0xFE is", func(t *testing.T) {
		alice := c.Accounts[0]
		require.NotEmpty(t, c.eth(alice, apptest.Create(common.FromHex("60ef5f5360015ff3"))).VmError)
		require.Empty(t, c.eth(alice, apptest.Create(common.FromHex("60fe5f5360015ff3"))).VmError)
	})
	t.Run("EIP-3860: init code of 49152 bytes is the most", func(t *testing.T) {
		alice := c.Accounts[0]
		most := apptest.EthCall{Data: make([]byte, params.MaxInitCodeSize), GasLimit: 5_000_000}
		require.Empty(t, c.eth(alice, most).VmError)
		most.Data = append(most.Data, 0)
		require.NotZero(t, c.block(c.SignEth(alice, most)).TxResults[0].Code)
	})
	t.Run("EIP-6780: SELFDESTRUCT leaves the code of an older contract", func(t *testing.T) {
		alice := c.Accounts[0]
		at := c.deploy(alice, fixture{Bin: common.FromHex("615fff5f526002601ef3")}, nil) // the code is PUSH0 SELFDESTRUCT
		c.mustEth(alice, apptest.Call(at, nil, nil))
		require.Equal(t, "5fff", common.Bytes2Hex(c.App.EVMKeeper.GetCode(c.Ctx(), c.App.EVMKeeper.GetCodeHash(c.Ctx(), at))))
	})
	t.Run("EIP-7623: the limit must reach the floor of 10 gas a token, though x/vm charges the old price: a gap of cosmos/evm", func(t *testing.T) {
		alice, bob := c.Accounts[0], c.Accounts[1]
		call := apptest.Call(bob.EVM, nil, make([]byte, 1000)) // zeros, a token each
		require.EqualValues(t, 21_000+4*1000, c.mustEth(alice, call).GasUsed)
		call.GasLimit = 21_000 + 10*1000 - 1
		require.NotZero(t, c.block(c.SignEth(alice, call)).TxResults[0].Code)
		call.GasLimit++
		require.Zero(t, c.block(c.SignEth(alice, call)).TxResults[0].Code)
	})
	t.Run("EIP-2935: the history contract gives the hashes of blocks before this one", func(t *testing.T) {
		c.Skip(3)
		ask := func(height int64) ([]byte, string) {
			return c.ethCall(common.Address{}, params.HistoryStorageAddress, nil, common.BigToHash(big.NewInt(height)).Bytes())
		}
		hash, failure := ask(c.Height - 1)
		require.Empty(t, failure)
		require.NotEqual(t, make([]byte, 32), hash)
		older, _ := ask(c.Height - 2)
		require.NotEqual(t, hash, older)
		_, failure = ask(c.Height + 1)
		require.NotEmpty(t, failure, "the future has no hash")
	})
}

// TestPrecompilesOfTheForks checks Ethereum's precompiled contracts by vectors of
// EIP-2537, EIP-4844, EIP-7951 and the older ones, and each once with one bit
// changed.
// mission E04
func TestPrecompilesOfTheForks(t *testing.T) {
	raw, err := os.ReadFile("testdata/precompile_vectors.json")
	require.NoError(t, err)
	var vectors []struct {
		Name        string
		Address     uint64
		Input, Want string
		Fails       bool
	}
	require.NoError(t, json.Unmarshal(raw, &vectors))
	c := newChain(t)
	for _, v := range vectors {
		t.Run(v.Name, func(t *testing.T) {
			at, input := common.BigToAddress(new(big.Int).SetUint64(v.Address)), common.FromHex(v.Input)
			out, failure := c.ethCall(c.Accounts[0].EVM, at, nil, input)
			if v.Fails {
				require.NotEmpty(t, failure)
				return
			}
			require.Empty(t, failure)
			require.Equal(t, v.Want, common.Bytes2Hex(out))
			if v.Want == "" {
				return // refused as it is
			}
			input[len(input)-1] ^= 1
			out, failure = c.ethCall(c.Accounts[0].EVM, at, nil, input)
			require.True(t, failure != "" || common.Bytes2Hex(out) != v.Want, "one bit changes nothing")
		})
	}
}

// TestForkSchedule pins which forks are in force, and that a client can ask.
// mission E04 (the schedule is compiled in; extra_eips is the parameter)
func TestForkSchedule(t *testing.T) {
	c := newChain(t)
	response, err := evmtypes.NewQueryClient(c).Config(c.Ctx(), &evmtypes.QueryConfigRequest{})
	require.NoError(t, err)
	require.Equal(t, c.App.EVMChainID, response.Config.ChainId)
	for name, at := range map[string]interface{ IsZero() bool }{ // every fork up to Prague from the first block on
		"london": response.Config.LondonBlock, "shanghai": response.Config.ShanghaiTime,
		"cancun": response.Config.CancunTime, "prague": response.Config.PragueTime,
	} {
		require.True(t, at.IsZero(), name)
	}
	require.Nil(t, response.Config.OsakaTime)
	require.Nil(t, response.Config.VerkleTime)

	config := response.Config.EthereumConfig(nil)
	require.True(t, config.IsPrague(common.Big1, 1))
	require.False(t, config.IsOsaka(common.Big1, 1<<62))
	vm := c.App.EVMKeeper.GetParams(c.Ctx())
	require.Equal(t, []int64{75160}, vm.ExtraEIPs, "BLOBBASEFEE; single EIPs can be switched on by governance")
	require.EqualValues(t, 8192, vm.HistoryServeWindow, "EIP-2935")
}

// TestStateTests runs some of Ethereum's general state tests (testdata/README.md)
// with our fork schedule.
// mission E04
func TestStateTests(t *testing.T) {
	raw, err := os.ReadFile("testdata/state_tests.json")
	require.NoError(t, err)
	var suite map[string]*gethtests.StateTest
	require.NoError(t, json.Unmarshal(raw, &suite))
	require.Greater(t, len(suite), 10)
	// the tests are of chain 1 and call their rules Cancun; ours are those of Prague,
	// which change nothing in these
	upstream := gethtests.Forks["Cancun"]
	newChain(t) // sets the process's schedule
	config := *evmtypes.GetEthChainConfig()
	config.ChainID = common.Big1
	gethtests.Forks["Cancun"] = &config
	t.Cleanup(func() { gethtests.Forks["Cancun"] = upstream })
	for name, test := range suite {
		for _, subtest := range test.Subtests() {
			t.Run(fmt.Sprintf("%s/%d", name, subtest.Index), func(t *testing.T) {
				require.NoError(t, test.Run(subtest, corevm.Config{}, false, rawdb.HashScheme, func(error, *gethtests.StateTestState) {}))
			})
		}
	}
}
