//go:build e2e

package harness

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// npmDir holds package.json, its lock and node_modules: one set of other
// people's programs for all packages right under tests/.
const npmDir = ".."

// NPM installs what tests/package-lock.json pins, once, and returns the folder
// of the modules. It fails the test when npm is missing: these tests have no
// point without the programs they are about.
func NPM(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile(filepath.Join(npmDir, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	modules, err := filepath.Abs(filepath.Join(npmDir, "node_modules"))
	if err != nil {
		t.Fatal(err)
	}
	stamp, want := filepath.Join(modules, ".zgd-lock"), fmt.Sprintf("%x", sha256.Sum256(lock))
	if have, err := os.ReadFile(stamp); err == nil && string(have) == want {
		return modules
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "ci", "--silent")
	cmd.Dir = npmDir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in tests/: %v (Node.js 20 and npm are needed)\n%s", err, out)
	}
	if err := os.WriteFile(stamp, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
	return modules
}

// Node runs a script of the test's package with the ready file in $ZG_NETWORK
// and returns its standard output; any other exit code than 0 fails the test.
func (d *Devnet) Node(limit time.Duration, script string, args ...string) string {
	d.T.Helper()
	NPM(d.T)
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	cmd.Env = append(os.Environ(), "ZG_NETWORK="+d.ReadyFile)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		d.T.Fatalf("node %s %v: %v\nstdout: %s\nstderr: %s", script, args, err, Last(stdout.String(), 4000), Last(stderr.String(), 4000))
	}
	return stdout.String()
}
