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

// scripts are the *.mjs of this folder, in rounds: side by side run only those
// that share no account and count nothing that others change.
var scripts = [][]string{
	{"contracts", "types", "nonces", "errors", "logs", "subscriptions", "calls", "cosmos"},
	{"native", "create2"},
	{"flow"}, // counts entries, while nobody else enters any
	{"da"},
}

func TestMain(m *testing.M) { harness.Main(m) }

// TestTools runs every script against one devnet, side by side: each signs with
// keys of its own.
// mission E01 E02 E06 E07 C12
// mission E04 (transaction types and opcodes by tools)
// mission E05 (by cast, ethers, viem and contracts of forge)
// mission E08 (the addresses of CREATE2; no registry of our own and no second network)
func TestTools(t *testing.T) {
	modules := harness.NPM(t)
	t.Setenv("ZGD_JSON_RPC_API", "eth,net,web3,txpool,debug") // traces are off by default
	project := newProject(t, modules)
	d := harness.New(t, 1+daSigners+1, "--block-time", "300ms", "--storage", "0", "--miners", "0", "--da-signers", fmt.Sprint(daSigners))
	d.Start()
	t.Run("forge test", func(t *testing.T) { project.forge(t, "test") })
	for i, round := range scripts {
		t.Run(fmt.Sprintf("round %d", i), func(t *testing.T) {
			for _, script := range round {
				t.Run(script, func(t *testing.T) {
					t.Parallel()
					report(t, on(d, t).Node(scriptLimit, script+".mjs"))
				})
			}
		})
	}
	t.Run("forge script, a burst of 24", func(t *testing.T) { project.forgeScript(t, d, "Burst", 7) })
	t.Run("forge script, submissions", func(t *testing.T) { project.forgeScript(t, d, "Keep", 7, "--skip-simulation") })
	t.Run("cast", func(t *testing.T) { project.cast(t, d, 7) })
	t.Run("cast reads the quorum", func(t *testing.T) { project.castDA(t, d) })
	t.Run("a blob of zg", func(t *testing.T) { daBlob(t, d) })
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
	forgePath, castPath string
	env                 []string
}

func newProject(t *testing.T, modules string) *project {
	t.Helper()
	folder := t.TempDir()
	p := &project{
		forgePath: filepath.Join(modules, "@foundry-rs/forge-linux-amd64/bin/forge"),
		castPath:  filepath.Join(modules, "@foundry-rs/cast-linux-amd64/bin/cast"),
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
func (p *project) forgeScript(t *testing.T, d *harness.Devnet, name string, account int, more ...string) {
	t.Helper()
	args := append([]string{"script", fmt.Sprintf("script/%s.s.sol:%s", name, name), "--rpc-url", d.Ready().EVMRPC, "--broadcast"}, more...)
	out := p.forgeWith(t, []string{"PRIVATE_KEY=" + privateKey(t, d, account)}, args...)
	if !strings.Contains(out, "ONCHAIN EXECUTION COMPLETE & SUCCESSFUL") {
		t.Errorf("forge script %s did not say that everything was mined:\n%s", name, out)
	}
}

// cast sends what a user types into a shell.
func (p *project) cast(t *testing.T, d *harness.Devnet, account int) {
	t.Helper()
	cast := func(args ...string) string {
		t.Helper()
		return p.castCommand(t, d, args...)
	}
	key, to := privateKey(t, d, account), "0x000000000000000000000000000000000000dEaD"
	if got := cast("chain-id"); got != fmt.Sprint(d.Ready().EVMChainID) {
		t.Errorf("cast chain-id: got %s, want %d", got, d.Ready().EVMChainID)
	}
	before := cast("balance", to)
	for _, kind := range [][]string{{}, {"--legacy"}} {
		out := cast(append([]string{"send", to, "--value", "1", "--private-key", key}, kind...)...)
		if !strings.Contains(out, "status               1 (success)") {
			t.Errorf("cast send %v:\n%s", kind, out)
		}
	}
	if after := cast("balance", to); after == before {
		t.Errorf("cast balance: still %s after two payments", after)
	}
	if got := cast("call", "0xEeeeeEeeeEeEeeEeEeEeeEEEeeeeEeeeeeeeEEeE", "symbol()(string)"); got != `"ZG"` {
		t.Errorf("cast call symbol() of the native token: got %s, want \"ZG\"", got)
	}
	if got := cast("call", "0x0000000000000000000000000000000000001021", "pricePerSector()(uint256)"); !strings.HasPrefix(got, "30733644962") {
		t.Errorf("cast call pricePerSector(): got %s, want 30733644962", got)
	}
}

// castCommand is what cast says of the devnet.
func (p *project) castCommand(t *testing.T, d *harness.Devnet, args ...string) string {
	t.Helper()
	return p.castOffline(t, append(args, "--rpc-url", d.Ready().EVMRPC)...)
}

func (p *project) castOffline(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), scriptLimit)
	defer cancel()
	out, err := exec.CommandContext(ctx, p.castPath, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("cast %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func privateKey(t *testing.T, d *harness.Devnet, account int) string {
	t.Helper()
	key, err := os.ReadFile(d.Ready().Accounts[account].PrivateKeyFile)
	if err != nil {
		t.Fatal(err)
	}
	return "0x" + strings.TrimSpace(string(key))
}
