//go:build e2e

// Package harness starts `build/zgd devnet` as a process for tests that use a
// whole network as a stranger does: by its commands, its ready file and its
// ports. It carries the build tag e2e, like the tests that use it, and needs
// `make build` first.
package harness

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
const buildDir = "../../build" // from any package right under tests/

// Main is the TestMain of a package of such tests.
func Main(m *testing.M) {
	for _, name := range []string{"zgd", "zg"} {
		if _, err := os.Stat(filepath.Join(buildDir, name)); err != nil {
			fmt.Fprintf(os.Stderr, "%v: run `make build` first\n", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

// Binary is the path of a program of the build.
func Binary(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join(buildDir, name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Ready is the ready file as a stranger reads it: by its published names.
type Ready struct {
	ChainID    string   `json:"chain_id"`
	EVMChainID uint64   `json:"evm_chain_id"`
	EVMRPC     string   `json:"evm_rpc"`
	EVMWS      string   `json:"evm_ws"`
	CometRPC   string   `json:"comet_rpc"`
	GRPC       string   `json:"grpc"`
	REST       string   `json:"rest"`
	ABIs       string   `json:"abis"`
	Storage    []string `json:"storage"`
	Miners     []string `json:"miners"`
	Accounts   []struct {
		Name           string `json:"name"`
		Address        string `json:"address"`
		EVMAddress     string `json:"evm_address"`
		PrivateKeyFile string `json:"private_key_file"`
	} `json:"accounts"`
	PIDs map[string]int `json:"pids"`
	DA   struct {
		EncoderGRPC string `json:"encoder_grpc"`
		EncoderHTTP string `json:"encoder_http"`
		Signers     []struct {
			Name       string `json:"name"`
			Address    string `json:"address"`
			EVMAddress string `json:"evm_address"`
			Socket     string `json:"socket"`
			Status     string `json:"status"`
			PID        int    `json:"pid"`
		} `json:"signers"`
	} `json:"da"`
}

// Devnet is a running `zgd devnet`.
type Devnet struct {
	T         *testing.T
	Home      string
	ReadyFile string
	Args      []string // of zgd
	Cmd       *exec.Cmd
	Exited    chan struct{} // closed when it ended
	Took      time.Duration // from start to the ready file

	out     *output
	exitErr error
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

// FreePorts finds n consecutive ports nobody listens on. Another program may
// take one before we do; the devnet says so then.
func FreePorts(t *testing.T, n int) int {
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

// New prepares a network in a temporary home; args are added to its own. It has
// no signers of data availability unless --da-signers is among them.
func New(t *testing.T, processes int, args ...string) *Devnet {
	t.Helper()
	home := t.TempDir()
	d := &Devnet{T: t, Home: home, ReadyFile: filepath.Join(home, "network.json")}
	d.Args = append([]string{"devnet", "--home", home, "--ports-from", fmt.Sprint(FreePorts(t, 10*processes)), "--da-signers", "0"}, args...)
	return d
}

// Start runs the devnet and waits for its ready file.
func (d *Devnet) Start() {
	d.T.Helper()
	d.out, d.Exited = &output{}, make(chan struct{})
	d.Cmd = exec.Command(Binary(d.T, "zgd"), d.Args...)
	d.Cmd.Stdout, d.Cmd.Stderr = d.out, d.out
	began := time.Now()
	if err := d.Cmd.Start(); err != nil {
		d.T.Fatal(err)
	}
	cmd, exited := d.Cmd, d.Exited
	go func() {
		d.exitErr = cmd.Wait()
		close(exited)
	}()
	d.T.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
		}
		if d.T.Failed() {
			d.showLogs()
		}
	})
	for deadline := began.Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		// a ready file may be left of a devnet that was killed
		if info, err := os.Stat(d.ReadyFile); err == nil && info.ModTime().After(began) {
			d.Took = time.Since(began)
			d.T.Logf("ready after %.1f s", d.Took.Seconds())
			return
		}
		select {
		case <-d.Exited:
			d.T.Fatalf("devnet ended before it was ready: %v\n%s", d.exitErr, d.out)
		default:
		}
		if time.Now().After(deadline) {
			d.T.Fatalf("no ready file after %s\n%s", time.Since(began), d.out)
		}
	}
}

// Stop ends the devnet with a signal and checks that nothing is left of it.
func (d *Devnet) Stop(signal syscall.Signal) {
	d.T.Helper()
	began := time.Now()
	if err := d.Cmd.Process.Signal(signal); err != nil {
		d.T.Fatal(err)
	}
	select {
	case <-d.Exited:
		if d.exitErr != nil {
			d.T.Errorf("devnet ended with %v after %s, want exit 0\n%s", d.exitErr, signal, d.out)
		}
	case <-time.After(12 * time.Second):
		d.T.Fatalf("devnet runs 12 s after %s\n%s", signal, d.out)
	}
	d.T.Logf("stopped within %.1f s", time.Since(began).Seconds())
	if left := ProcessesNaming(d.Home); len(left) > 0 {
		d.T.Errorf("processes left after %s: %v", signal, left)
	}
	if _, err := os.Stat(d.ReadyFile); !errors.Is(err, os.ErrNotExist) {
		d.T.Errorf("the ready file is still there after %s (%v)", signal, err)
	}
}

// ProcessesNaming lists the processes whose command line names the home.
func ProcessesNaming(home string) []string {
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
func (d *Devnet) showLogs() {
	d.T.Logf("devnet said:\n%s", d.out)
	logs, _ := filepath.Glob(filepath.Join(d.Home, "logs", "*.log"))
	for _, path := range logs {
		text, _ := os.ReadFile(path)
		d.T.Logf("%s ends with:\n%s", filepath.Base(path), text[max(0, len(text)-3000):])
	}
}

// Ready reads the ready file.
func (d *Devnet) Ready() Ready {
	d.T.Helper()
	text, err := os.ReadFile(d.ReadyFile)
	if err != nil {
		d.T.Fatal(err)
	}
	var r Ready
	if err := json.Unmarshal(text, &r); err != nil {
		d.T.Fatalf("ready file: %v\n%s", err, text)
	}
	return r
}

// Result is what a command left behind.
type Result struct {
	Stdout, Stderr string
	Code           int
	Took           time.Duration
	MaxRSSKiB      int64
	CPU            time.Duration // of all cores
}

// Command runs a binary of the build with a limit on its time.
func Command(t *testing.T, limit time.Duration, name string, args ...string) Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, Binary(t, name), args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	r := Result{Stdout: stdout.String(), Stderr: stderr.String(), Took: time.Since(began)}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		r.Code = exit.ExitCode()
	} else if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		r.MaxRSSKiB, r.CPU = usage.Maxrss, time.Duration(usage.Utime.Nano()+usage.Stime.Nano())
	}
	return r
}

// ZG runs the user's client on this network and wants it to succeed.
func (d *Devnet) ZG(args ...string) Result {
	d.T.Helper()
	r := Command(d.T, 10*time.Minute, "zg", append(args, "--network", d.ReadyFile)...)
	if r.Code != 0 {
		d.T.Fatalf("zg %v: exit code %d\nstdout: %s\nstderr: %s", args, r.Code, r.Stdout, Last(r.Stderr, 2000))
	}
	return r
}

// Last is the end of a text, n bytes at most.
func Last(text string, n int) string { return text[max(0, len(text)-n):] }

// GetJSON reads an HTTP answer into v.
func GetJSON(url string, v any) error {
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

// Until waits for a condition.
func Until(t *testing.T, limit time.Duration, what string, holds func() (bool, string)) time.Duration {
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

// RandomFile writes sizeBytes that no compressor shortens, from a seed.
func RandomFile(t *testing.T, sizeBytes int64, seed uint64) string {
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

// SameFiles compares two files byte by byte, as cmp does.
func SameFiles(t *testing.T, a, b string) {
	t.Helper()
	if out, err := exec.Command("cmp", a, b).CombinedOutput(); err != nil {
		t.Errorf("cmp: %v: %s", err, out)
	}
}
