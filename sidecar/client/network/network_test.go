package network_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zgd-network/zgd/sidecar/client/network"
)

func TestReadyFileRoundTrip(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "network.json")
	want := network.Ready{
		ChainID: "zg-devnet-1", EVMChainID: 7260001, GRPC: "127.0.0.1:9090", CometRPC: "http://127.0.0.1:26657",
		Storage:  []string{"http://127.0.0.1:5678"},
		Accounts: []network.Account{{Name: "alice", Address: "zg1a", EVMAddress: "0xA", PrivateKeyFile: "keys/alice"}, {Name: "bob", PrivateKeyFile: "/abs/bob"}},
		PIDs:     map[string]int{"zgd-0": 1},
	}
	if err := network.Write(path, want); err != nil {
		t.Fatal(err)
	}
	got, err := network.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.ChainID != want.ChainID || got.GRPC != want.GRPC || got.Storage[0] != want.Storage[0] || got.PIDs["zgd-0"] != 1 {
		t.Fatalf("got %+v", got)
	}
	for from, wantKey := range map[string]string{
		"": filepath.Join(folder, "keys/alice"), "alice": filepath.Join(folder, "keys/alice"), "zg1a": filepath.Join(folder, "keys/alice"),
		"0xA": filepath.Join(folder, "keys/alice"), "bob": "/abs/bob", path: path,
	} {
		if key, err := got.KeyFile(from); err != nil || key != wantKey {
			t.Errorf("key of %q: %s %v, want %s", from, key, err, wantKey)
		}
	}
	if _, err := got.KeyFile("carol"); err == nil {
		t.Error("a key for nobody")
	}
}

func TestWhereANetworkIsLookedFor(t *testing.T) {
	t.Setenv("HOME", "/h/x")
	t.Setenv(network.EnvFile, "")
	for _, one := range []struct{ flag, env, want string }{
		{"", "", "/h/x/.zg/devnet/network.json"}, {"", "/env.json", "/env.json"}, {"/flag.json", "/env.json", "/flag.json"},
	} {
		t.Setenv(network.EnvFile, one.env)
		if got, err := network.Find(one.flag); err != nil || got != one.want {
			t.Errorf("flag %q, env %q: %s %v, want %s", one.flag, one.env, got, err, one.want)
		}
	}
}

func TestBadReadyFiles(t *testing.T) {
	if _, err := network.Load(filepath.Join(t.TempDir(), "none")); !errors.Is(err, network.ErrNoNetwork) {
		t.Errorf("missing file: %v, want ErrNoNetwork", err)
	}
	path := filepath.Join(t.TempDir(), "network.json")
	for _, text := range []string{"", "[]", `{"chain_id":5}`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := network.Load(path); err == nil || errors.Is(err, network.ErrNoNetwork) {
			t.Errorf("%q: %v, want an error about the file", text, err)
		}
	}
}
