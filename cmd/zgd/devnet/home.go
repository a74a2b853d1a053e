package devnet

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// A home folder:
//
//	network.json   the ready file, while the network runs
//	devnet.json    what the network was made with (record)
//	devnet.making  there while a network is being made
//	devnet.lock    held by the running devnet
//	keys/          key files of the accounts
//	logs/          one log for each process
//	light/         headers that zg trusts
//	validator-0/ storage-0/ miner-0/ da-node-0/ da-encoder-0/ faucet-0/ …
const (
	recordFile = "devnet.json"
	makingFile = "devnet.making"
	lockFile   = "devnet.lock"
)

// record is what cannot change without a new network.
type record struct {
	ChainID    string `json:"chain_id"`
	Validators int    `json:"validators"`
	DASigners  int    `json:"da_signers"`
}

// ErrInUse says that another devnet runs in this home.
var ErrInUse = errors.New("home is in use")

// lockHome takes the home for this process; unlock gives it back.
func lockHome(home string) (unlock func(), err error) {
	if err := os.MkdirAll(home, 0o700); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	file, err := os.OpenFile(filepath.Join(home, lockFile), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder := make([]byte, 20)
		n, _ := file.Read(holder)
		file.Close()
		return nil, fmt.Errorf("%w: a devnet runs in %s (pid %s); stop it, or give another --home and --ports-from",
			ErrInUse, home, strings.TrimSpace(string(holder[:n])))
	}
	if err := file.Truncate(0); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	if _, err := file.WriteString(strconv.Itoa(os.Getpid()) + "\n"); err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	return func() { file.Close() }, nil
}

// resetHome forgets the network. It removes what a devnet writes and nothing
// else: the folder may be a wrong one.
func resetHome(home string) error {
	var paths []string
	for _, pattern := range []string{"validator-*", "storage-*", "miner-*", "faucet-*", "da-node-*", "da-encoder-*", "light", "keys", "logs", recordFile, makingFile, "network.json"} {
		found, err := filepath.Glob(filepath.Join(home, pattern))
		if err != nil {
			return err
		}
		paths = append(paths, found...)
	}
	for _, path := range paths {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("reset: %w", err)
		}
	}
	return nil
}

// readRecord returns the record of a home, nil when there is no network in it.
func readRecord(home string) (*record, error) {
	text, err := os.ReadFile(filepath.Join(home, recordFile))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("home: %w", err)
	}
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("%s: %w: start anew with --reset", filepath.Join(home, recordFile), err)
	}
	return &r, nil
}

// fits says whether the options can continue the recorded network.
func (r record) fits(o Options) error {
	if r.ChainID != ChainID {
		return fmt.Errorf("%w: %s holds chain %s, this zgd makes %s: give --reset or another --home", ErrUsage, o.Home, r.ChainID, ChainID)
	}
	if r.Validators != o.Validators {
		return fmt.Errorf("%w: %s holds a network of %d validators, asked for %d: give --validators %d, --reset or another --home",
			ErrUsage, o.Home, r.Validators, o.Validators, r.Validators)
	}
	if r.DASigners != o.DASigners {
		return fmt.Errorf("%w: %s holds a network of %d data availability signers, asked for %d: give --da-signers %d, --reset or another --home",
			ErrUsage, o.Home, r.DASigners, o.DASigners, r.DASigners)
	}
	return nil
}

// beginMaking marks the home as half made, so that a start that was cut off is
// made again; files of somebody else are not touched.
func beginMaking(home string) error {
	marker := filepath.Join(home, makingFile)
	if _, err := os.Stat(marker); err == nil {
		if err := resetHome(home); err != nil {
			return err
		}
	}
	for _, name := range []string{"validator-0", "keys"} {
		if _, err := os.Stat(filepath.Join(home, name)); err == nil {
			return fmt.Errorf("%w: %s holds %s but no %s, it is not a devnet's: give --reset to remove it, or another --home",
				ErrUsage, home, name, recordFile)
		}
	}
	if err := os.WriteFile(marker, nil, 0o600); err != nil {
		return fmt.Errorf("home: %w", err)
	}
	return nil
}

// writeRecord is the last step of making a network.
func writeRecord(home string, r record) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(home, recordFile)
	if err := os.WriteFile(path+".tmp", append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("home: %w", err)
	}
	if err := os.Rename(path+".tmp", path); err != nil {
		return fmt.Errorf("home: %w", err)
	}
	return os.Remove(filepath.Join(home, makingFile))
}

// checkPorts refuses before anything starts when another program listens.
func checkPorts(plan Plan) error {
	for _, p := range plan.All() {
		for _, port := range p.Ports.List() {
			l, err := net.Listen("tcp", loopback(port))
			if err != nil {
				return fmt.Errorf("port %d of %s is taken (%w): stop the program that listens there, or give --ports-from P", port, p.Name, err)
			}
			l.Close()
		}
	}
	return nil
}
