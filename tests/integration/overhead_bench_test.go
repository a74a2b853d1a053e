package integration_test

import (
	"runtime"
	"slices"
	"syscall"
	"testing"

	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"

	sdkmath "cosmossdk.io/math"

	"github.com/zgd-network/zgd/app"
	"github.com/zgd-network/zgd/app/apptest"
	poratypes "github.com/zgd-network/zgd/x/pora/types"
)

const (
	overheadRounds   = 21
	overheadBlocks   = 3   // of each chain and round
	overheadTxs      = 300 // per block: 6.3 million gas
	overheadAccounts = 100
)

// BenchmarkTransferOverhead compares the CPU time (user and system, all threads)
// of plain Ethereum transfers in blocks of zgd with that of the same app without
// x/flow and x/pora. Both chains live in this process, on databases on disk, and
// take turns, because single runs differ by more than what is looked for. The
// chain with our modules holds entries and a claim and turns an epoch every
// five blocks, 120 times as often as the main network.
//
// The target is a median ratio of at most 1.05.
func BenchmarkTransferOverhead(b *testing.B) {
	with, without := overheadChain(b, nil), overheadChain(b, app.Options.WithoutStorage)
	data := new(library)
	for i := range 20 {
		data.put(with, with.Accounts[i], uint64(i), 10_000, 1)
	}
	newMiner(with, data, with.Accounts[0], "", 1)
	with.transfersCPU(b)
	without.transfersCPU(b)

	var microsWith, microsWithout, ratios []float64
	for b.Loop() {
		for round := range overheadRounds {
			var x, y float64
			if round%2 == 0 { // who goes first changes
				x, y = with.transfersCPU(b), without.transfersCPU(b)
			} else {
				y, x = without.transfersCPU(b), with.transfersCPU(b)
			}
			microsWith, microsWithout, ratios = append(microsWith, x), append(microsWithout, y), append(ratios, x/y)
		}
	}
	low, median, high := quartiles(ratios)
	_, medianWith, _ := quartiles(microsWith)
	_, medianWithout, _ := quartiles(microsWithout)
	b.Logf("CPU per transfer: %.1f µs with our modules, %.1f µs without (medians of %d rounds of %d transfers)",
		medianWith, medianWithout, len(ratios), overheadBlocks*overheadTxs)
	b.Logf("ratio in a round: median %.3f, quartiles %.3f and %.3f, extremes %.3f and %.3f; target 1.05",
		median, low, high, slices.Min(ratios), slices.Max(ratios))
	b.Logf("CPU per empty block: %.0f µs with our modules, %.0f µs without", with.emptyCPU(b), without.emptyCPU(b))
	b.ReportMetric(medianWith, "µs/tx-with")
	b.ReportMetric(medianWithout, "µs/tx-without")
	b.ReportMetric(median, "ratio")
	b.ReportMetric(high-low, "ratio-spread")
}

func overheadChain(b *testing.B, change func(app.Options) app.Options) *chain {
	b.Helper()
	db, err := dbm.NewDB("application", dbm.GoLevelDBBackend, b.TempDir())
	require.NoError(b, err)
	o := apptest.Options{Accounts: overheadAccounts, DB: db, Change: change, AppOptions: home(b, nil)}
	if change == nil {
		return newChainWith(b, o)
	}
	return &chain{Chain: apptest.New(b, o), tb: b}
}

// transfersCPU returns the CPU time of one transfer, in µs, over a few blocks.
// Signing and what it leaves to collect are not counted.
func (c *chain) transfersCPU(b *testing.B) float64 {
	b.Helper()
	total := int64(0)
	for range overheadBlocks {
		txs := make([][]byte, overheadTxs)
		for i := range txs {
			txs[i] = c.transfer(c.Accounts[i%overheadAccounts], c.Accounts[(i*7+1)%overheadAccounts], sdkmath.NewInt(int64(i+1)))
		}
		runtime.GC()
		before := cpuMicros(b)
		results := c.block(txs...).TxResults
		total += cpuMicros(b) - before
		for _, result := range results {
			require.Zero(b, result.Code, result.Log)
		}
	}
	return float64(total) / (overheadBlocks * overheadTxs)
}

// emptyCPU is the CPU time of a block without transactions, in µs: what our
// modules cost whether anybody sends anything or not.
func (c *chain) emptyCPU(b *testing.B) float64 {
	b.Helper()
	const n = 100
	runtime.GC()
	before := cpuMicros(b)
	for range n {
		c.block()
	}
	return float64(cpuMicros(b)-before) / n
}

func cpuMicros(b *testing.B) int64 {
	b.Helper()
	var usage syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return usage.Utime.Nano()/1000 + usage.Stime.Nano()/1000
}

func quartiles(values []float64) (low, median, high float64) {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/4], sorted[len(sorted)/2], sorted[len(sorted)*3/4]
}

// TestAppWithoutStorageRunsAndHasNone guards what the benchmark compares with.
func TestAppWithoutStorageRunsAndHasNone(t *testing.T) {
	c := &chain{Chain: apptest.New(t, apptest.Options{Change: app.Options.WithoutStorage, AppOptions: home(t, nil)}), tb: t}
	c.accepted(c.block(c.transfer(c.Accounts[0], c.Accounts[1], zg(1))).TxResults[0], nil)
	require.NotContains(t, c.App.ModuleManager.Modules, poratypes.ModuleName)
	for _, key := range c.App.TrackedKeys() {
		require.NotEqual(t, poratypes.StoreKey, key.Name())
	}
	require.NotZero(t, c.send(c.Accounts[0], &poratypes.MsgRegisterMiner{Owner: c.Accounts[0].Address.String()}).Code)
}
