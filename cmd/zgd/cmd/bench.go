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
)

func init() { register(benchCmd) }

func benchCmd() *cobra.Command {
	cmd := &cobra.Command{Use: "bench", Short: "Measure a running chain", RunE: client.ValidateCmd}
	cmd.AddCommand(benchFinalityCmd())
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
