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

	"github.com/zgd-network/zgd/sidecar/da/node"
	"github.com/zgd-network/zgd/sidecar/da/node/command"
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

func TestInitWritesWhatStartReadsAndAKey(t *testing.T) {
	home := t.TempDir()
	if code, _, stderr := run(t, "init", "--home", home, "--socket", "da.example.org:34000", "--limits-reads", "3"); code != 0 {
		t.Fatalf("code %d, %s", code, stderr)
	}
	text, err := os.ReadFile(filepath.Join(home, node.ConfigFile))
	if err != nil || !strings.Contains(string(text), "socket = 'da.example.org:34000'") || !strings.Contains(string(text), "reads = 3") {
		t.Fatalf("%s %v", text, err)
	}
	if info, err := os.Stat(filepath.Join(home, node.KeyFile)); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", info, err)
	}
	if code, _, _ := run(t, "init", "--home", home); code == 0 {
		t.Fatal("init wrote over a configuration")
	}
	for flag, value := range map[string]string{"--status-listen": "0.0.0.0:1", "--limits-memory-mib": "0", "--socket": "nowhere", "--min-balance": "-1"} {
		if code, _, stderr := run(t, "init", "--home", t.TempDir(), flag, value); code != 2 {
			t.Errorf("%s %s: code %d, %s", flag, value, code, stderr)
		}
	}
}

func TestKeys(t *testing.T) {
	home := t.TempDir()
	if code, _, stderr := run(t, "keys", "show", "--home", home); code != 2 || !strings.Contains(stderr, node.KeyFile) {
		t.Fatalf("show made a key: code %d, %s", code, stderr)
	}
	if code, _, stderr := run(t, "keys", "new", "--home", home); code != 0 {
		t.Fatalf("code %d, %s", code, stderr)
	}
	code, out, stderr := run(t, "keys", "show", "--home", home, "--key-file", keyFile(t, 0o600), "--output", "json")
	var shown struct {
		EVMAddress string `json:"evm_address"`
		Keys       []struct{ File, G1, G2 string }
	}
	if err := json.Unmarshal([]byte(out), &shown); code != 0 || err != nil || len(shown.Keys) != 2 || len(shown.Keys[0].G2) != 256 ||
		shown.EVMAddress != "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf" {
		t.Fatalf("code %d, %s %s %v", code, out, stderr, err)
	}
	if code, _, stderr := run(t, "keys", "show", "--home", home, "--key-file", keyFile(t, 0o644)); code != 2 || !strings.Contains(stderr, "chmod 600") {
		t.Fatalf("code %d, %s", code, stderr)
	}
}

func TestStartNeedsAKey(t *testing.T) {
	code, _, stderr := run(t, "start", "--home", t.TempDir())
	if code != 2 || !strings.Contains(stderr, "--key-file") {
		t.Fatalf("code %d, %s", code, stderr)
	}
}

func TestTransactionsNeedAChain(t *testing.T) {
	key := keyFile(t, 0o600)
	for _, args := range [][]string{{"register"}, {"keys", "rotate"}} {
		args = append(args, "--home", t.TempDir(), "--key-file", key, "--chain-grpc", "127.0.0.1:1", "--comet-rpc", "http://127.0.0.1:1")
		if code, _, stderr := run(t, args...); code != 6 {
			t.Errorf("%v: code %d, want 6: %s", args, code, stderr)
		}
	}
	if code, _, _ := run(t, "deposit", "-5", "--key-file", key); code != 2 {
		t.Errorf("deposit -5: code %d, want 2", code)
	}
	if code, _, _ := run(t, "deposit", "x", "--key-file", key); code != 2 {
		t.Errorf("deposit x: code %d, want 2", code)
	}
}

func TestStatus(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = json.NewEncoder(w).Encode(node.Status{State: node.StateIdle, Reason: "not a signer", Epoch: 7, Jailed: 9})
	}))
	address := strings.TrimPrefix(server.URL, "http://")
	code, out, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address)
	if code != 0 || !strings.Contains(out, "idle (not a signer)") || !strings.Contains(out, "until epoch 9") {
		t.Fatalf("code %d, %s", code, out)
	}
	if code, out, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address, "--output", "json"); code != 0 || !strings.Contains(out, `"jailed_until_epoch": 9`) {
		t.Fatalf("code %d, %s", code, out)
	}
	server.Close()
	if code, _, _ := run(t, "status", "--home", t.TempDir(), "--status-listen", address); code != 6 {
		t.Fatalf("without a node: code %d, want 6", code)
	}
}
