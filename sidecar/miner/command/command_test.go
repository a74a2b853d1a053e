package command_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/miner"
	"github.com/zgd-network/zgd/sidecar/miner/command"
)

func run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errOut bytes.Buffer
	root := command.New()
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&errOut)
	code = command.Execute(root)
	return code, out.String(), errOut.String()
}

func keyFile(t *testing.T, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(strings.Repeat("0", 63)+"1\n"), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestKeysShow(t *testing.T) {
	code, out, _ := run(t, "keys", "show", "--key-file", keyFile(t, 0o600), "--output", "json")
	var shown struct {
		Address    string `json:"address"`
		EVMAddress string `json:"evm_address"`
	}
	if err := json.Unmarshal([]byte(out), &shown); code != 0 || err != nil || shown.EVMAddress != "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" {
		t.Fatalf("code %d, out %s, %v", code, out, err)
	}
	if code, _, stderr := run(t, "keys", "show", "--key-file", keyFile(t, 0o644)); code != 2 || !strings.Contains(stderr, "chmod 600") {
		t.Fatalf("code %d, %s", code, stderr)
	}
}

func TestInitWritesWhatStartReads(t *testing.T) {
	home := t.TempDir()
	if code, _, stderr := run(t, "init", "--home", home, "--shard", "1/2", "--threads", "3", "--scrub-mib-per-second", "3"); code != 0 {
		t.Fatalf("code %d, %s", code, stderr)
	}
	text, err := os.ReadFile(filepath.Join(home, miner.ConfigFile))
	if err != nil || !strings.Contains(string(text), "shard = '1/2'") || !strings.Contains(string(text), "scrub_mib_per_second = 3") || !strings.Contains(string(text), "# ") {
		t.Fatalf("%s %v", text, err)
	}
	if code, _, _ := run(t, "init", "--home", home); code == 0 {
		t.Fatal("init wrote over a configuration")
	}
	if code, _, stderr := run(t, "init", "--home", t.TempDir(), "--shard", "1/3"); code != 2 {
		t.Fatalf("code %d, %s", code, stderr)
	}
	if code, _, stderr := run(t, "init", "--home", t.TempDir(), "--scrub-mib-per-second", "-1"); code != 2 || !strings.Contains(stderr, "scrub_mib_per_second") {
		t.Fatalf("code %d, %s", code, stderr)
	}
}

func TestStartNeedsAKey(t *testing.T) {
	code, _, stderr := run(t, "start", "--home", t.TempDir())
	if code != 2 || !strings.Contains(stderr, "--key-file") {
		t.Fatalf("code %d, %s", code, stderr)
	}
}

func TestStatus(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(miner.Status{State: "idle", Reason: "epoch_closed", Chain: miner.StatusLink{Reachable: true}})
	}))
	address := strings.TrimPrefix(server.URL, "http://")
	if code, out, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address); code != 0 || !strings.Contains(out, "idle (epoch_closed)") {
		t.Fatalf("code %d, %s", code, out)
	}
	if code, out, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address, "--output", "json"); code != 0 || !strings.Contains(out, `"reason": "epoch_closed"`) {
		t.Fatalf("code %d, %s", code, out)
	}
	server.Close()
	if code, _, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address); code != 6 {
		t.Fatalf("without a miner: code %d, want 6", code)
	}
}
