package devnet

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/zgd-network/zgd/sidecar/faucet"
)

// Bounds of a network on one machine.
const (
	MaxValidators = 16
	MaxStorage    = 16
	MaxMiners     = 16
	MaxDASigners  = 32

	minBlockTime = 10 * time.Millisecond
	maxBlockTime = time.Minute
)

// ErrUsage wraps what the user has to ask differently.
var ErrUsage = errors.New("bad option")

var logLevels = []string{"debug", "info", "warn", "error"}

// Options are the flags of `zgd devnet`.
type Options struct {
	Home       string        // folder of everything the network keeps
	Validators int           // fixed when the home is made
	Storage    int           // storage nodes
	Miners     int           // all take their data from the first storage node
	DASigners  int           // data availability nodes, and an encoder; fixed when the home is made
	BlockTime  time.Duration // from one block to the next
	Faucet     bool          // a web page, the ABIs, and money for whoever asks
	FaucetGift string        // what the faucet gives at a time, in zg
	PortsFrom  int           // first port of a consecutive block; 0: the usual ports
	ReadyFile  string        // written when everything answers
	Reset      bool          // forget the home's network first
	LogLevel   string
	Executable string // what each process runs
}

// Defaults are the options of a bare `zgd devnet` whose home is under base.
func Defaults(base string) Options {
	return Options{
		Home:       filepath.Join(base, ".zg", "devnet"),
		Validators: 1, Storage: 1, Miners: 1, DASigners: 4,
		BlockTime: time.Second,
		Faucet:    true, FaucetGift: "10",
		LogLevel: "info",
	}
}

// Validate refuses what cannot be started and says what to ask instead.
func (o Options) Validate() error {
	for _, n := range []struct {
		flag          string
		got, min, max int
	}{
		{"--validators", o.Validators, 1, MaxValidators},
		{"--storage", o.Storage, 0, MaxStorage},
		{"--miners", o.Miners, 0, MaxMiners},
		{"--da-signers", o.DASigners, 0, MaxDASigners},
	} {
		if n.got < n.min || n.got > n.max {
			return fmt.Errorf("%w: %s %d, want %d to %d", ErrUsage, n.flag, n.got, n.min, n.max)
		}
	}
	if o.Miners > 0 && o.Storage == 0 {
		return fmt.Errorf("%w: --miners %d with --storage 0: a miner takes its data from a storage node", ErrUsage, o.Miners)
	}
	if o.BlockTime < minBlockTime || o.BlockTime > maxBlockTime {
		return fmt.Errorf("%w: --block-time %s, want %s to %s", ErrUsage, o.BlockTime, minBlockTime, maxBlockTime)
	}
	if last := o.PortsFrom + portsNeeded(o) - 1; o.PortsFrom != 0 && (o.PortsFrom < 1024 || last > 65535) {
		return fmt.Errorf("%w: --ports-from %d takes ports %d to %d, want 1024 to 65535", ErrUsage, o.PortsFrom, o.PortsFrom, last)
	}
	if !slices.Contains(logLevels, o.LogLevel) {
		return fmt.Errorf("%w: --log-level %q, want one of %v", ErrUsage, o.LogLevel, logLevels)
	}
	if o.Faucet {
		if err := faucet.CheckAmount(o.FaucetGift); err != nil {
			return fmt.Errorf("%w: --faucet-amount: %w", ErrUsage, err)
		}
	}
	if o.Home == "" {
		return fmt.Errorf("%w: --home is empty", ErrUsage)
	}
	return nil
}
