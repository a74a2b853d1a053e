package command_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zgd-network/zgd/sidecar/faucet/command"
	"github.com/zgd-network/zgd/sidecar/internal/daemon"
)

func TestStartRefusesWhatItCannotServe(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(key, []byte(strings.Repeat("0", 63)+"1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(open, []byte(strings.Repeat("0", 63)+"1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no key":                  {nil, "--key-file"},
		"a key others can read":   {[]string{"--key-file", open}, "chmod 600"},
		"not on loopback":         {[]string{"--key-file", key, "--listen", "0.0.0.0:8088"}, "loopback"},
		"a gift of nothing":       {[]string{"--key-file", key, "--amount", "0"}, "amount"},
		"a limit that lets all":   {[]string{"--key-file", key, "--per-ip-every", "0s"}, "per_ip"},
		"an unknown flag":         {[]string{"--amounts", "1"}, "--amounts"},
		"a log level nobody made": {[]string{"--key-file", key, "--log-level", "loud"}, "loud"},
	} {
		t.Run(name, func(t *testing.T) {
			root := command.New(nil)
			var stderr bytes.Buffer
			root.SetErr(&stderr)
			root.SetArgs(append([]string{"start", "--home", t.TempDir()}, c.args...))
			if code := daemon.Execute(root); code != daemon.ExitUsage || !strings.Contains(stderr.String(), c.want) {
				t.Errorf("code %d, %q; want %d with %q", code, stderr.String(), daemon.ExitUsage, c.want)
			}
		})
	}
}
