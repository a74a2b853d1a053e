package command_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/storage/command"
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

func TestExitCodesAndWords(t *testing.T) {
	home := t.TempDir()
	typo := t.TempDir()
	if err := os.WriteFile(filepath.Join(typo, "config.toml"), []byte("lissten = \"x\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"version", []string{"version"}, 0, ""},
		{"init", []string{"init", "--home", home, "--shard", "1/2", "--listen", "127.0.0.1:5999", "--scrub-mib-per-second", "3"}, 0, "config.toml"},
		{"init does not overwrite", []string{"init", "--home", home}, 1, "exists"},
		{"a key that nobody reads", []string{"start", "--home", typo}, 2, "lissten"},
		{"a shard that is none", []string{"start", "--home", home, "--shard", "2/2"}, 2, "shard"},
		{"an admin port for everybody", []string{"start", "--home", home, "--admin-listen", "0.0.0.0:1"}, 2, "loopback"},
		{"a scrubber that runs backwards", []string{"start", "--home", home, "--scrub-mib-per-second", "-1"}, 2, "scrub_mib_per_second"},
		{"an unknown flag", []string{"start", "--nothing"}, 2, "--nothing"},
		{"a home without a store", []string{"fsck", "--home", home}, 1, "--home"},
		{"no node to ask", []string{"status", "--node", "http://127.0.0.1:1"}, 6, "unavailable"},
		{"an output that is none", []string{"version", "--output", "yaml"}, 2, "yaml"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, out, errOut := run(c.args...)
			if code != c.code || !strings.Contains(out+errOut, c.want) {
				t.Errorf("exit %d, %q %q; want %d with %q", code, out, errOut, c.code, c.want)
			}
		})
	}
	text, err := os.ReadFile(filepath.Join(home, "config.toml"))
	if err != nil || !strings.Contains(string(text), "127.0.0.1:5999") || !strings.Contains(string(text), "1/2") || !strings.Contains(string(text), "scrub_mib_per_second = 3") {
		t.Errorf("config.toml: %v\n%s", err, text)
	}
	if _, out, _ := run("version", "--output", "json"); !json.Valid([]byte(out)) {
		t.Errorf("version as JSON: %s", out)
	}
}
