//go:build e2e

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/zgd-network/zgd/tests/harness"
)

// e2eSeed makes the random moments of the faults; a failed run prints it.
func e2eSeed(t *testing.T) uint64 {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ZG_E2E_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("ZG_E2E_SEED: %v", err)
		}
	}
	t.Logf("faults by seed %d (ZG_E2E_SEED runs it again)", seed)
	return seed
}

// TestDevnetSmoke is the main job with a small file, what one runs while
// building; the second start finds everything again.
// mission S07 S11
func TestDevnetSmoke(t *testing.T) {
	d := newDevnet(t, 3)
	d.Start()
	d.checkReadyFile()
	root, path := d.threeSteps(8*mib, 1, 2*time.Minute)
	d.Stop(syscall.SIGINT)
	d.Start()
	d.get(root, path)
	if again := d.put(path); again != root {
		t.Errorf("the same file has root %s after a restart, want %s", again, root)
	}
	d.Stop(syscall.SIGTERM)
}

// checkReadyFile looks at what clients of a devnet rely on.
func (d *devnet) checkReadyFile() {
	d.T.Helper()
	r := d.Ready()
	if r.ChainID != "zg-devnet-1" || r.EVMChainID != 7260001 || len(r.Storage) != 1 || len(r.Accounts) < 10 {
		d.T.Errorf("ready file %+v", r)
	}
	for _, a := range r.Accounts {
		info, err := os.Stat(a.PrivateKeyFile)
		if err != nil || info.Mode().Perm() != 0o600 {
			d.T.Errorf("key file of %s: %v, %v; want mode 0600", a.Name, info, err)
		}
	}
	for _, name := range []string{"zgd-0", "storage-0", "miner-0"} {
		if pid := r.PIDs[name]; pid == 0 || syscall.Kill(pid, 0) != nil {
			d.T.Errorf("pid of %s is %d, which is no process", name, pid)
		}
	}
	if d.Took > 15*time.Second {
		d.T.Logf("ready after %s, want at most 15 s on an idle machine", d.Took)
	}
	d.listensOnLoopbackOnly(r)
}

// listensOnLoopbackOnly asks the kernel which addresses the processes listen on.
func (d *devnet) listensOnLoopbackOnly(r harness.Ready) {
	d.T.Helper()
	for name, pid := range r.PIDs {
		for _, table := range []string{"tcp", "tcp6"} {
			for _, address := range listening(d.T, pid, table) {
				if !strings.HasPrefix(address, "0100007F:") && !strings.HasPrefix(address, "00000000000000000000000001000000:") {
					d.T.Errorf("%s listens on %s, want loopback only", name, address)
				}
			}
		}
	}
}

