package devnet

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/network"
)

// lockedText collects lines from several goroutines.
type lockedText struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lockedText) add(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lockedText) get() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func TestHomeIsLockedByOneDevnet(t *testing.T) {
	home := t.TempDir()
	unlock, err := lockHome(home)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lockHome(home); !errors.Is(err, ErrInUse) {
		t.Errorf("second lock: got %v, want ErrInUse", err)
	}
	unlock()
	unlock, err = lockHome(home)
	if err != nil {
		t.Fatalf("lock after unlock: %v", err)
	}
	unlock()
}

func TestResetRemovesTheNetworkAndNothingElse(t *testing.T) {
	home := t.TempDir()
	for _, name := range []string{"validator-0/data/x", "storage-1/x", "miner-0/x", "faucet-0/x", "keys/dev0.key", "logs/a.log", "devnet.json", "network.json", "letters.txt"} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := resetHome(home); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(home)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) != 1 || left[0].Name() != "letters.txt" {
		t.Errorf("left %v, want letters.txt alone", left)
	}
}

func TestHalfMadeHomeIsMadeAgainAndAStrangersIsNot(t *testing.T) {
	home := t.TempDir()
	if err := beginMaking(home); err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(home, "validator-0")
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := beginMaking(home); err != nil {
		t.Fatalf("half made: %v", err)
	}
	if _, err := os.Stat(half); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the half made validator is still there: %v", err)
	}
	stranger := t.TempDir()
	if err := os.Mkdir(filepath.Join(stranger, "keys"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := beginMaking(stranger); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "--reset") {
		t.Errorf("a folder with keys of somebody: got %v, want ErrUsage", err)
	}
}

func TestRecordRefusesAnotherShape(t *testing.T) {
	home := t.TempDir()
	if r, err := readRecord(home); r != nil || err != nil {
		t.Fatalf("empty home: got %v, %v", r, err)
	}
	if err := beginMaking(home); err != nil {
		t.Fatal(err)
	}
	if err := writeRecord(home, record{ChainID: ChainID, Validators: 2}); err != nil {
		t.Fatal(err)
	}
	r, err := readRecord(home)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Home: home, Validators: 2, Storage: 3, Miners: 4}
	if err := r.fits(o); err != nil {
		t.Errorf("the same validators with more storage: %v", err)
	}
	o.Validators = 3
	if err := r.fits(o); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "--validators 2") {
		t.Errorf("got %v, want ErrUsage that names --validators 2", err)
	}
	other := record{ChainID: "zg-devnet-2", Validators: 3}
	if err := other.fits(o); !errors.Is(err, ErrUsage) {
		t.Errorf("another chain: got %v, want ErrUsage", err)
	}
	if err := os.WriteFile(filepath.Join(home, recordFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readRecord(home); err == nil || !strings.Contains(err.Error(), "--reset") {
		t.Errorf("broken record: got %v, want the remedy", err)
	}
}

func TestTakenPortIsNamedBeforeAnythingStarts(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	plan := NewPlan(Options{Validators: 1, PortsFrom: l.Addr().(*net.TCPAddr).Port})
	if err := checkPorts(plan); err == nil || !strings.Contains(err.Error(), "--ports-from") {
		t.Errorf("got %v, want the remedy", err)
	}
}

func TestLogIsBoundedAndKeepsItsTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.log")
	log, err := openLog(path, 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	for range 100 {
		if _, err := log.Write([]byte(strings.Repeat("x", 99) + "\n")); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.Write([]byte("last words\n")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + ".1"} {
		info, err := os.Stat(name)
		if err != nil || info.Size() > 1000 {
			t.Errorf("%s: %v, %v; want at most 1000 bytes", name, info, err)
		}
	}
	if got := log.Tail(1); got != "last words" {
		t.Errorf("tail %q", got)
	}
	if again, err := openLog(path, 1000); err != nil || again.size == 0 {
		t.Errorf("an opened log forgets its size: %v", err)
	}
}

func TestReadyFileTellsClientsEverything(t *testing.T) {
	o := Options{Home: t.TempDir(), Validators: 2, Storage: 2, Miners: 1, PortsFrom: 20000, Faucet: true}
	accounts, err := usedAccounts(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := writeKeyFiles(o.Home, accounts); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(o.Home, "network.json")
	if err := network.Write(path, readyFile(NewPlan(o), accounts, map[string]int{"zgd-0": 7})); err != nil {
		t.Fatal(err)
	}
	ready, err := network.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if ready.ChainID != "zg-devnet-1" || ready.EVMChainID != 7260001 || ready.GRPC != "127.0.0.1:20002" ||
		ready.CometRPC != "http://127.0.0.1:20001" || ready.EVMRPC != "http://127.0.0.1:20004" || ready.PIDs["zgd-0"] != 7 {
		t.Errorf("ready file %+v", ready)
	}
	if len(ready.Storage) != 2 || ready.Storage[1] != "http://127.0.0.1:20030" || len(ready.Miners) != 1 || len(ready.Accounts) != 11 {
		t.Errorf("ready file lists %v, %v, %d accounts", ready.Storage, ready.Miners, len(ready.Accounts))
	}
	if ready.Faucet != "http://127.0.0.1:20009/faucet" || ready.ABIs != "http://127.0.0.1:20009/abi" ||
		ready.Precompiles["flow"] != "0x0000000000000000000000000000000000001020" {
		t.Errorf("ready file tells of faucet %q, ABIs %q, precompiles %v", ready.Faucet, ready.ABIs, ready.Precompiles)
	}
	o.Faucet = false
	if got := readyFile(NewPlan(o), accounts, nil); got.Faucet != "" || got.ABIs != "" || len(got.Precompiles) != len(ready.Precompiles) {
		t.Errorf("without a faucet: %+v", got)
	}
	for _, a := range ready.Accounts {
		info, err := os.Stat(a.PrivateKeyFile)
		if err != nil || info.Mode().Perm() != 0o600 || info.Size() != 65 {
			t.Errorf("key file of %s: %v, %v; want 65 bytes, mode 0600", a.Name, info, err)
		}
	}
}
