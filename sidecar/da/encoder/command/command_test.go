package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/da/encoder/command"
)

// run executes the tool and returns its exit code and outputs.
func run(args ...string) (code int, stdout, stderr string) {
	root := command.New()
	var out, err bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&err)
	root.SetArgs(args)
	return command.Execute(root), out.String(), err.String()
}

func file(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestExitCodesAndWords(t *testing.T) {
	home := t.TempDir()
	typo := filepath.Dir(file(t, "config.toml", "lissten = \"x\"\n", 0o600))
	open := file(t, "key", strings.Repeat("0", 63)+"1\n", 0o644)
	key := file(t, "key", strings.Repeat("0", 63)+"1\n", 0o600)
	hello, empty := file(t, "hello", "hello zgd", 0o600), file(t, "empty", "", 0o600)
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"version", []string{"version"}, 0, ""},
		{"init", []string{"init", "--home", home, "--listen", "127.0.0.1:5101", "--max-batch", "7"}, 0, "config.toml"},
		{"init does not overwrite", []string{"init", "--home", home}, 1, "exists"},
		{"a key that nobody reads", []string{"start", "--home", typo}, 2, "lissten"},
		{"no account", []string{"start", "--home", home}, 2, "--key-file"},
		{"a key others can read", []string{"start", "--home", home, "--key-file", open}, 2, "chmod 600"},
		{"a door for everybody without tokens", []string{"start", "--home", home, "--http-listen", "0.0.0.0:1"}, 2, "access_file"},
		{"half a certificate", []string{"start", "--home", home, "--tls-cert", "x"}, 2, "tls_key"},
		{"a layer that is reserved", []string{"start", "--home", home, "--alt-da-layer", "127"}, 2, "below 127"},
		{"a price that is none", []string{"start", "--home", home, "--max-fee-per-mib", "1.5"}, 2, "whole number"},
		{"a graphics card", []string{"start", "--home", home, "--key-file", key, "--codec", "cuda"}, 2, "no CUDA"},
		{"an unknown flag", []string{"start", "--nothing"}, 2, "--nothing"},
		{"a commitment", []string{"encode", hello, "--profile", "4"}, 0, "0x8bc03b4aae47a9f1f5cf19efa3411e98dae38ea58191eb7cffa1297047e7f486"},
		{"one of another chain", []string{"encode", hello, "--profile", "4", "--evm-chain-id", "16602"}, 0, "chain 16602"},
		{"a shape nobody made", []string{"encode", hello, "--profile", "9"}, 2, "unknown profile"},
		{"an empty file", []string{"encode", empty}, 2, "empty"},
		{"no file", []string{"encode", "nothing-there"}, 2, "nothing-there"},
		{"the self-test", []string{"selftest"}, 0, "cpu: ok"},
		{"the self-test of nothing", []string{"selftest", "--codec", "cuda"}, 1, "no CUDA"},
		{"no encoder to ask", []string{"status", "--node", "http://127.0.0.1:1"}, 6, "nobody answers"},
		{"an output that is none", []string{"version", "--output", "yaml"}, 2, "yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := run(c.args...)
			if code != c.code || !strings.Contains(out+errOut, c.want) {
				t.Errorf("exit %d, %q %q; want %d with %q", code, out, errOut, c.code, c.want)
			}
		})
	}
	if _, out, _ := run("encode", hello, "--output", "json"); !json.Valid([]byte(out)) {
		t.Errorf("encode as JSON: %s", out)
	}
	text, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if err != nil || !strings.Contains(string(text), "max_batch = 7") {
		t.Errorf("config.toml: %v\n%s", err, text)
	}
}
