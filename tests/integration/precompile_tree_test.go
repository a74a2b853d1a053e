package integration_test

import (
	"bytes"
	"fmt"
	"math/big"
	"math/rand"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	abci "github.com/cometbft/cometbft/abci/types"

	evmtypes "github.com/cosmos/evm/x/vm/types"

	sdk "github.com/cosmos/cosmos-sdk/types"
	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"

	"github.com/zgd-network/zgd/app/apptest"
	flowprecompile "github.com/zgd-network/zgd/x/flow/precompile"
	flowtypes "github.com/zgd-network/zgd/x/flow/types"
)

// forest grows random trees of calls.
type forest struct {
	*stage
	r     *rand.Rand
	files []flowprecompile.SubmissionData
}

func newForest(t *testing.T, s *stage, seed int64) *forest {
	f := &forest{stage: s, r: rand.New(rand.NewSource(seed))}
	for _, size := range []int{1, 300, 256 * 9} {
		f.files = append(f.files, submissionOf(s.Submission(make([]byte, size), []byte("t"))))
	}
	return f
}

// seedOf prints the seed of a random test; ZGD_SEED repeats a run.
func seedOf(t *testing.T) int64 {
	t.Helper()
	seed := time.Now().UnixNano()
	if text := os.Getenv("ZGD_SEED"); text != "" {
		parsed, err := strconv.ParseInt(text, 10, 64)
		require.NoError(t, err)
		seed = parsed
	}
	t.Logf("repeat with ZGD_SEED=%d", seed)
	return seed
}

// tree is the operations of one frame.
func (f *forest) tree(depth int) []op {
	ops := make([]op, 1+f.r.Intn(3))
	for i := range ops {
		ops[i] = f.leaf()
		if depth > 0 && f.r.Intn(2) == 0 {
			ops[i] = op{Kind: f.kind(), To: f.puppets[f.r.Intn(len(f.puppets))], Value: f.coins(), Gas: f.gas(), Data: f.run(f.tree(depth - 1)...)}
		}
	}
	return ops
}

// kind of a call: mostly plain ones.
func (f *forest) kind() uint8 {
	return []uint8{opMust, opMust, opTry, opTry, opTry, opStatic, opDelegate, opCallcode}[f.r.Intn(8)]
}

// leaf is an operation that calls no puppet.
func (f *forest) leaf() op {
	account := f.Accounts[f.r.Intn(4)].EVM
	switch f.r.Intn(13) {
	case 0:
		return op{Kind: opStore}
	case 12:
		return f.stake()
	case 1:
		return op{Kind: opTry, To: account, Value: f.coins()}
	case 2:
		return op{Kind: []uint8{opRevert, opInvalid}[f.r.Intn(2)]}
	case 3:
		return op{Kind: opTry, To: []common.Address{flowAt, marketAt, f.store}[f.r.Intn(3)], Value: f.coins()}
	case 4:
		return op{Kind: f.kind(), To: flowAt, Data: calldata(f.tb, flowABI, "recharge(uint256,uint256)", big.NewInt(f.r.Int63n(6)), f.coins())}
	case 5:
		packed, err := f.puppet.ABI.Pack("", f.filled(op{Kind: opMust, To: flowAt, Value: f.coins(), Data: f.submission()}))
		require.NoError(f.tb, err)
		return op{Kind: opCreate, Value: f.coins(), Data: append(bytes.Clone(f.puppet.Bin), packed...)}
	case 6:
		if f.r.Intn(8) > 0 { // rarely: it fails the transaction when it is written
			return op{Kind: opStore}
		}
		return op{Kind: opTry, To: common.BytesToAddress(authtypes.NewModuleAddress(flowtypes.ModuleName)), Value: big.NewInt(1)}
	default:
		return op{Kind: f.kind(), To: flowAt, Value: f.coins(), Gas: f.gas(), Data: f.submission()}
	}
}

// stake is a call of staking or distribution, contracts of cosmos/evm.
func (f *forest) stake() op {
	staker, validator := f.puppets[f.r.Intn(len(f.puppets))], sdk.ValAddress(f.Validator.Address).String()
	staking, distribution := common.HexToAddress(evmtypes.StakingPrecompileAddress), common.HexToAddress(evmtypes.DistributionPrecompileAddress)
	switch f.r.Intn(4) {
	case 0:
		return op{Kind: f.kind(), To: staking, Data: signed(f.tb, "undelegate(address,string,uint256)", staker, validator, big.NewInt(1+f.r.Int63n(1e9)))}
	case 1:
		return op{Kind: f.kind(), To: distribution, Data: signed(f.tb, "withdrawDelegatorRewards(address,string)", staker, validator)}
	default:
		return op{Kind: f.kind(), To: staking, Data: signed(f.tb, "delegate(address,string,uint256)", staker, validator, f.coins())}
	}
}

func (f *forest) filled(ops ...op) []op {
	for i := range ops {
		ops[i].Gas = new(big.Int)
	}
	return ops
}

func (f *forest) submission() []byte {
	one, two := f.files[f.r.Intn(len(f.files))], f.files[f.r.Intn(len(f.files))]
	switch f.r.Intn(5) {
	case 0:
		return calldata(f.tb, flowABI, batchOld, []flowprecompile.SubmissionData{one, two})
	case 1:
		return calldata(f.tb, flowABI, submitNew, flowprecompile.Submission{Data: one, Submitter: f.Accounts[f.r.Intn(3)].EVM})
	default:
		return calldata(f.tb, flowABI, submitOld, one)
	}
}