// listening lists a process's listening sockets as /proc/net writes them.
func listening(t *testing.T, pid int, table string) []string {
	t.Helper()
	inodes := make(map[string]bool)
	fds, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	for _, fd := range fds {
		link, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%s", pid, fd.Name()))
		if inode, ok := strings.CutPrefix(link, "socket:["); ok {
			inodes[strings.TrimSuffix(inode, "]")] = true
		}
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", pid, table))
	if err != nil {
		return nil
	}
	var found []string
	for _, line := range strings.Split(string(text), "\n") {
		const stateListen = "0A"
		if f := strings.Fields(line); len(f) > 9 && f[3] == stateListen && inodes[f[9]] {
			found = append(found, f[1])
		}
	}
	return found
}

// TestMainJob is the issue's: 300 MiB go in, are mined, come back verified; then
// each process dies once while a second file goes in and while it is mined, and
// nothing that was acknowledged is missing.
// mission S03 S20
func TestMainJob(t *testing.T) {
	d := newDevnet(t, 3)
	d.Start()
	const sizeBytes = 300 * mib
	firstRoot, firstPath := d.threeSteps(sizeBytes, 2, 3*time.Minute)
	d.chainBytesOf(firstRoot)

	rng := rand.New(rand.NewPCG(e2eSeed(t), 0))
	path := harness.RandomFile(t, sizeBytes, 3)
	root := d.putUnderFire(path, rng)
	for _, name := range []string{"miner-0", "zgd-0", "storage-0"} {
		time.Sleep(time.Duration(rng.IntN(3000)) * time.Millisecond)
		d.kill(name)
	}
	d.answers()
	first, second := d.stat(firstRoot), d.stat(root)
	d.provenAgain(first, 5*time.Minute)
	d.provenAgain(second, 5*time.Minute)
	d.nodeKnowsChainRoot(second.StartSector)
	d.get(root, path)
	d.get(firstRoot, firstPath)
	d.Stop(syscall.SIGTERM)
}

// chainBytesOf measures what an entry adds to the chain: the transactions of its
// block. The data goes another way.
func (d *devnet) chainBytesOf(root string) {
	d.T.Helper()
	var block struct {
		Result struct {
			Block struct {
				Data struct{ Txs [][]byte }
			}
		}
	}
	height := d.stat(root).Height
	if err := harness.GetJSON(fmt.Sprintf("%s/block?height=%d", d.Ready().CometRPC, height), &block); err != nil {
		d.T.Fatal(err)
	}
	txs, bytes := block.Result.Block.Data.Txs, 0
	for _, tx := range txs {
		bytes += len(tx)
	}
	d.T.Logf("the entry's block %d holds %d transactions of %d bytes", height, len(txs), bytes)
	if len(txs) == 0 || bytes >= 2<<10 {
		d.T.Errorf("%d transactions of %d bytes at height %d, want the submission in less than 2 KiB", len(txs), bytes, height)
	}
}

// putUnderFire uploads while every process is killed once. Exit code 6 says
// that the upload stopped half way and can be resumed, which is what a user does.
func (d *devnet) putUnderFire(path string, rng *rand.Rand) string {
	d.T.Helper()
	done := make(chan harness.Result, 1)
	put := func() {
		go func() { done <- harness.Command(d.T, 10*time.Minute, "zg", "put", path, "--network", d.ReadyFile) }()
	}
	put()
	for _, name := range []string{"storage-0", "zgd-0", "miner-0"} {
		time.Sleep(time.Duration(200+rng.IntN(1200)) * time.Millisecond)
		d.kill(name)
	}
	const resumable = 6
	for tries := 1; ; tries++ {
		r := <-done
		if r.Code == 0 {
			d.T.Logf("put under fire took %.1f s and %d tries", r.Took.Seconds(), tries)
			return d.rootOf(r)
		}
		if r.Code != resumable || tries == 5 {
			d.T.Fatalf("put under fire: exit code %d at try %d\n%s", r.Code, tries, harness.Last(r.Stderr, 2000))
		}
		d.T.Logf("put stopped half way (%s), resuming", strings.TrimSpace(harness.Last(r.Stderr, 300)))
		time.Sleep(time.Second)
		put()
	}
}

// answers waits until the chain and the storage node serve again: a heir runs
// before it listens.
func (d *devnet) answers() {
	d.T.Helper()
	harness.Until(d.T, time.Minute, "chain and storage answer", func() (bool, string) {
		r := harness.Command(d.T, 20*time.Second, "zg", "info", "--network", d.ReadyFile)
		if r.Code != 0 {
			return false, harness.Last(r.Stderr, 300)
		}
		var health any
		err := harness.GetJSON(d.Ready().Storage[0]+"/healthz", &health)
		return err == nil, fmt.Sprint(err)
	})
}

// kill ends one process as the kernel would and waits for its heir.
func (d *devnet) kill(name string) {
	d.T.Helper()
	pid := d.Ready().PIDs[name]
	if pid <= 0 { // kill(0) ends this test and all around it
		d.T.Fatalf("no process %q: %v", name, d.Ready().PIDs)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		d.T.Fatalf("kill %s (%d): %v", name, pid, err)
	}
	took := harness.Until(d.T, 30*time.Second, name+" runs again", func() (bool, string) {
		now := d.Ready().PIDs[name]
		return now != 0 && now != pid && syscall.Kill(now, 0) == nil, fmt.Sprint(now)
	})
	d.T.Logf("killed %s (%d), healed after %.1f s", name, pid, took.Seconds())
}

// TestSupervisorKilled: even when the devnet itself is killed, its processes end.
func TestSupervisorKilled(t *testing.T) {
	d := newDevnet(t, 3)
	d.Start()
	if err := d.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	harness.Until(t, 20*time.Second, "every process ends with its supervisor", func() (bool, string) {
		left := harness.ProcessesNaming(d.Home)
		return len(left) == 0, strings.Join(left, "\n")
	})
	<-d.Exited
	d.Start() // the stale ready file and the lock are no obstacle
	d.Stop(syscall.SIGTERM)
}

func TestTwoDevnetsSideBySide(t *testing.T) {
	first, second := newDevnet(t, 3), newDevnet(t, 3)
	first.Start()
	second.Start()
	root, path := first.threeSteps(mib, 4, 2*time.Minute)
	if r := harness.Command(t, time.Minute, "zg", "stat", root, "--network", second.ReadyFile); r.Code != 3 {
		t.Errorf("the second network knows the first's file: exit code %d, want 3 (not found)\n%s", r.Code, r.Stderr)
	}
	if again := second.put(path); again != root {
		t.Errorf("root %s on the second network, want %s", again, root)
	}
	second.Stop(syscall.SIGTERM)
	first.get(root, path)
	first.Stop(syscall.SIGTERM)
}

func TestDevnetRefuses(t *testing.T) {
	home := t.TempDir()
	ports := strconv.Itoa(harness.FreePorts(t, 160))
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown flag", []string{"--validator", "2"}, "unknown flag: --validator"},
		{"no validators", []string{"--validators", "0"}, "--validators 0, want 1 to 16"},
		{"a word for a number", []string{"--miners", "many"}, "invalid argument"},
		{"a miner without storage", []string{"--storage", "0"}, "a miner takes its data from a storage node"},
		{"a block time without unit", []string{"--block-time", "1"}, "missing unit"},
		{"ports beyond the last", []string{"--ports-from", "65530"}, "--ports-from 65530"},
		{"an argument", []string{"now"}, "unknown command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := harness.Command(t, time.Minute, "zgd", append([]string{"devnet", "--home", home, "--ports-from", ports}, c.args...)...)
			if r.Code != 2 || !strings.Contains(r.Stderr, c.want) {
				t.Errorf("exit code %d, want 2; stderr %q, want %q in it", r.Code, r.Stderr, c.want)
			}
			if strings.Contains(r.Stderr, "goroutine") {
				t.Errorf("a trace is no message: %s", r.Stderr)
			}
		})
	}
	if left, _ := os.ReadDir(home); len(left) > 0 {
		t.Errorf("refused starts left %v in the home", left)
	}
}

// A home in use and a home of another shape are refused, and the running
// network does not notice.
func TestDevnetRefusesAHomeInUse(t *testing.T) {
	d := newDevnet(t, 1, "--storage", "0", "--miners", "0")
	d.Start()
	r := harness.Command(t, time.Minute, "zgd", d.Args...)
	if r.Code == 0 || !strings.Contains(r.Stderr, "a devnet runs in "+d.Home) {
		t.Errorf("second start: exit code %d, stderr %q", r.Code, r.Stderr)
	}
	if _, err := os.Stat(d.ReadyFile); err != nil {
		t.Errorf("the refused start took the ready file away: %v", err)
	}
	d.Stop(syscall.SIGTERM)
	r = harness.Command(t, time.Minute, "zgd", append(d.Args, "--validators", "2")...)
	if r.Code != 2 || !strings.Contains(r.Stderr, "holds a network of 1 validators") {
		t.Errorf("another shape: exit code %d, stderr %q", r.Code, r.Stderr)
	}
	if out, err := exec.Command("ls", d.Home).Output(); err != nil || !strings.Contains(string(out), "validator-0") {
		t.Errorf("the refused start took the network away: %s, %v", out, err)
	}
}
