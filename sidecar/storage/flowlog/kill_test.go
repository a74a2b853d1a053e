package flowlog_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/zgd-network/zgd/sidecar/storage/flowlog"
)

// TestMain is also the child of TestB01: with FLOWLOG_CHILD set it writes batches
// into that directory, and prints a line for each that was acknowledged, until it
// is killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv("FLOWLOG_CHILD"); dir != "" {
		if err := child(dir, os.Getenv("FLOWLOG_SEED")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func child(dir, seedText string) error {
	seed, err := strconv.ParseUint(seedText, 10, 64)
	if err != nil {
		return err
	}
	opts := testOptions(flowlog.RolePlain)
	opts.DirectWrites = seed%2 == 0
	store, err := flowlog.Open(dir, opts)
	if err != nil {
		return err
	}
	w := newWorkload(seed, 12)
	for acked := 0; ; {
		var answers []<-chan error
		for range 1 + w.random.IntN(8) {
			answers = append(answers, store.CommitAsync(ctx, w.next()))
		}
		for _, answer := range answers {
			if err := <-answer; err != nil {
				return err
			}
			acked++
			fmt.Println(acked)
		}
	}
}

// mission B01: kill -9 while writing; what was acknowledged is there, nothing is
// there in part, and opening again takes no operator and at most 5 s.
func TestB01_KillNine(t *testing.T) {
	t.Logf("seed %d", *seedFlag)
	random := rand.New(rand.NewPCG(*seedFlag, 9))
	total := 0
	for round := range 6 {
		dir := t.TempDir()
		seed := *seedFlag*100 + uint64(round)
		acked := killChild(t, dir, seed, time.Duration(50+random.IntN(400))*time.Millisecond)
		start := time.Now()
		store := mustOpen(t, dir, testOptions(flowlog.RolePlain))
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("round %d: recovery took %v, want at most 5s", round, took)
		}
		w := newWorkload(seed, 12)
		for len(w.states) < acked+64 { // what the child drew, and at most one group more
			for range 1 + w.random.IntN(8) {
				w.next()
			}
		}
		if err := w.check(store, acked); err != nil {
			t.Fatalf("round %d, %d acknowledged: %v", round, acked, err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
		total += acked
	}
	if t.Logf("%d acknowledged batches checked", total); total == 0 {
		t.Error("no child came to write anything")
	}
}

// killChild runs a child for a while, kills it, and returns the last number it
// printed.
func killChild(t *testing.T, dir string, seed uint64, life time.Duration) (acked int) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^$")
	cmd.Env = append(os.Environ(), "FLOWLOG_CHILD="+dir, fmt.Sprintf("FLOWLOG_SEED=%d", seed))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	var killer *time.Timer
	for lines.Scan() {
		if killer == nil { // its life starts with its first acknowledgement
			killer = time.AfterFunc(life, func() { cmd.Process.Kill() })
			defer killer.Stop()
		}
		if n, err := strconv.Atoi(lines.Text()); err == nil {
			acked = n
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("child ended by itself: %v", cmd.ProcessState)
	}
	return acked
}
