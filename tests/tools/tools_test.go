//go:build e2e

package tools_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

const scriptLimit = 90 * time.Second

func TestMain(m *testing.M) { harness.Main(m) }

// TestTools runs every script against one devnet, side by side: each signs with
// keys of its own.
// mission E01 E02 E04 E06 E07 E08 C12
func TestTools(t *testing.T) {
	modules := harness.NPM(t)
	t.Setenv("ZGD_JSON_RPC_API", "eth,net,web3,txpool,debug") // traces are off by default
	project := newProject(t, modules)
	d := harness.New(t, 1, "--block-time", "300ms", "--storage", "0", "--miners", "0")
	d.Start()
	t.Run("forge test", func(t *testing.T) { project.forge(t, "test") })
	t.Run("scripts", func(t *testing.T) {
		for _, script := range []string{"contracts", "types", "nonces", "errors", "logs", "subscriptions", "calls"} {
			t.Run(script, func(t *testing.T) {
				t.Parallel()
				report(t, on(d, t).Node(scriptLimit, script+".mjs"))
			})
		}
		t.Run("forge script", func(t *testing.T) {
			t.Parallel()
			project.forgeScript(t, d, "Burst", 7)
		})
	})
}

// on is the devnet as a subtest sees it: failures are the subtest's.
func on(d *harness.Devnet, t *testing.T) *harness.Devnet {
	seen := *d
	seen.T = t
	return &seen
}

// report wants result lines and shows them.
func report(t *testing.T, out string) {
	t.Helper()
	if passed := strings.Count("\n"+out, "\nok "); passed == 0 {
		t.Errorf("no result line:\n%s", out)
	}
	t.Log("\n" + out)
}

// project is tests/tools/foundry, built outside the repository.
type project struct {
	forgePath string
	env       []string
}

func newProject(t *testing.T, modules string) *project {
	t.Helper()
	folder := t.TempDir()
	p := &project{
		forgePath: filepath.Join(modules, "@foundry-rs/forge-linux-amd64/bin/forge"),
		env: append(os.Environ(), "FOUNDRY_OUT="+filepath.Join(folder, "out"),
			"FOUNDRY_CACHE_PATH="+filepath.Join(folder, "cache"), "FOUNDRY_BROADCAST="+filepath.Join(folder, "broadcast")),
	}
	t.Setenv("ZG_ARTIFACTS", filepath.Join(folder, "out")) // for the scripts
	p.forge(t, "build")
	return p
}

func (p *project) forge(t *testing.T, args ...string) string { return p.forgeWith(t, nil, args...) }

func (p *project) forgeWith(t *testing.T, env []string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), scriptLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.forgePath, args...)
	cmd.Dir, cmd.Env = "foundry", append(append([]string{}, p.env...), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("forge %v: %v\n%s", args, err, harness.Last(string(out), 6000))
	}
	t.Logf("forge %s:\n%s", strings.Join(args, " "), harness.Last(string(out), 1500))
	return string(out)
}

// forgeScript broadcasts a script's transactions with a key of the devnet.
func (p *project) forgeScript(t *testing.T, d *harness.Devnet, name string, account int) {
	t.Helper()
	key, err := os.ReadFile(d.Ready().Accounts[account].PrivateKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	env := []string{"PRIVATE_KEY=0x" + strings.TrimSpace(string(key))}
	out := p.forgeWith(t, env, "script", fmt.Sprintf("script/%s.s.sol:%s", name, name), "--rpc-url", d.Ready().EVMRPC, "--broadcast")
	if !strings.Contains(out, "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL") {
		t.Errorf("forge script %s did not say that everything was mined:\n%s", name, out)
	}
}
