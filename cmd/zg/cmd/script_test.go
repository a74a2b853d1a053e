package cmd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/zgd-network/zgd/cmd/zg/cmd"
	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/clienttest"
	"github.com/zgd-network/zgd/sidecar/client/network"
)

// secret is the key of the test account; no output may ever show it.
const secret = "4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"

// mission S19, S20, P01: what a user types, and what comes back.
func TestScripts(t *testing.T) {
	folder, err := filepath.Abs("testdata") // scripts change the folder of the process
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:   folder,
		Setup: setupScript,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"zg":      runZg,
			"exits":   exitsZg,
			"fault":   setFault,
			"submits": checkSubmits,
			"random":  makeRandom,
			"setroot": setRoot,
		},
	})
}

// setupScript gives each script a network of two nodes, its ready file and key.
func setupScript(env *testscript.Env) error {
	net := clienttest.NewDefault(2)
	env.Defer(net.Close)
	env.Values["network"] = net
	home := filepath.Join(env.WorkDir, "home")
	if err := os.MkdirAll(filepath.Join(home, ".zg", "devnet"), 0o755); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(home, ".zg", "devnet", "alice.key"), []byte(secret+"\n"), 0o600); err != nil {
		return err
	}
	env.Setenv("HOME", home)
	return network.Write(filepath.Join(home, ".zg", "devnet", "network.json"), network.Ready{
		ChainID: "zg-fake-1", Storage: net.URLs(),
		Accounts: []network.Account{{Name: "alice", Address: clienttest.Address, PrivateKeyFile: "alice.key"}},
	})
}

// process is held while a script has the process's folder and environment.
var process sync.Mutex

// run runs zg in this process, in the script's folder and with its home.
func run(ts *testscript.TestScript, args []string) int {
	process.Lock()
	defer process.Unlock()
	net := ts.Value("network").(*clienttest.Network)
	for _, variable := range []string{"HOME", network.EnvFile} {
		old, had := os.LookupEnv(variable)
		if value := ts.Getenv(variable); value != "" {
			os.Setenv(variable, value)
		} else {
			os.Unsetenv(variable)
		}
		defer func() {
			if had {
				os.Setenv(variable, old)
			} else {
				os.Unsetenv(variable)
			}
		}()
	}
	open := func(_ context.Context, opts client.Options) (*client.Client, error) {
		tuned := net.Options()
		tuned.Storage, tuned.Replicas, tuned.Progress = opts.Storage, opts.Replicas, opts.Progress
		tuned.ResumeDir = filepath.Join(ts.Getenv("HOME"), ".zg", "resume")
		if opts.KeyFile != "" {
			if _, err := os.Stat(opts.KeyFile); err != nil {
				return nil, fmt.Errorf("%w: %w", client.ErrNoKey, err)
			}
		}
		return net.Client(tuned, opts.KeyFile != "")
	}
	folder := ts.MkAbs(".")
	old, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(folder))
	defer func() { _ = os.Chdir(old) }()
	var shown bytes.Buffer
	code := cmd.RunWith(context.Background(), open, args, func(root *cobra.Command) {
		root.SetOut(io.MultiWriter(ts.Stdout(), &shown))
		root.SetErr(io.MultiWriter(ts.Stderr(), &shown))
		root.SetIn(strings.NewReader(""))
	})
	if strings.Contains(shown.String(), secret) { // trust B33
		ts.Fatalf("zg %v shows the key", args)
	}
	return code
}

// trust B33: a key file is the only way to give a key.
func TestNoFlagTakesAKey(t *testing.T) {
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		check := func(f *pflag.Flag) {
			for _, word := range []string{"private", "secret", "mnemonic", "password", "seed"} {
				if strings.Contains(f.Name, word) {
					t.Errorf("%s has a flag --%s", c.CommandPath(), f.Name)
				}
			}
			places := []string{"key-file", "keyring-backend", "keyring-dir"} // where a key lies, not what it is
			if strings.Contains(f.Name, "key") && !slices.Contains(places, f.Name) {
				t.Errorf("%s has a flag --%s", c.CommandPath(), f.Name)
			}
		}
		c.Flags().VisitAll(check)
		c.PersistentFlags().VisitAll(check)
		for _, child := range c.Commands() {
			visit(child)
		}
	}
	visit(cmd.NewRootCmd())
}

// trust B33: a key that others can read is refused, and not quoted.
func TestOpenKeyFileIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := client.Dial(context.Background(), client.Options{KeyFile: path})
	if err != nil || !strings.HasPrefix(c.Address(), "zg1") {
		t.Fatalf("mode 0600: %v", err)
	}
	_ = c.Close()
	for _, mode := range []os.FileMode{0o644, 0o640, 0o604} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := client.Dial(context.Background(), client.Options{KeyFile: path}); !errors.Is(err, client.ErrNoKey) || strings.Contains(err.Error(), secret) {
			t.Errorf("mode %o: %v, want ErrNoKey", mode, err)
		}
	}
}

// runZg is `zg ARGS`: exit code 0, or with ! any other.
func runZg(ts *testscript.TestScript, neg bool, args []string) {
	if code := run(ts, args); (code == 0) == neg {
		ts.Fatalf("zg %v exits with %d", args, code)
	}
}

// exitsZg is `exits CODE ARGS`.
func exitsZg(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if code := run(ts, args[1:]); code != want {
		ts.Fatalf("zg %v exits with %d, want %d", args[1:], code, want)
	}
}

// setFault is `fault NODE lie|stall-put|stall-get|lose|none`, or `fault chain down|up|poor|refuse`.
func setFault(ts *testscript.TestScript, _ bool, args []string) {
	net := ts.Value("network").(*clienttest.Network)
	if args[0] == "chain" {
		ts.Check(net.ChainFault(args[1]))
		return
	}
	number, err := strconv.Atoi(args[0])
	ts.Check(err)
	node := net.Nodes[number]
	switch args[1] {
	case "lie":
		node.Lie()
	case "stall-put":
		node.Stall("PUT")
	case "stall-get":
		node.Stall("GET")
	case "lose":
		node.Lose()
	case "none":
		node.SetHook(nil)
	default:
		ts.Fatalf("unknown fault %q", args[1])
	}
}

// checkSubmits is `submits N`: so many transactions were signed.
func checkSubmits(ts *testscript.TestScript, _ bool, args []string) {
	net := ts.Value("network").(*clienttest.Network)
	if got := strconv.Itoa(net.Account.Submits); got != args[0] {
		ts.Fatalf("%s transactions were signed, want %s", got, args[0])
	}
}

// setRoot is `setroot NAME`: the variable gets what the last command printed.
func setRoot(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// makeRandom is `random FILE BYTES`: bytes that the size decides.
func makeRandom(ts *testscript.TestScript, _ bool, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	data := make([]byte, size)
	x := uint32(size) | 1
	for i := range data {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		data[i] = byte(x)
	}
	ts.Check(os.MkdirAll(filepath.Dir(ts.MkAbs(args[0])), 0o755))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), data, 0o644))
}
