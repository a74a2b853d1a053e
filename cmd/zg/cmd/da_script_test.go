package cmd_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"github.com/zgd-network/zgd/cmd/zg/cmd"
	"github.com/zgd-network/zgd/sidecar/client"
	"github.com/zgd-network/zgd/sidecar/client/network"
	da "github.com/zgd-network/zgd/sidecar/da/client"
	"github.com/zgd-network/zgd/sidecar/da/client/clienttest"
)

// mission D03, D09: what a user of the data-availability lane types, and what comes back.
func TestDAScripts(t *testing.T) {
	folder, err := filepath.Abs("testdata/da") // scripts change the folder of the process
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: folder,
		Setup: func(env *testscript.Env) error {
			env.Values["lane"] = clienttest.New(t, clienttest.Params{Signers: 6, Seed: 1})
			home := filepath.Join(env.WorkDir, "home")
			if err := os.MkdirAll(filepath.Join(home, ".zg", "devnet"), 0o755); err != nil {
				return err
			}
			if err := os.WriteFile(filepath.Join(home, ".zg", "devnet", "alice.key"), []byte(secret+"\n"), 0o600); err != nil {
				return err
			}
			env.Setenv("HOME", home)
			return network.Write(filepath.Join(home, ".zg", "devnet", "network.json"), network.Ready{
				ChainID: "zg-fake-1", Accounts: []network.Account{{Name: "alice", PrivateKeyFile: "alice.key"}},
			})
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"da": func(ts *testscript.TestScript, neg bool, args []string) {
				if code := runDA(ts, args); (code == 0) == neg {
					ts.Fatalf("zg da %v exits with %d", args, code)
				}
			},
			"exits-da": func(ts *testscript.TestScript, _ bool, args []string) {
				want, err := strconv.Atoi(args[0])
				ts.Check(err)
				if code := runDA(ts, args[1:]); code != want {
					ts.Fatalf("zg da %v exits with %d, want %d", args[1:], code, want)
				}
			},
			"signers": setSigners,
			"random":  makeRandom,
			"setroot": setRoot,
		},
	})
}

// runDA runs `zg da` in this process, in the script's folder and with its home.
func runDA(ts *testscript.TestScript, args []string) int {
	process.Lock()
	defer process.Unlock()
	lane := ts.Value("lane").(*clienttest.Net)
	old, had := os.LookupEnv("HOME")
	os.Setenv("HOME", ts.Getenv("HOME"))
	defer func() {
		if had {
			os.Setenv("HOME", old)
		}
	}()
	openDA := func(_ context.Context, opts da.Options) (*da.Client, error) {
		opts.Disperser.Grace, opts.Disperser.TryTimeout = 50*time.Millisecond, 500*time.Millisecond
		if opts.KeyFile == "" {
			return da.New(lane.Chain, nil, opts), nil
		}
		return da.New(lane.Chain, lane.User, opts), nil
	}
	folder, err := os.Getwd()
	ts.Check(err)
	ts.Check(os.Chdir(ts.MkAbs(".")))
	defer func() { _ = os.Chdir(folder) }()
	var shown bytes.Buffer
	args = append([]string{"da"}, args...)
	noStorage := func(context.Context, client.Options) (*client.Client, error) { return nil, client.ErrNoNode }
	code := cmd.RunOn(context.Background(), noStorage, openDA, args, func(root *cobra.Command) {
		root.SetOut(io.MultiWriter(ts.Stdout(), &shown))
		root.SetErr(io.MultiWriter(ts.Stderr(), &shown))
		root.SetIn(strings.NewReader(""))
	})
	if strings.Contains(shown.String(), secret) { // trust B33
		ts.Fatalf("zg %v shows the key", args)
	}
	return code
}

// setSigners is `signers silent|lost|none`.
func setSigners(ts *testscript.TestScript, _ bool, args []string) {
	bad := clienttest.Behaviour{Silent: args[0] == "silent", Lost: args[0] == "lost"}
	for _, s := range ts.Value("lane").(*clienttest.Net).Signers {
		s.Behave(bad)
	}
}
