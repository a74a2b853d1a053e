package evmload

import (
	"crypto/ecdsa"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Workloads that a run can send. The first three are transactions.
const (
	Transfers = "transfers" // of the native coin, each account pays the next
	ERC20     = "erc20"     // transfer() of a token deployed for the run
	Swap      = "swap"      // of two such tokens on a pool deployed for the run
	Calls     = "calls"     // eth_call of balanceOf()
	Logs      = "logs"      // eth_getLogs of a token's transfers
)

// Workloads are all of them.
func Workloads() []string { return []string{Transfers, ERC20, Swap, Calls, Logs} }

// ErrUsage wraps what has to be asked differently.
var ErrUsage = errors.New("bad option")

// Options of a run.
type Options struct {
	RPC      string            // http://host:port of JSON-RPC
	Key      *ecdsa.PrivateKey // pays for accounts and contracts
	Workload string

	RatePerS float64       // items per second; 0: as many as the node takes (max)
	Duration time.Duration // of sending at a rate, and of calls and logs at max
	Txs      int           // transactions of a run at max
	Window   int           // most transactions in flight at max
	Workers  int           // connections that send at max
	Batch    int           // requests in one HTTP call

	Accounts int           // that send, derived from Seed, round robin
	Seed     string        // same seed, same accounts
	Drain    time.Duration // without progress before the rest counts as lost
	Poll     time.Duration // how often to ask for a new block
	PID      int           // of the node, for its CPU time; 0: not measured
}

// Defaults are the options of a bare run.
func Defaults() Options {
	return Options{
		RPC: "http://127.0.0.1:8545", Workload: Transfers, Duration: 10 * time.Second,
		Txs: 5000, Window: 2000, Workers: 2, Batch: 1, Accounts: 200, Seed: "zgd bench evm",
		Drain: 20 * time.Second, Poll: 10 * time.Millisecond,
	}
}

const maxAccounts = 1000 // a token's constructor pays them all in one block

// Validate refuses what cannot be run and says what to ask instead.
func (o Options) Validate() error {
	if !slices.Contains(Workloads(), o.Workload) {
		return fmt.Errorf("%w: workload %q, want one of %v", ErrUsage, o.Workload, Workloads())
	}
	for _, n := range []struct {
		flag          string
		got, min, max int
	}{
		{"--accounts", o.Accounts, 1, maxAccounts}, {"--batch", o.Batch, 1, 1000}, {"--workers", o.Workers, 1, 256},
		{"--window", o.Window, o.Batch, 1_000_000}, {"--txs", o.Txs, 1, 10_000_000}, {"--pid", o.PID, 0, 1 << 22},
	} {
		if n.got < n.min || n.got > n.max {
			return fmt.Errorf("%w: %s %d, want %d to %d", ErrUsage, n.flag, n.got, n.min, n.max)
		}
	}
	if o.Duration <= 0 || o.Drain <= 0 || o.Poll <= 0 {
		return fmt.Errorf("%w: duration, drain and poll must be positive", ErrUsage)
	}
	if o.RatePerS < 0 || (o.RatePerS > 0 && o.total() < 1) {
		return fmt.Errorf("%w: --rate %g for %s makes no transaction", ErrUsage, o.RatePerS, o.Duration)
	}
	return nil
}

// max says that the node sets the pace.
func (o Options) max() bool { return o.RatePerS == 0 }

// transactions says that the workload is made of transactions.
func (o Options) transactions() bool { return o.Workload != Calls && o.Workload != Logs }

// total is how many items a run at a rate, or a run of transactions, has.
func (o Options) total() int {
	if o.max() {
		return o.Txs
	}
	return int(o.RatePerS * o.Duration.Seconds())
}
