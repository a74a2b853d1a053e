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
	d.start()
	d.checkReadyFile()
	root, path := d.threeSteps(8*mib, 1, 2*time.Minute)
	d.stop(syscall.SIGINT)
	d.start()
	d.get(root, path)
	if again := d.put(path); again != root {
		t.Errorf("the same file has root %s after a restart, want %s", again, root)
	}
	d.stop(syscall.SIGTERM)
}

// checkReadyFile looks at what clients of a devnet rely on.
func (d *devnet) checkReadyFile() {
	d.t.Helper()
	r := d.ready()
	if r.ChainID != "zg-devnet-1" || r.EVMChainID != 7260001 || len(r.Storage) != 1 || len(r.Accounts) < 10 {
		d.t.Errorf("ready file %+v", r)
	}
	for _, a := range r.Accounts {
		info, err := os.Stat(a.PrivateKeyFile)
		if err != nil || info.Mode().Perm() != 0o600 {
			d.t.Errorf("key file of %s: %v, %v; want mode 0600", a.Name, info, err)
		}
	}
	for _, name := range []string{"zgd-0", "storage-0", "miner-0"} {
		if pid := r.PIDs[name]; pid == 0 || syscall.Kill(pid, 0) != nil {
			d.t.Errorf("pid of %s is %d, which is no process", name, pid)
		}
	}
	if d.took > 15*time.Second {
		d.t.Logf("ready after %s, want at most 15 s on an idle machine", d.took)
	}
	d.listensOnLoopbackOnly(r)
}

