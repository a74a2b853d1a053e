// Package network finds a running network from its ready file, and the key file
// an account of it signs with. A ready file (network.json) is written by
// `zgd devnet` when everything is up:
//
//	--network FILE, else $ZG_NETWORK, else ~/.zg/devnet/network.json
package network

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// EnvFile names the environment variable that points to a ready file.
const EnvFile = "ZG_NETWORK"

// maxFileBytes bounds a ready file: a hundred accounts need 30 KiB.
const maxFileBytes = 1 << 20

// ErrNoNetwork: there is no ready file where one was looked for.
var ErrNoNetwork = errors.New("no network found")

// Ready describes a running network: who listens where, and whose keys are at
// hand.
type Ready struct {
	ChainID    string         `json:"chain_id"`
	EVMChainID uint64         `json:"evm_chain_id"`
	EVMRPC     string         `json:"evm_rpc"`
	EVMWS      string         `json:"evm_ws"`
	CometRPC   string         `json:"comet_rpc"` // http://host:port
	GRPC       string         `json:"grpc"`      // host:port
	REST       string         `json:"rest"`
	Storage    []string       `json:"storage"` // http://host:port each
	Miners     []string       `json:"miners"`  // http://host:port each
	Accounts   []Account      `json:"accounts"`
	PIDs       map[string]int `json:"pids"` // by process name: zgd-0, storage-0, miner-0, faucet-0

	Precompiles map[string]string `json:"precompiles"`      // 0x… of our contracts in code, by name: flow, market, pora, …
	Faucet      string            `json:"faucet,omitempty"` // POST {"address":"zg1… or 0x…"} here for money; the page is at its root
	ABIs        string            `json:"abis,omitempty"`   // GET lists the contracts, GET …/NAME.json is an ABI
	DA          *DA               `json:"da,omitempty"`     // nil: no signers of data availability

	Dir string `json:"-"` // folder of the file that was read, absolute; "" when there was none
}

// DA is where data availability listens.
type DA struct {
	EncoderGRPC string     `json:"encoder_grpc"` // host:port of the disperser
	EncoderHTTP string     `json:"encoder_http"` // http://host:port
	Signers     []DASigner `json:"signers"`
}

// DASigner is a signer whose node runs on this machine.
type DASigner struct {
	Name       string `json:"name"`
	Address    string `json:"address"` // zg1…
	EVMAddress string `json:"evm_address"`
	Socket     string `json:"socket"` // host:port
	Status     string `json:"status"` // http://host:port
	PID        int    `json:"pid"`
}

// Account is a funded account of a network whose key this machine holds.
type Account struct {
	Name           string `json:"name"`
	Address        string `json:"address"`          // zg1…
	EVMAddress     string `json:"evm_address"`      // 0x…, the same 20 bytes
	PrivateKeyFile string `json:"private_key_file"` // mode 0600; relative to the ready file's folder
}

// DefaultPath returns ~/.zg/devnet/network.json.
func DefaultPath() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("home directory: %w", err)
	}
	return filepath.Join(home, ".zg", "devnet", "network.json"), nil
}

// Find returns the path of the ready file to use: flag when given, else
// $ZG_NETWORK, else DefaultPath.
func Find(flag string) (string, error) {
	if flag != "" {
		return flag, nil
	}
	if env := os.Getenv(EnvFile); env != "" {
		return env, nil
	}
	return DefaultPath()
}

// Load reads a ready file and makes its key file paths absolute. A file that
// does not exist is ErrNoNetwork. Keys of the JSON that this version does not
// know are ignored: a newer devnet may write more.
func Load(path string) (Ready, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return Ready{}, fmt.Errorf("%w: %s does not exist", ErrNoNetwork, path)
	}
	if err != nil {
		return Ready{}, fmt.Errorf("read network: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFileBytes+1))
	if err != nil {
		return Ready{}, fmt.Errorf("read network: %w", err)
	}
	if len(text) > maxFileBytes {
		return Ready{}, fmt.Errorf("network file %s is larger than %d bytes", path, maxFileBytes)
	}
	var ready Ready
	if err := json.Unmarshal(text, &ready); err != nil {
		return Ready{}, fmt.Errorf("network file %s: %w", path, err)
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return Ready{}, err
	}
	ready.Dir = folder
	for i := range ready.Accounts {
		if key := ready.Accounts[i].PrivateKeyFile; key != "" && !filepath.IsAbs(key) {
			ready.Accounts[i].PrivateKeyFile = filepath.Join(folder, key)
		}
	}
	return ready, nil
}

// Write stores a ready file so that a reader sees all of it or nothing.
func Write(path string, ready Ready) error {
	text, err := json.MarshalIndent(ready, "", "  ")
	if err != nil {
		return err
	}
	temporary := path + ".tmp"
	if err := os.WriteFile(temporary, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write network: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("write network: %w", err)
	}
	return nil
}

// KeyFile returns the key file of an account: by name or address, the first
// account's for "". A from that exists as a file is that file.
func (r Ready) KeyFile(from string) (string, error) {
	for i, account := range r.Accounts {
		if (from == "" && i == 0) || (from != "" && (from == account.Name || from == account.Address || from == account.EVMAddress)) {
			if account.PrivateKeyFile == "" {
				return "", fmt.Errorf("account %s has no key file on this machine", account.Name)
			}
			return account.PrivateKeyFile, nil
		}
	}
	if from == "" {
		return "", fmt.Errorf("the network lists no account: give a key file with --from FILE")
	}
	if info, err := os.Stat(from); err == nil && info.Mode().IsRegular() {
		return from, nil
	}
	return "", fmt.Errorf("--from %q is neither an account of the network nor a key file", from)
}