// coins are often around what a submission costs.
func (f *forest) coins() *big.Int {
	price := f.price()
	switch f.r.Intn(6) {
	case 0:
		return new(big.Int)
	case 1:
		return big.NewInt(1)
	case 2:
		return price.SubRaw(1).BigInt()
	default:
		return price.MulRaw(int64(1 + f.r.Intn(24))).AddRaw(int64(f.r.Intn(3))).BigInt()
	}
}

func (f *forest) gas() *big.Int {
	if f.r.Intn(4) > 0 {
		return new(big.Int)
	}
	return big.NewInt(int64(1 + f.r.Intn(200_000)))
}

// transaction is one tree; it ends by logging what the EVM believes accounts hold.
func (f *forest) transaction(from apptest.Account) []byte {
	ops := f.tree(3)
	for _, address := range f.watched()[:len(ourContracts)+4] {
		ops = append(ops, op{Kind: opHolds, To: address})
	}
	call := apptest.Call(f.puppets[f.r.Intn(len(f.puppets))], f.coins(), f.run(ops...))
	call.GasLimit = 3_000_000
	return f.SignEth(from, call)
}

// TestRandomTreesOfCallsKeepTheBooks: after every transaction the balances that
// the EVM believed in, the EVM's and the bank's are the same, every Submit log
// has its entry, x/flow holds what its records say, and nothing was minted.
// mission E06
func TestRandomTreesOfCallsKeepTheBooks(t *testing.T) {
	f := newForest(t, newStage(t, apptest.Options{}), seedOf(t))
	books := ledger{supply: f.supply()}
	seen := map[string]int{}
	for range 150 {
		before := f.entries()
		block := f.block(f.transaction(f.Accounts[f.r.Intn(3)]))
		books.read(t, block)
		f.requireSound()
		f.requireConservation(books)
		logs := f.requireLogs(block.TxResults[0], seen)
		require.Equal(t, f.entries(), before+uint64(logs), "every entry has one log, every log one entry")
	}
	t.Log(seen)
	require.Positive(t, seen["entered"])
	require.Positive(t, seen["reverted"])
}

// requireLogs reads the logs of a transaction: Submit logs count entries up,
// Holds logs tell the balances that the EVM believed in at the end.
func (f *forest) requireLogs(result *abci.ExecTxResult, seen map[string]int) (submits int) {
	if result.Code != 0 {
		seen["failed when written"]++
		return 0
	}
	r := f.receipt(result)
	if r.VmError != "" {
		seen["reverted"]++
		require.Empty(f.tb, r.Logs)
		return 0
	}
	next := f.entries()
	believed := map[common.Address]*big.Int{}
	for i := len(r.Logs) - 1; i >= 0; i-- {
		log := r.Logs[i]
		switch log.Topics[0] {
		case flowABI.Events["Submit"].ID.Hex():
			require.Equal(f.tb, new(big.Int).SetUint64(next), new(big.Int).SetBytes(log.Data[:32]), "the entries of the logs are the last")
			next--
			submits++
		case f.puppet.ABI.Events["Holds"].ID.Hex():
			if address := common.HexToAddress(log.Topics[1]); believed[address] == nil {
				believed[address] = new(big.Int).SetBytes(log.Data)
			}
		}
	}
	f.requireBelieved(believed)
	if submits > 0 {
		seen["entered"]++
	} else {
		seen["ran"]++
	}
	return submits
}

// requireBelieved compares with the bank.
func (f *forest) requireBelieved(believed map[common.Address]*big.Int) {
	require.NotEmpty(f.tb, believed)
	for address, amount := range believed {
		if f.isAccount(address) {
			continue // gas is bought before and settled after
		}
		require.Equal(f.tb, amount.String(), f.balanceOf(address).String(), "what the EVM believed %s holds", address)
	}
}

func (f *forest) isAccount(address common.Address) bool {
	for _, a := range f.Accounts {
		if a.EVM == address {
			return true
		}
	}
	return false
}

// TestRandomTreesAreTheSameInParallel: many trees a block, whose transactions
// meet in the same accounts and the same flow.
func TestRandomTreesAreTheSameInParallel(t *testing.T) {
	seed := seedOf(t)
	f := newForest(t, newStage(t, apptest.Options{}), seed)
	follower := newStage(t, apptest.Options{AppOptions: map[string]any{"block-executor": "block-stm", "block-stm-workers": 8}})
	for range 12 {
		var txs [][]byte
		for i := range 12 {
			txs = append(txs, f.transaction(f.Accounts[i%6]))
		}
		want, got := f.block(txs...), follower.block(txs...)
		for i := range txs {
			require.Equal(t, want.TxResults[i].String(), got.TxResults[i].String(), "transaction %d at height %d", i, f.Height)
		}
		require.Equal(t, fmt.Sprintf("%X", want.AppHash), fmt.Sprintf("%X", got.AppHash), "height %d", f.Height)
		f.requireSound()
	}
	require.Positive(t, f.entries())
}