// listensOnLoopbackOnly asks the kernel which addresses the processes listen on.
func (d *devnet) listensOnLoopbackOnly(r ready) {
	d.t.Helper()
	for name, pid := range r.PIDs {
		for _, table := range []string{"tcp", "tcp6"} {
			for _, address := range listening(d.t, pid, table) {
				if !strings.HasPrefix(address, "0100007F:") && !strings.HasPrefix(address, "00000000000000000000000001000000:") {
					d.t.Errorf("%s listens on %s, want loopback only", name, address)
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
	d.start()
	const sizeBytes = 300 * mib
	firstRoot, firstPath := d.threeSteps(sizeBytes, 2, 3*time.Minute)
	d.chainBytesOf(firstRoot)

	rng := rand.New(rand.NewPCG(e2eSeed(t), 0))
	path := randomFile(t, sizeBytes, 3)
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
	d.stop(syscall.SIGTERM)
}

// chainBytesOf measures what an entry adds to the chain: the transactions of its
// block. The data goes another way.
func (d *devnet) chainBytesOf(root string) {
	d.t.Helper()
	var block struct {
		Result struct {
			Block struct {
				Data struct{ Txs [][]byte }
			}
		}
	}
	height := d.stat(root).Height
	if err := getJSON(fmt.Sprintf("%s/block?height=%d", d.ready().CometRPC, height), &block); err != nil {
		d.t.Fatal(err)
	}
	txs, bytes := block.Result.Block.Data.Txs, 0
	for _, tx := range txs {
		bytes += len(tx)
	}
	d.t.Logf("the entry's block %d holds %d transactions of %d bytes", height, len(txs), bytes)
	if len(txs) == 0 || bytes >= 2<<10 {
		d.t.Errorf("%d transactions of %d bytes at height %d, want the submission in less than 2 KiB", len(txs), bytes, height)
	}
}

// putUnderFire uploads while every process is killed once. Exit code 6 says
// that the upload stopped half way and can be resumed, which is what a user does.
func (d *devnet) putUnderFire(path string, rng *rand.Rand) string {
	d.t.Helper()
	done := make(chan result, 1)
	put := func() {
		go func() { done <- command(d.t, 10*time.Minute, "zg", "put", path, "--network", d.readyFile) }()
	}
	put()
	for _, name := range []string{"storage-0", "zgd-0", "miner-0"} {
		time.Sleep(time.Duration(200+rng.IntN(1200)) * time.Millisecond)
		d.kill(name)
	}
	const resumable = 6
	for tries := 1; ; tries++ {
		r := <-done
		if r.code == 0 {
			d.t.Logf("put under fire took %.1f s and %d tries", r.took.Seconds(), tries)
			return d.rootOf(r)
		}
		if r.code != resumable || tries == 5 {
			d.t.Fatalf("put under fire: exit code %d at try %d\n%s", r.code, tries, last(r.stderr, 2000))
		}
		d.t.Logf("put stopped half way (%s), resuming", strings.TrimSpace(last(r.stderr, 300)))
		time.Sleep(time.Second)
		put()
	}
}

// answers waits until the chain and the storage node serve again: a heir runs
// before it listens.
func (d *devnet) answers() {
	d.t.Helper()
	until(d.t, time.Minute, "chain and storage answer", func() (bool, string) {
		r := command(d.t, 20*time.Second, "zg", "info", "--network", d.readyFile)
		if r.code != 0 {
			return false, last(r.stderr, 300)
		}
		var health any
		err := getJSON(d.ready().Storage[0]+"/healthz", &health)
		return err == nil, fmt.Sprint(err)
	})
}

// kill ends one process as the kernel would and waits for its heir.
func (d *devnet) kill(name string) {
	d.t.Helper()
	pid := d.ready().PIDs[name]
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		d.t.Fatalf("kill %s (%d): %v", name, pid, err)
	}
	took := until(d.t, 30*time.Second, name+" runs again", func() (bool, string) {
		now := d.ready().PIDs[name]
		return now != 0 && now != pid && syscall.Kill(now, 0) == nil, fmt.Sprint(now)
	})
	d.t.Logf("killed %s (%d), healed after %.1f s", name, pid, took.Seconds())
}

// TestSupervisorKilled: even when the devnet itself is killed, its processes end.
func TestSupervisorKilled(t *testing.T) {
	d := newDevnet(t, 3)
	d.start()
	if err := d.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	until(t, 20*time.Second, "every process ends with its supervisor", func() (bool, string) {
		left := processesNaming(d.home)
		return len(left) == 0, strings.Join(left, "\n")
	})
	<-d.exited
	d.start() // the stale ready file and the lock are no obstacle
	d.stop(syscall.SIGTERM)
}

func TestTwoDevnetsSideBySide(t *testing.T) {
	first, second := newDevnet(t, 3), newDevnet(t, 3)
	first.start()
	second.start()
	root, path := first.threeSteps(mib, 4, 2*time.Minute)
	if r := command(t, time.Minute, "zg", "stat", root, "--network", second.readyFile); r.code != 3 {
		t.Errorf("the second network knows the first's file: exit code %d, want 3 (not found)\n%s", r.code, r.stderr)
	}
	if again := second.put(path); again != root {
		t.Errorf("root %s on the second network, want %s", again, root)
	}
	second.stop(syscall.SIGTERM)
	first.get(root, path)
	first.stop(syscall.SIGTERM)
}

func TestDevnetRefuses(t *testing.T) {
	home := t.TempDir()
	ports := strconv.Itoa(freePorts(t, 160))
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
			r := command(t, time.Minute, "zgd", append([]string{"devnet", "--home", home, "--ports-from", ports}, c.args...)...)
			if r.code != 2 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit code %d, want 2; stderr %q, want %q in it", r.code, r.stderr, c.want)
			}
			if strings.Contains(r.stderr, "goroutine") {
				t.Errorf("a trace is no message: %s", r.stderr)
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
	d.start()
	r := command(t, time.Minute, "zgd", d.args...)
	if r.code == 0 || !strings.Contains(r.stderr, "a devnet runs in "+d.home) {
		t.Errorf("second start: exit code %d, stderr %q", r.code, r.stderr)
	}
	if _, err := os.Stat(d.readyFile); err != nil {
		t.Errorf("the refused start took the ready file away: %v", err)
	}
	d.stop(syscall.SIGTERM)
	r = command(t, time.Minute, "zgd", append(d.args, "--validators", "2")...)
	if r.code != 2 || !strings.Contains(r.stderr, "holds a network of 1 validators") {
		t.Errorf("another shape: exit code %d, stderr %q", r.code, r.stderr)
	}
	if out, err := exec.Command("ls", d.home).Output(); err != nil || !strings.Contains(string(out), "validator-0") {
		t.Errorf("the refused start took the network away: %s, %v", out, err)
	}
}
