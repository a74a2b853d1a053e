package cmd

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/spf13/cobra"

	"github.com/cosmos/cosmos-sdk/client"

	"github.com/zgd-network/zgd/cmd/zgd/bench"
	"github.com/zgd-network/zgd/cmd/zgd/bench/evmload"
)

func init() { register(benchCmd) }

func benchCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Measure a running chain", RunE: client.ValidateCmd}
	cmd.AddCommand(benchFinalityCmd(), benchEVMCmd())
	return cmd
}

func benchFinalityCmd() *cobra.Command {
	o := bench.Options{Poll: 5 * time.Millisecond}
	var keyFile string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "finality",
		Short: "Time from sending a transaction to its committed receipt",
		Long: `Send transfers at a fixed rate and measure, for each, the time from when it was
due to when its receipt could be read from a committed block. The load is open
loop: it does not slow down when the chain does.

The key pays: it funds new accounts that send, and what they do not spend is left
there.`,
		Example:     `  zgd bench finality --key-file ~/.zg/devnet/keys/dev0.key --rate 20 --duration 30s`,
		Args:        cobra.NoArgs,
		Annotations: map[string]string{noNodeFiles: "talks to a URL"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.RatePerS <= 0 || o.Duration <= 0 || o.Senders <= 0 || o.RatePerS*o.Duration.Seconds() < 1 {
				return errors.New("rate, duration and senders must be positive and make at least one transaction")
			}
			var err error
			if o.Key, err = readKeyFile(keyFile); err != nil {
				return err
			}
			report, err := bench.Finality(cmd.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), report)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.RPC, "rpc", "http://127.0.0.1:8545", "JSON-RPC of a node")
	f.StringVar(&keyFile, "key-file", "", "file with the paying key: one line, 32 bytes in hex, mode 0600")
	f.Float64Var(&o.RatePerS, "rate", 10, "transactions per second")
	f.DurationVar(&o.Duration, "duration", 30*time.Second, "how long to send")
	f.IntVar(&o.Senders, "senders", 8, "accounts that send")
	f.DurationVar(&o.Drain, "drain", 30*time.Second, "how long to wait for the last receipts")
	f.BoolVar(&asJSON, "json", false, "print the report as JSON")
	must(cmd.MarkFlagRequired("key-file"))
	return cmd
}

func benchEVMCmd() *cobra.Command {
	o := evmload.Defaults()
	var keyFile, output string
	var atMax bool
	cmd := &cobra.Command{
		Use:   "evm",
		Short: "Load on any Ethereum JSON-RPC: transfers, ERC-20, swaps, calls, logs",
		Long: `Put a workload on an Ethereum JSON-RPC endpoint, of this chain or another:

  transfers  of the native coin, each account pays the next
  erc20      transfers of a token that is deployed for the run
  swap       on a constant-product pool of two such tokens
  calls      eth_call of balanceOf
  logs       eth_getLogs of the transfers of one token

--rate sends on a fixed schedule, whether or not the node keeps up, and counts
latency from when an item was due. --max keeps --window transactions in flight,
--txs in all; of calls and logs, --workers ask for --duration. With --pid the
node's CPU time is divided by what was included.

The key pays: it funds the accounts of --seed, which stay funded for the next run.`,
		Example: `  zgd bench evm --key-file ~/.zg/devnet/keys/dev0.key --workload erc20 --rate 100 --duration 30s
  zgd bench evm --key-file dev0.key --max --txs 10000 --batch 20 --pid $(pgrep -f 'zgd start')`,
		Args:        usageArgs(cobra.NoArgs),
		Annotations: map[string]string{noNodeFiles: "talks to a URL"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if atMax == (o.RatePerS != 0) || (output != "text" && output != "json") {
				return usageError{errors.New("give one of --rate R and --max, and --output text or json")}
			}
			var err error
			if o.Key, err = readKeyFile(keyFile); err != nil {
				return err
			}
			report, err := evmload.Run(cmd.Context(), o)
			if errors.Is(err, evmload.ErrUsage) {
				return usageError{err}
			}
			if err != nil {
				return err
			}
			if output == "json" {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), report)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&keyFile, "key-file", "", "file with the paying key: one line, 32 bytes in hex, mode 0600")
	f.BoolVar(&atMax, "max", false, "as fast as the node takes them")
	f.StringVar(&output, "output", "text", "text or json")
	evmLoadFlags(cmd, &o)
	must(cmd.MarkFlagRequired("key-file"))
	return cmd
}

func evmLoadFlags(cmd *cobra.Command, o *evmload.Options) {
	f := cmd.Flags()
	f.StringVar(&o.RPC, "rpc", o.RPC, "JSON-RPC of a node")
	f.StringVar(&o.Workload, "workload", o.Workload, strings.Join(evmload.Workloads(), ", "))
	f.Float64Var(&o.RatePerS, "rate", 0, "items per second")
	f.DurationVar(&o.Duration, "duration", o.Duration, "how long to send at a rate, or to ask at max")
	f.IntVar(&o.Txs, "txs", o.Txs, "transactions of a run at max")
	f.IntVar(&o.Window, "window", o.Window, "most transactions in flight at max")
	f.IntVar(&o.Workers, "workers", o.Workers, "connections at max")
	f.IntVar(&o.Batch, "batch", o.Batch, "requests in one HTTP call")
	f.IntVar(&o.Accounts, "accounts", o.Accounts, "accounts that send")
	f.StringVar(&o.Seed, "seed", o.Seed, "the accounts follow from it")
	f.DurationVar(&o.Drain, "drain", o.Drain, "how long without progress before the rest counts as lost")
	f.DurationVar(&o.Poll, "poll", o.Poll, "how often to ask for a new block")
	f.IntVar(&o.PID, "pid", 0, "process of the node on this machine, to measure its CPU time")
}

const keyFileMode = 0o600

// readKeyFile reads 32 bytes of hex from a file that only its owner can read.
func readKeyFile(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	if got := info.Mode().Perm(); got&^keyFileMode != 0 {
		return nil, fmt.Errorf("key file %s has mode %04o, want %04o: chmod 600 it", path, got, keyFileMode)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key file: %w", err)
	}
	key, err := crypto.HexToECDSA(strings.TrimPrefix(strings.TrimSpace(string(text)), "0x"))
	if err != nil {
		return nil, fmt.Errorf("key file %s: want one line of 32 bytes in hex", path) // not %w: it may quote the key
	}
	return key, nil
}
