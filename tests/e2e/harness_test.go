//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// buildDir holds the binaries of `make build`.
const buildDir = "../../build"

func TestMain(m *testing.M) {
	for _, name := range []string{"zgd", "zg"} {
		if _, err := os.Stat(filepath.Join(buildDir, name)); err != nil {
			fmt.Fprintf(os.Stderr, "%v: run `make build` first\n", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func binary(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(buildDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// ready is the ready file as a stranger reads it: by its published names.
type ready struct {
	ChainID    string   `json:"chain_id"`
	EVMChainID uint64   `json:"evm_chain_id"`
	EVMRPC     string   `json:"evm_rpc"`
	EVMWS      string   `json:"evm_ws"`
	CometRPC   string   `json:"comet_rpc"`
	GRPC       string   `json:"grpc"`
	REST       string   `json:"rest"`
	Storage    []string `json:"storage"`
	Miners     []string `json:"miners"`
	Accounts   []struct {
		Name           string `json:"name"`
		Address        string `json:"address"`
		EVMAddress     string `json:"evm_address"`
		PrivateKeyFile string `json:"private_key_file"`
	} `json:"accounts"`
	PIDs map[string]int `json:"pids"`
}

// devnet is a running `zgd devnet`.
type devnet struct {
	t         *testing.T
	home      string
	readyFile string
	args      []string
	cmd       *exec.Cmd
	out       *output
	exited    chan struct{} // closed when it ended, with exitErr
	exitErr   error
	took      time.Duration // from start to the ready file
}

// output collects what a process prints.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// freePorts finds n consecutive ports nobody listens on. Another program may
// take one before we do; the devnet says so then.
func freePorts(t *testing.T, n int) int {
	t.Helper()
	for range 200 {
		from := 20000 + rand.IntN(10000-n) // below the range the kernel hands out
		free := true
		for port := from; port < from+n && free; port++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
			if free = err == nil; free {
				l.Close()
			}
		}
		if free {
			return from
		}
	}
	t.Fatal("no free block of ports")
	return 0
}

// newDevnet prepares a network in a temporary home; args are added to its own.
func newDevnet(t *testing.T, processes int, args ...string) *devnet {
	t.Helper()
	home := t.TempDir()
	d := &devnet{t: t, home: home, readyFile: filepath.Join(home, "network.json")}
	d.args = append([]string{"devnet", "--home", home, "--ports-from", fmt.Sprint(freePorts(t, 10*processes))}, args...)
	return d
}

// start runs the devnet and waits for its ready file.
func (d *devnet) start() {
	d.t.Helper()
	d.out, d.exited = &output{}, make(chan struct{})
	d.cmd = exec.Command(binary(d.t, "zgd"), d.args...)
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	began := time.Now()
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	cmd, exited := d.cmd, d.exited
	go func() {
		d.exitErr = cmd.Wait()
		close(exited)
	}()
	d.t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
		}
		if d.t.Failed() {
			d.showLogs()
		}
	})
	for deadline := began.Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		// a ready file may be left of a devnet that was killed
		if info, err := os.Stat(d.readyFile); err == nil && info.ModTime().After(began) {
			d.took = time.Since(began)
			d.t.Logf("ready after %.1f s", d.took.Seconds())
			return
		}
		select {
		case <-d.exited:
			d.t.Fatalf("devnet ended before it was ready: %v\n%s", d.exitErr, d.out)
		default:
		}
		if time.Now().After(deadline) {
			d.t.Fatalf("no ready file after %s\n%s", time.Since(began), d.out)
		}
	}
}

// stop ends the devnet with a signal and checks that nothing is left of it.
func (d *devnet) stop(signal syscall.Signal) {
	d.t.Helper()
	began := time.Now()
	if err := d.cmd.Process.Signal(signal); err != nil {
		d.t.Fatal(err)
	}
	select {
	case <-d.exited:
		if d.exitErr != nil {
			d.t.Errorf("devnet ended with %v after %s, want exit 0\n%s", d.exitErr, signal, d.out)
		}
	case <-time.After(12 * time.Second):
		d.t.Fatalf("devnet runs 12 s after %s\n%s", signal, d.out)
	}
	d.t.Logf("stopped within %.1f s", time.Since(began).Seconds())
	if left := processesNaming(d.home); len(left) > 0 {
		d.t.Errorf("processes left after %s: %v", signal, left)
	}
	if _, err := os.Stat(d.readyFile); !errors.Is(err, os.ErrNotExist) {
		d.t.Errorf("the ready file is still there after %s (%v)", signal, err)
	}
}

// processesNaming lists the processes whose command line names the home.
func processesNaming(home string) []string {
	var found []string
	entries, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range entries {
		line, err := os.ReadFile(path)
		if err == nil && bytes.Contains(line, []byte(home)) {
			found = append(found, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return found
}

// showLogs prints the end of every log, for the report of a failure.
func (d *devnet) showLogs() {
	d.t.Logf("devnet said:\n%s", d.out)
	logs, _ := filepath.Glob(filepath.Join(d.home, "logs", "*.log"))
	for _, path := range logs {
		text, _ := os.ReadFile(path)
		d.t.Logf("%s ends with:\n%s", filepath.Base(path), text[max(0, len(text)-3000):])
	}
}

// ready reads the ready file.
func (d *devnet) ready() ready {
	d.t.Helper()
	text, err := os.ReadFile(d.readyFile)
	if err != nil {
		d.t.Fatal(err)
	}
	var r ready
	if err := json.Unmarshal(text, &r); err != nil {
		d.t.Fatalf("ready file: %v\n%s", err, text)
	}
	return r
}

// result is what a command left behind.
type result struct {
	stdout, stderr string
	code           int
	took           time.Duration
	maxRSSKiB      int64
}

// command runs a binary of the build with a limit on its time.
func command(t *testing.T, limit time.Duration, name string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary(t, name), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	r := result{stdout: stdout.String(), stderr: stderr.String(), took: time.Since(began)}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		r.code = exit.ExitCode()
	} else if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.maxRSSKiB = usage.Maxrss
	}
	return r
}

// zg runs the user's client on this network and wants it to succeed.
func (d *devnet) zg(args ...string) result {
	d.t.Helper()
	r := command(d.t, 10*time.Minute, "zg", append(args, "--network", d.readyFile)...)
	if r.code != 0 {
		d.t.Fatalf("zg %v: exit code %d\nstdout: %s\nstderr: %s", args, r.code, r.stdout, last(r.stderr, 2000))
	}
	return r
}

func last(text string, n int) string { return text[max(0, len(text)-n):] }

// getJSON reads an HTTP answer into v.
func getJSON(url string, v any) error {
	client := http.Client{Timeout: 5 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: status %d: %.200s", url, resp.StatusCode, body)
	}
	return json.Unmarshal(body, v)
}

// until waits for a condition.
func until(t *testing.T, limit time.Duration, what string, holds func() (bool, string)) time.Duration {
	t.Helper()
	began, state := time.Now(), ""
	for ok := false; ; time.Sleep(200 * time.Millisecond) {
		if ok, state = holds(); ok {
			return time.Since(began)
		}
		if time.Since(began) > limit {
			t.Fatalf("not within %s: %s; last: %s", limit, what, state)
		}
	}
}

// randomFile writes sizeBytes that no compressor shortens, from a seed.
func randomFile(t *testing.T, sizeBytes int64, seed uint64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), fmt.Sprintf("data-%d", seed))
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var key [32]byte
	copy(key[:], fmt.Sprintf("zgd e2e %d", seed))
	if _, err := io.CopyN(file, rand.NewChaCha8(key), sizeBytes); err != nil {
		t.Fatal(err)
	}
	t.Logf("file of %d bytes, seed %d", sizeBytes, seed)
	return path
}

// sameFiles compares two files byte by byte, as cmp does.
func sameFiles(t *testing.T, a, b string) {
	t.Helper()
	if out, err := exec.Command("cmp", a, b).CombinedOutput(); err != nil {
		t.Errorf("cmp: %v: %s", err, out)
	}
}
